import assert from "node:assert/strict";
import { Exchange } from "../../coordinator/exchange.ts";
import { PAGE_BYTES } from "../../common/mapped_file.ts";
import { Kernels } from "../../kernels/kernels.ts";
import type { Channel } from "../../wire/channel.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { Taker } from "../../wire/parcel.ts";
import { writeParcel } from "../../wire/shared_ring.ts";
import { type OfNetworks, readWeights } from "../../wire/shared_weights.ts";
import { FreshBuffers } from "../wire/fresh_buffers.ts";
import { openSharedFolder } from "../../worker/shared_folder.ts";

const SIZES = { critic: 4, generator: 6 };
const ROOM = { weights: SIZES, max_bytes: 40, num_slots: 2 };

/** Weights as the coordinator has them: in whole pages of their own. */
function weights(): OfNetworks<Float32Array<ArrayBuffer>> {
  const kernels = Kernels.create(4 * PAGE_BYTES);
  const [critic, generator] = [SIZES.critic, SIZES.generator].map((size, i) =>
    kernels.allocate(size, PAGE_BYTES).fill(i + 1)
  );
  return { critic: critic!, generator: generator! };
}

/** Notes what a channel was told to share. */
function channel(): Channel & { taker: Taker | null } {
  const it = { taker: null as Taker | null };
  const share = (taker: Taker) => it.taker = taker;
  return Object.assign(it, { share }) as unknown as ReturnType<typeof channel>;
}

Deno.test("the folder is offered to workers on this machine alone", () => {
  using exchange = Exchange.open(weights(), new FreshBuffers())!;
  for (const peer of ["127.0.0.1:5", "127.8.8.8:5", "::1:5", "::ffff:127.0.0.1:5"]) {
    assert.ok(exchange.offer(peer) !== null, peer);
  }
  for (const peer of ["10.0.0.1:127", "192.168.127.1:5", "2001:db8::1:5", "undefined:5"]) {
    assert.equal(exchange.offer(peer), null, peer);
  }
});

Deno.test("results pass through the folder", () => {
  using exchange = Exchange.open(weights(), new FreshBuffers())!;
  using worker = openSharedFolder(exchange.offer("127.0.0.1:5"), 7, ROOM)!;
  using sums = Deno.openSync(worker.files.sums, { write: true });
  const near = channel();
  exchange.share(7, near);
  const result = Uint8Array.from({ length: 40 }, (_, i) => 40 - i);
  const parcel = worker.sums.reserve();
  writeParcel(sums, parcel, result);
  assert.deepEqual(near.taker!.take(parcel, 40), result);
});

/** What a worker finds that reads the file, after the coordinator's weights have changed. */
function publishAndRead(): void {
  const live = weights();
  using exchange = Exchange.open(live, new FreshBuffers())!;
  assert.deepEqual([live.critic[3], live.generator[5]], [1, 2], "weights must stay as they are");
  using worker = openSharedFolder(exchange.offer("127.0.0.1:5"), 7, ROOM)!;
  const { weights: path, weights_offsets } = worker.files;
  using file = Deno.openSync(path);
  for (const network of ["critic", "generator"] as const) {
    const read = () => {
      const found = new Float32Array(SIZES[network]);
      readWeights(file, weights_offsets[network], bytesOf(found));
      return found;
    };
    assert.deepEqual(read(), live[network].slice(), "the first weights");
    live[network].forEach((_, i) => live[network][i] = i / 3);
    exchange.publish(network, live[network]);
    assert.deepEqual(read(), live[network].slice(), "the weights that were published");
  }
}

Deno.test("workers find the weights in the folder", publishAndRead);
Deno.test({
  name: "workers find the weights in the folder, also where nothing can be mapped",
  permissions: { read: true, write: true, ffi: false },
  fn: publishAndRead,
});

Deno.test({
  name: "the weights lie in the folder's file themselves where that can be",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const live = weights();
    using exchange = Exchange.open(live, new FreshBuffers())!;
    const maps = Deno.readTextFileSync("/proc/self/maps");
    assert.ok(maps.includes(`${exchange.offer("127.0.0.1:5")!.folder}/weights`));
    exchange.publish("critic", new Float32Array(SIZES.critic));
    assert.equal(live.critic[0], 1, "nothing is copied");
  },
});

Deno.test("a worker that cannot read the key does not share: the folder is another machine's", () => {
  using exchange = Exchange.open(weights(), new FreshBuffers())!;
  const offer = exchange.offer("127.0.0.1:5")!;
  assert.equal(openSharedFolder({ ...offer, key: "00".repeat(16) }, 7, ROOM), null);
  assert.equal(openSharedFolder({ ...offer, folder: `${offer.folder}-elsewhere` }, 7, ROOM), null);
  assert.equal(openSharedFolder(null, 7, ROOM), null);
});

Deno.test("nothing is left behind", async () => {
  const exchange = Exchange.open(weights(), new FreshBuffers())!;
  const { folder } = exchange.offer("127.0.0.1:5")!;
  assert.ok((await Deno.stat(folder)).isDirectory);
  exchange[Symbol.dispose]();
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
});

Deno.test("what a killed coordinator left behind is cleared away by the next, what lives is not", async () => {
  using alive = Exchange.open(weights(), new FreshBuffers())!;
  const killed = await Deno.makeTempDir({ prefix: "wagon-exchange-" });
  await Deno.writeTextFile(`${killed}/lock`, "");
  using _next = Exchange.open(weights(), new FreshBuffers())!;
  await assert.rejects(Deno.stat(killed), Deno.errors.NotFound);
  assert.ok((await Deno.stat(alive.offer("127.0.0.1:5")!.folder)).isDirectory);
});

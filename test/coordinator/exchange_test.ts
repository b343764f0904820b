import assert from "node:assert/strict";
import { Exchange } from "../../coordinator/exchange.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Sharer, Taker } from "../../wire/parcel.ts";
import type { Channel } from "../../wire/channel.ts";
import { RingReader, writeParcel } from "../../wire/shared_ring.ts";
import { FreshBuffers } from "../wire/fresh_buffers.ts";
import { openSharedFolder } from "../../worker/shared_folder.ts";

const ROOM = { max_bytes: 40, num_slots: 2 };
const MANIFEST = { layouts: { critic: { size: 4 }, generator: { size: 6 } } } as unknown as Manifest;

/** Notes what a channel was told to share. */
function channel(): Channel & { shared: { sharer: Sharer; taker: Taker } | null } {
  const it = { shared: null as { sharer: Sharer; taker: Taker } | null };
  const share = (sharer: Sharer, taker: Taker) => it.shared = { sharer, taker };
  return Object.assign(it, { share }) as unknown as ReturnType<typeof channel>;
}

Deno.test("the folder is offered to workers on this machine alone", () => {
  using exchange = Exchange.open(MANIFEST, new FreshBuffers())!;
  for (const peer of ["127.0.0.1:5", "127.8.8.8:5", "::1:5", "::ffff:127.0.0.1:5"]) {
    assert.ok(exchange.offer(peer) !== null, peer);
  }
  for (const peer of ["10.0.0.1:127", "192.168.127.1:5", "2001:db8::1:5", "undefined:5"]) {
    assert.equal(exchange.offer(peer), null, peer);
  }
});

Deno.test("weights and results pass through the folder, both ways", () => {
  using exchange = Exchange.open(MANIFEST, new FreshBuffers())!;
  using worker = openSharedFolder(exchange.offer("127.0.0.1:5"), 7, ROOM)!;
  using taker = RingReader.open(worker.files.weights, new FreshBuffers());
  using sums = Deno.openSync(worker.files.sums, { write: true });
  const near = channel();
  exchange.share(7, near);
  const weights = Uint8Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual(taker.take(near.shared!.sharer.put(weights), 24), weights);
  const result = Uint8Array.from({ length: 40 }, (_, i) => 40 - i);
  const parcel = worker.sums.reserve();
  writeParcel(sums, parcel, result);
  assert.deepEqual(near.shared!.taker.take(parcel, 40), result);
});

Deno.test("a worker that cannot read the key does not share: the folder is another machine's", () => {
  using exchange = Exchange.open(MANIFEST, new FreshBuffers())!;
  const offer = exchange.offer("127.0.0.1:5")!;
  assert.equal(openSharedFolder({ ...offer, key: "00".repeat(16) }, 7, ROOM), null);
  assert.equal(openSharedFolder({ ...offer, folder: `${offer.folder}-elsewhere` }, 7, ROOM), null);
  assert.equal(openSharedFolder(null, 7, ROOM), null);
});

Deno.test("nothing is left behind", async () => {
  const exchange = Exchange.open(MANIFEST, new FreshBuffers())!;
  const { folder } = exchange.offer("127.0.0.1:5")!;
  assert.ok((await Deno.stat(folder)).isDirectory);
  exchange[Symbol.dispose]();
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
});

Deno.test("what a killed coordinator left behind is cleared away by the next, what lives is not", async () => {
  using alive = Exchange.open(MANIFEST, new FreshBuffers())!;
  const killed = await Deno.makeTempDir({ prefix: "wagon-exchange-" });
  await Deno.writeTextFile(`${killed}/lock`, "");
  using _next = Exchange.open(MANIFEST, new FreshBuffers())!;
  await assert.rejects(Deno.stat(killed), Deno.errors.NotFound);
  assert.ok((await Deno.stat(alive.offer("127.0.0.1:5")!.folder)).isDirectory);
});

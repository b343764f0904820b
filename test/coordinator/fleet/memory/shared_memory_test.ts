import assert from "node:assert/strict";
import { join } from "node:path";
import { type OpenRing, SharedMemory } from "../../../../coordinator/fleet/memory/shared_memory.ts";
import { PAGE_BYTES } from "../../../../common/files/mapped_file.ts";
import { Kernels } from "../../../../kernels/kernels.ts";
import type { Channel } from "../../../../wire/channel.ts";
import { bytesOf } from "../../../../wire/frame.ts";
import type { PayloadReader } from "../../../../wire/payload_ref.ts";
import { numSlots, RingReader, writeParcel } from "../../../../wire/shared_ring.ts";
import { type OfNetworks, readWeights } from "../../../../wire/shared_weights.ts";
import { inTempDir } from "../../../temp_dir.ts";
import { isOnThisMachine, openSharedMemory } from "../../../../worker/compute/shared_memory.ts";

const SIZES = { critic: 4, generator: 6 };
const RESULT_SIZE = 10;
const ROOM = { weights: SIZES, max_bytes: 4 * RESULT_SIZE, num_slots: numSlots(1) };

/** Weights as the coordinator has them: in whole pages of their own. */
function weights(): OfNetworks<Float32Array<ArrayBuffer>> {
  const kernels = Kernels.create(4 * PAGE_BYTES);
  const [critic, generator] = [SIZES.critic, SIZES.generator].map((size, i) =>
    kernels.allocate(size, PAGE_BYTES).fill(i + 1)
  );
  return { critic: critic!, generator: generator! };
}

/** For tests in which nobody shares. */
const openNone: OpenRing = () => {
  throw new Error("No ring was to be opened");
};

/** Notes what a channel was told to share. */
function channel(): Channel & { taker: PayloadReader | null } {
  const it = { taker: null as PayloadReader | null };
  const share = (taker: PayloadReader) => it.taker = taker;
  return Object.assign(it, { share }) as unknown as ReturnType<typeof channel>;
}

Deno.test("the folder is offered to workers on this machine alone", () => {
  using shared_memory = SharedMemory.open(weights(), openNone)!;
  for (const peer of ["127.0.0.1:5", "127.8.8.8:5", "::1:5", "::ffff:127.0.0.1:5"]) {
    assert.ok(shared_memory.offer(peer) !== null, peer);
  }
  for (const peer of ["10.0.0.1:127", "192.168.127.1:5", "2001:db8::1:5", "undefined:5"]) {
    assert.equal(shared_memory.offer(peer), null, peer);
  }
});

Deno.test("a channel is given the ring that its worker has made, and the file's name is gone", () => {
  const opened: number[] = [];
  const openRing: OpenRing = (worker, path) => {
    opened.push(worker);
    const reader = RingReader.open(path);
    const take: PayloadReader["take"] = (parcel, bytes) => {
      const payload = new Uint8Array(bytes);
      return reader.read(parcel, payload) ? payload : null;
    };
    return Object.assign({ take }, { [Symbol.dispose]: () => reader[Symbol.dispose]() });
  };
  using shared_memory = SharedMemory.open(weights(), openRing)!;
  using folder = openSharedMemory(shared_memory.offer("127.0.0.1:5"), 7, ROOM)!;
  using file = Deno.openSync(folder.files.sums, { write: true });
  const near = channel();
  shared_memory.share(7, near);
  assert.deepEqual(opened, [7]);
  if (Deno.build.os !== "windows") {
    assert.throws(() => Deno.statSync(folder.files.sums), Deno.errors.NotFound);
  }
  using taker = near.taker as PayloadReader & Disposable;
  const parcel = folder.sums.reserve(), payload = new Uint8Array(ROOM.max_bytes).fill(3);
  writeParcel(file, parcel, payload);
  assert.deepEqual(taker.take(parcel, ROOM.max_bytes), payload);
});

/** What a worker finds that reads the file, after the coordinator's weights have changed. */
function publishAndRead(): void {
  const live = weights();
  using shared_memory = SharedMemory.open(live, openNone)!;
  assert.deepEqual([live.critic[3], live.generator[5]], [1, 2], "weights must stay as they are");
  using worker = openSharedMemory(shared_memory.offer("127.0.0.1:5"), 7, ROOM)!;
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
    shared_memory.publish(network, live[network]);
    assert.deepEqual(read(), live[network].slice(), "the weights that were published");
  }
}

Deno.test("workers find the weights in the folder", publishAndRead);
Deno.test({
  name: "workers find the weights in the folder, also where nothing can be mapped",
  permissions: { read: true, write: true, sys: ["uid"], ffi: false },
  fn: publishAndRead,
});

Deno.test({
  name: "the weights lie in the folder's file themselves where that can be",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const live = weights();
    using shared_memory = SharedMemory.open(live, openNone)!;
    const maps = Deno.readTextFileSync("/proc/self/maps");
    assert.ok(maps.includes(`${shared_memory.offer("127.0.0.1:5")!.folder}/weights`));
    shared_memory.publish("critic", new Float32Array(SIZES.critic));
    assert.equal(live.critic[0], 1, "nothing is copied");
  },
});

Deno.test("a worker that cannot read the key does not share: the folder is another machine's", () => {
  using shared_memory = SharedMemory.open(weights(), openNone)!;
  const offer = shared_memory.offer("127.0.0.1:5")!;
  assert.equal(openSharedMemory({ ...offer, key: "00".repeat(16) }, 7, ROOM), null);
  assert.equal(openSharedMemory({ ...offer, folder: `${offer.folder}-elsewhere` }, 7, ROOM), null);
  assert.equal(openSharedMemory(null, 7, ROOM), null);
});

Deno.test("nothing is left behind", async () => {
  const shared_memory = SharedMemory.open(weights(), openNone)!;
  const { folder } = shared_memory.offer("127.0.0.1:5")!;
  assert.ok((await Deno.stat(folder)).isDirectory);
  shared_memory[Symbol.dispose]();
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
});

Deno.test("what a killed coordinator left behind is cleared away by the next, what lives is not", async () => {
  using alive = SharedMemory.open(weights(), openNone)!;
  const killed = await Deno.makeTempDir({ prefix: "wagon-exchange-" });
  await Deno.writeTextFile(`${killed}/lock`, "");
  using _next = SharedMemory.open(weights(), openNone)!;
  await assert.rejects(Deno.stat(killed), Deno.errors.NotFound);
  assert.ok((await Deno.stat(alive.offer("127.0.0.1:5")!.folder)).isDirectory);
});

/** Runs `test` with a folder that all users share, as /tmp. */
function inSharedTemp(test: (parent: string) => Promise<void>): Promise<void> {
  return inTempDir(async (parent) => {
    await Deno.chmod(parent, 0o1777);
    await test(parent);
  });
}

Deno.test({
  name:
    "whatever lies in the folder for temporary files under the name of shared memory: a start neither waits nor removes it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inSharedTemp(async (parent) => {
      const trap = async (name: string, mode: number) => {
        const folder = join(parent, `wagon-exchange-${name}`);
        await Deno.mkdir(folder);
        await Deno.chmod(folder, mode);
        return folder;
      };
      const pipe = async (path: string) => {
        assert.ok((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
      };
      // A pipe that nobody reads: opened to write, it waits for ever.
      await pipe(join(await trap("pipe", 0o700), "lock"));
      await pipe(join(await trap("open", 0o777), "lock"));
      await pipe(join(parent, "wagon-exchange-no-folder"));
      // Links to what is somebody's.
      const precious = join(parent, "precious");
      await Deno.mkdir(precious);
      await Deno.writeTextFile(join(precious, "lock"), "");
      await Deno.symlink(precious, join(parent, "wagon-exchange-link"));
      const others = await trap("others", 0o777);
      await Deno.writeTextFile(join(others, "lock"), "");
      if (Deno.uid() === 0) {
        const foreign = await trap("foreign", 0o755);
        await Deno.writeTextFile(join(foreign, "lock"), "");
        await Deno.chown(foreign, 12345, 12345);
      }
      const names = () => Array.from(Deno.readDirSync(parent), ({ name }) => name).sort();
      const before = names();
      {
        using shared_memory = SharedMemory.open(weights(), openNone, parent)!;
        assert.ok(shared_memory.offer("127.0.0.1:5")!.folder.startsWith(parent));
      }
      assert.deepEqual(names(), before);
      assert.ok((await Deno.stat(join(precious, "lock"))).isFile);
    }),
});

Deno.test({
  name: "a worker makes files only in a folder of its own user's, that a coordinator has made",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inSharedTemp(async (parent) => {
      using shared_memory = SharedMemory.open(weights(), openNone, parent)!;
      const offer = shared_memory.offer("127.0.0.1:5")!;
      const take = () => openSharedMemory(offer, 7, ROOM);
      const refused = (of: typeof offer, why: string) => {
        assert.equal(openSharedMemory(of, 7, ROOM), null, why);
        assert.throws(() => Deno.statSync(join(of.folder, "worker-7")), Deno.errors.NotFound, why);
      };
      await Deno.chmod(offer.folder, 0o770);
      refused(offer, "others may write there");
      await Deno.chmod(offer.folder, 0o700);
      const link = join(parent, "wagon-exchange-link");
      await Deno.symlink(offer.folder, link);
      refused({ ...offer, folder: link }, "a link");
      const home = join(parent, "home");
      await Deno.mkdir(home, { mode: 0o700 });
      await Deno.writeTextFile(join(home, "key"), offer.key);
      refused({ ...offer, folder: home }, "a folder of another kind");
      if (Deno.uid() === 0) {
        await Deno.chown(offer.folder, 12345, 12345);
        refused(offer, "another user's");
        await Deno.chown(offer.folder, 0, 0);
      }
      using taken = take();
      assert.ok(taken !== null);
    }),
});

Deno.test("an address on this machine is told by itself, not by what a name server says", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "[::1]", "localhost"]) {
    assert.ok(isOnThisMachine(`ws://${host}:7700`), host);
  }
  for (
    const host of ["10.0.0.1", "127.0.0.1.example.org", "localhost.example.org", "[::2]", "0x7f.example"]
  ) {
    assert.ok(!isOnThisMachine(`ws://${host}:7700`), host);
  }
});

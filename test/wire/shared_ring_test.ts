import assert from "node:assert/strict";
import { join } from "node:path";
import { mapFile, PAGE_BYTES, wholePages } from "../../common/files/mapped_file.ts";
import { Kernels } from "../../kernels/kernels.ts";
import { cover } from "../../kernels/tree.ts";
import { bytesOf } from "../../wire/frame.ts";
import { openChannel } from "../../wire/channel.ts";
import type { PayloadRef } from "../../wire/payload_ref.ts";
import type { Message, MessageType } from "../../wire/messages.ts";
import {
  numSlots,
  payloadOffset,
  ringBytes,
  RingReader,
  RingWriter,
  seal,
  unseal,
  writeParcel,
} from "../../wire/shared_ring.ts";
import { FakeClock, settled } from "./fake_clock.ts";
import { MemorySocket } from "./memory_socket.ts";
import { LIMITS } from "./limits.ts";

const SLOT_BYTES = 1000;
const payloadOf = (seed: number, length = SLOT_BYTES) =>
  Uint8Array.from({ length }, (_, i) => i * seed + seed);

/** A payload that is read into memory of its own; null where it was overwritten. */
function copied(reader: RingReader, parcel: PayloadRef, bytes: number): Uint8Array | null {
  const payload = new Uint8Array(bytes);
  return reader.read(parcel, payload) ? payload : null;
}

/** Puts payloads into a ring, one after another. */
type Put = (payload: Uint8Array) => PayloadRef;

async function withRing(
  test: (
    put: Put,
    reader: RingReader,
    path: string,
    ring: RingWriter,
  ) => void | Promise<void>,
) {
  const folder = await Deno.makeTempDir({ prefix: "wagon-test-" });
  const path = join(folder, "ring");
  try {
    using ring = RingWriter.create(path, SLOT_BYTES, 3);
    using reader = RingReader.open(path);
    using file = Deno.openSync(path, { write: true });
    const put = (payload: Uint8Array) => {
      const parcel = ring.reserve();
      writeParcel(file, parcel, payload);
      return parcel;
    };
    await test(put, reader, path, ring);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a ring gives back what was put, of any length, in any order", () =>
  withRing((put, reader) => {
    const payloads = [payloadOf(1), payloadOf(2, 1), payloadOf(3, 0)];
    const parcels = payloads.map(put);
    for (const i of [2, 0, 1, 0]) {
      assert.deepEqual(copied(reader, parcels[i]!, payloads[i]!.length), payloads[i]);
    }
  }));

Deno.test("a payload that was overwritten is not taken, whatever lies there now", () =>
  withRing((put, reader) => {
    const old = put(payloadOf(1));
    for (const seed of [2, 3]) put(payloadOf(seed));
    assert.deepEqual(copied(reader, old, SLOT_BYTES), payloadOf(1));
    const later = put(payloadOf(4));
    assert.equal(later.offset, old.offset);
    assert.equal(copied(reader, old, SLOT_BYTES), null);
    assert.deepEqual(copied(reader, later, SLOT_BYTES), payloadOf(4));
  }));

Deno.test("a payload that got into its slot another way is taken once the slot is sealed", () =>
  withRing((put, reader, path, ring) => {
    assert.equal(ring.slot_offsets.length, 3);
    put(payloadOf(1));
    const parcel = ring.reserve();
    assert.equal(parcel.offset, ring.slot_offsets[1]);
    using file = Deno.openSync(path, { write: true });
    unseal(file, parcel);
    file.seekSync(payloadOffset(parcel.offset), Deno.SeekMode.Start);
    file.writeSync(payloadOf(5));
    assert.equal(copied(reader, parcel, SLOT_BYTES), null);
    seal(file, parcel);
    assert.deepEqual(copied(reader, parcel, SLOT_BYTES), payloadOf(5));
    unseal(file, parcel);
    assert.equal(copied(reader, parcel, SLOT_BYTES), null);
  }));

Deno.test("a writer that was stopped in mid-payload leaves nothing that can be taken", () =>
  withRing((put, reader, path) => {
    const parcel = put(payloadOf(1));
    using file = Deno.openSync(path, { write: true });
    file.writeSync(new Uint8Array(8));
    assert.equal(copied(reader, parcel, SLOT_BYTES), null);
  }));

Deno.test(
  "the file is its owner's alone",
  { ignore: Deno.build.os === "windows" },
  () =>
    withRing(async (_writer, _reader, path) => {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }),
);

Deno.test("a copy that was overtaken is noticed", () =>
  withRing((put, reader, path) => {
    const parcel = put(payloadOf(1));
    const into = new Uint8Array(SLOT_BYTES);
    assert.ok(reader.has(parcel) && reader.read(parcel, into));
    assert.deepEqual(into, payloadOf(1));
    // Its writer is in the middle of the next payload.
    using file = Deno.openSync(path, { write: true });
    unseal(file, parcel);
    assert.ok(!reader.has(parcel) && !reader.read(parcel, into));
    for (const seed of [2, 3, 4]) put(payloadOf(seed));
    assert.ok(!reader.has(parcel) && !reader.read(parcel, into));
  }));

Deno.test({
  name: "a view of a mapped ring lies where its payload does, and must have its tag",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withRing((put, unmapped, path, { slot_offsets }) => {
      const bytes = ringBytes(SLOT_BYTES, 3);
      const memory = wholePages(Kernels.create(bytes + PAGE_BYTES).allocate(bytes / 4, PAGE_BYTES));
      assert.ok(mapFile(path, [{ memory, offset: 0 }], "write"));
      const reader = RingReader.open(path, memory);
      const parcels = [payloadOf(3), payloadOf(4, 5), payloadOf(5)].map(put);
      const views = parcels.map((parcel, i) => reader.view(parcel, [SLOT_BYTES, 5, SLOT_BYTES][i]!)!);
      assert.deepEqual(views, [payloadOf(3), payloadOf(4, 5), payloadOf(5)]);
      views.forEach((view, i) => {
        assert.equal(view.buffer, memory.buffer);
        assert.equal(view.byteOffset, memory.byteOffset + payloadOffset(slot_offsets[i]!));
      });
      assert.equal(unmapped.view(parcels[0]!, SLOT_BYTES), null);
      assert.equal(reader.view(parcels[2]!, memory.length), null, "behind the end");
      assert.equal(reader.view({ ...parcels[0]!, offset: slot_offsets[1]! }, SLOT_BYTES), null);
      put(payloadOf(6));
      assert.equal(reader.view(parcels[0]!, SLOT_BYTES), null);
      using file = Deno.openSync(path, { write: true });
      unseal(file, parcels[1]!);
      assert.equal(reader.view(parcels[1]!, 5), null);
      seal(file, parcels[1]!);
      reader[Symbol.dispose]();
      assert.deepEqual(reader.view(parcels[1]!, 5), payloadOf(4, 5), "without a call of the system");
    }),
});

Deno.test("a ring has slots for all nodes of any range, and one more", () => {
  for (let num_shards = 1; num_shards <= 40; num_shards++) {
    const slots = numSlots(num_shards);
    for (let begin = 0; begin < num_shards; begin++) {
      for (let end = begin + 1; end <= num_shards; end++) {
        assert.ok(cover(begin, end, num_shards).length < slots, `${begin} to ${end} of ${num_shards}`);
      }
    }
  }
});

const RESULT: Message = {
  type: "result",
  run: "run-1",
  incarnation: 0,
  generation: 1,
  kind: "critic",
  step: 1,
  begin: 0,
  end: 1,
  epoch: 0,
  batch: 1,
  noise_purpose: "critic_noise",
  noise_counter: 2,
  critic_checksum: "00000000000000c1",
  generator_checksum: "00000000000000f1",
  checksum: null,
  largest: 1,
  compute_ms: 1,
  elapsed_ms: 1,
};
const HELD: Message = { type: "shard_held", run: "run-1", shard: 0 };

/** A channel of a worker, and the coordinator's, which takes from the ring. */
function channels(reader: RingReader | null) {
  const [near, far] = MemorySocket.pair();
  const clock = new FakeClock();
  const allowed: ReadonlySet<MessageType> = new Set(["result", "shard_held"] as const);
  const options = { clock, heartbeat_ms: 1000, silence_ms: 5000, allowed, ...LIMITS };
  const [sender, receiver] = [openChannel(near, options), openChannel(far, options)];
  if (reader) receiver.share({ take: (parcel, bytes) => copied(reader, parcel, bytes) });
  const got: [Message, Uint8Array][] = [];
  receiver.onmessage = (message, payload) => got.push([message, payload]);
  return { near, sender, receiver, got };
}

Deno.test("a sharing channel takes sums from beside the socket, in order with what the socket carries", () =>
  withRing(async (put, reader) => {
    const { near, sender, receiver, got } = channels(reader);
    assert.deepEqual([sender.shares, receiver.shares], [false, true]);
    const sum = bytesOf(Float32Array.of(1, 2, 3));
    sender.sendShared(RESULT, { ...put(sum), bytes: sum.length });
    sender.send(HELD);
    await settled();
    assert.deepEqual(got, [[RESULT, sum], [HELD, new Uint8Array(0)]]);
    assert.ok(!near.sent[0]!.toHex().includes("0000803f00000040"), "the socket does not carry the sum");
    assert.equal(sender.bytes_out, near.sent.reduce((bytes, { length }) => bytes + length, sum.length));
    assert.equal(receiver.bytes_in, sender.bytes_out);
  }));

Deno.test("a sharing channel closes when it was overtaken", () =>
  withRing(async (put, reader) => {
    const { sender, receiver, got } = channels(reader);
    let closed = "";
    receiver.onclose = (reason) => closed = reason;
    sender.sendShared(RESULT, { ...put(payloadOf(1)), bytes: SLOT_BYTES });
    for (const seed of [2, 3, 4]) put(payloadOf(seed));
    await settled();
    assert.deepEqual(got, []);
    assert.equal(closed, "A shared payload was overwritten before it was read");
  }));

Deno.test("a parcel on a channel that shares nothing is refused", () =>
  withRing(async (put) => {
    const { sender, got } = channels(null);
    const refused: Message[] = [];
    sender.onmessage = (message) => refused.push(message);
    sender.sendShared(RESULT, { ...put(payloadOf(1)), bytes: SLOT_BYTES });
    await settled();
    assert.deepEqual(got, []);
    assert.deepEqual(refused.map((m) => m.type === "refuse" && [m.code, m.reason]), [
      ["bad_message", "Field parcel must be absent: nothing is shared"],
    ]);
  }));

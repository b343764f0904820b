import assert from "node:assert/strict";
import { join } from "node:path";
import { bytesOf } from "../../wire/frame.ts";
import { openChannel } from "../../wire/channel.ts";
import type { Message, MessageType } from "../../wire/messages.ts";
import { payloadOffset, RingReader, RingWriter, seal, unseal } from "../../wire/shared_ring.ts";
import { FakeClock, settled } from "./fake_clock.ts";
import { FreshBuffers } from "./fresh_buffers.ts";
import { MemorySocket } from "./memory_socket.ts";

const SLOT_BYTES = 1000;
const payloadOf = (seed: number, length = SLOT_BYTES) =>
  Uint8Array.from({ length }, (_, i) => i * seed + seed);

async function withRing(
  test: (
    writer: RingWriter,
    reader: RingReader,
    path: string,
    buffers: FreshBuffers,
  ) => void | Promise<void>,
) {
  const folder = await Deno.makeTempDir({ prefix: "wagon-test-" });
  const path = join(folder, "ring");
  try {
    using writer = RingWriter.create(path, SLOT_BYTES, 3);
    const buffers = new FreshBuffers();
    using reader = RingReader.open(path, buffers);
    await test(writer, reader, path, buffers);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a ring gives back what was put, of any length, in any order", () =>
  withRing((writer, reader) => {
    const payloads = [payloadOf(1), payloadOf(2, 1), payloadOf(3, 0)];
    const parcels = payloads.map((payload) => writer.put(payload));
    for (const i of [2, 0, 1, 0]) {
      assert.deepEqual(reader.take(parcels[i]!, payloads[i]!.length), payloads[i]);
    }
  }));

Deno.test("a payload that was overwritten is not taken, whatever lies there now", () =>
  withRing((writer, reader) => {
    const old = writer.put(payloadOf(1));
    for (const seed of [2, 3]) writer.put(payloadOf(seed));
    assert.deepEqual(reader.take(old, SLOT_BYTES), payloadOf(1));
    const later = writer.put(payloadOf(4));
    assert.equal(later.offset, old.offset);
    assert.equal(reader.take(old, SLOT_BYTES), null);
    assert.deepEqual(reader.take(later, SLOT_BYTES), payloadOf(4));
  }));

Deno.test("a payload that got into its slot another way is taken once the slot is sealed", () =>
  withRing((writer, reader, path) => {
    assert.equal(writer.slot_offsets.length, 3);
    writer.put(payloadOf(1));
    const parcel = writer.reserve();
    assert.equal(parcel.offset, writer.slot_offsets[1]);
    using file = Deno.openSync(path, { write: true });
    unseal(file, parcel);
    file.seekSync(payloadOffset(parcel.offset), Deno.SeekMode.Start);
    file.writeSync(payloadOf(5));
    assert.equal(reader.take(parcel, SLOT_BYTES), null);
    seal(file, parcel);
    assert.deepEqual(reader.take(parcel, SLOT_BYTES), payloadOf(5));
    unseal(file, parcel);
    assert.equal(reader.take(parcel, SLOT_BYTES), null);
  }));

Deno.test("a writer that was stopped in mid-payload leaves nothing that can be taken", () =>
  withRing((writer, reader, path) => {
    const parcel = writer.put(payloadOf(1));
    using file = Deno.openSync(path, { write: true });
    file.writeSync(new Uint8Array(8));
    assert.equal(reader.take(parcel, SLOT_BYTES), null);
  }));

Deno.test("an array lies in one slot, however often it is put and whatever comes in between", () =>
  withRing((writer, reader) => {
    const [critic, generator] = [payloadOf(1), payloadOf(2)];
    const parcels = [critic, generator].map((payload) => writer.put(payload));
    for (let worker = 0; worker < 4; worker++) {
      assert.deepEqual([critic, generator].map((payload) => writer.put(payload)), parcels);
    }
    assert.notDeepEqual(writer.put(critic.slice()), parcels[0]);
    writer.put(payloadOf(3));
    const again = writer.put(critic);
    assert.notDeepEqual(again, parcels[0]);
    assert.deepEqual(reader.take(again, SLOT_BYTES), critic);
  }));

Deno.test("a payload that is too long is refused", () =>
  withRing((writer) => {
    assert.throws(() => writer.put(payloadOf(1, SLOT_BYTES + 1)), RangeError);
  }));

Deno.test(
  "the file is its owner's alone",
  { ignore: Deno.build.os === "windows" },
  () =>
    withRing(async (_writer, _reader, path) => {
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    }),
);

Deno.test("buffers go back to where they came from, also where the payload was gone", () =>
  withRing((writer, reader, _path, buffers) => {
    const parcel = writer.put(payloadOf(1));
    const payload = reader.take(parcel, SLOT_BYTES)!;
    reader.recycle(payload);
    assert.deepEqual(buffers.recycled, [payload]);
    assert.equal(reader.take({ ...parcel, tag: "e".repeat(16) }, SLOT_BYTES), null);
    assert.equal(buffers.recycled.length, 2);
  }));

const WEIGHTS: Message = {
  type: "weights",
  run: "run-1",
  incarnation: 0,
  generation: 1,
  state: "critic",
  step: 1,
  checksum: "00000000000000c1",
};
const CHUNK: Message = {
  type: "shard_chunk",
  run: "run-1",
  shard: 0,
  offset: 0,
  total: 4,
  checksum: "00000000000000c1",
};

/** A channel that sends through a ring, and one that takes from it. */
function channels(writer: RingWriter, reader: RingReader) {
  const [near, far] = MemorySocket.pair();
  const clock = new FakeClock();
  const allowed: ReadonlySet<MessageType> = new Set(["weights", "shard_chunk"] as const);
  const options = { clock, heartbeat_ms: 1000, silence_ms: 5000, allowed };
  const [sender, receiver] = [openChannel(near, options), openChannel(far, options)];
  sender.share(writer, reader);
  receiver.share(writer, reader);
  const got: [Message, Uint8Array][] = [];
  receiver.onmessage = (message, payload) => got.push([message, payload]);
  return { near, sender, receiver, got };
}

Deno.test("a sharing channel sends weights beside the socket, in order with what the socket carries", () =>
  withRing(async (writer, reader) => {
    const { near, sender, got } = channels(writer, reader);
    const values = bytesOf(Float32Array.of(1, 2, 3));
    sender.send(WEIGHTS, values);
    // The payload was copied: changing it afterwards changes nothing.
    values.fill(0);
    sender.send(CHUNK, Uint8Array.of(1, 2, 3, 4));
    await settled();
    assert.deepEqual(got, [
      [WEIGHTS, bytesOf(Float32Array.of(1, 2, 3))],
      [CHUNK, Uint8Array.of(1, 2, 3, 4)],
    ]);
    assert.ok(!near.sent[0]!.toHex().includes("0000803f00000040"), "the socket does not carry the weights");
  }));

Deno.test("a sharing channel closes when it was overtaken", () =>
  withRing(async (writer, reader) => {
    const { sender, receiver, got } = channels(writer, reader);
    let closed = "";
    receiver.onclose = (reason) => closed = reason;
    sender.send(WEIGHTS, payloadOf(1));
    for (const seed of [2, 3, 4]) writer.put(payloadOf(seed));
    await settled();
    assert.deepEqual(got, []);
    assert.equal(closed, "A shared payload was overwritten before it was read");
  }));

Deno.test("a parcel on a channel that shares nothing is refused", () =>
  withRing(async (writer, reader) => {
    const [near, far] = MemorySocket.pair();
    const clock = new FakeClock();
    const options = { clock, heartbeat_ms: 1000, silence_ms: 5000, allowed: new Set(["weights"] as const) };
    const [sender, receiver] = [openChannel(near, options), openChannel(far, options)];
    sender.share(writer, reader);
    receiver.onmessage = () => assert.fail("must not be delivered");
    const refused: Message[] = [];
    sender.onmessage = (message) => refused.push(message);
    sender.send(WEIGHTS, payloadOf(1));
    await settled();
    assert.deepEqual(refused.map((m) => m.type === "refuse" && [m.code, m.reason]), [
      ["bad_message", "Field parcel must be absent: nothing is shared"],
    ]);
  }));

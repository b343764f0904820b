import assert from "node:assert/strict";
import { maskedCrc32c } from "../../../../common/files/crc32c.ts";
import { joined } from "../../../../common/joined.ts";
import {
  eventFileName,
  EVENTS_MS,
  TensorboardSink,
} from "../../../../coordinator/run/records/tensorboard_sink.ts";
import type { Opening } from "../../../../coordinator/run/records/run_log.ts";
import { encodePng } from "../../../../pictures/png.ts";
import { encodeEvent } from "../../../../runlog/export/tensorboard/event.ts";
import { RunEvents } from "../../../../runlog/export/tensorboard/run_events.ts";
import type { RecordOf } from "../../../../runlog/records.ts";
import { runRecord, steps, TIME } from "../../../runlog/log/example_log.ts";
import { picture } from "../../../runlog/export/export_example.ts";
import { FakeClock } from "../../../wire/fake_clock.ts";

const RESUME: RecordOf<"resume"> = { type: "resume", step: 7, incarnation: 2, changed: {}, time: TIME };
const SAMPLE: RecordOf<"sample"> = { type: "sample", step: 3, file: "samples/a.png", diversity: 0.5 };

/** The messages of an event file. Throws where it is not whole. */
function messagesOf(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    assert.equal(view.getUint32(at + 8, true), maskedCrc32c(bytes.subarray(at, at + 8)));
    const message = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(message.length, length, "a message is cut off");
    assert.equal(view.getUint32(at + 12 + length, true), maskedCrc32c(message));
    messages.push(message);
    at += length + 16;
  }
  return messages;
}

interface Options {
  readonly opening?: Opening;
  /** Bytes that the system takes at once; it fails once it has taken so many in all. */
  readonly piece?: number;
  readonly room?: number;
  /** Until this, the system takes nothing. */
  readonly until?: Promise<void>;
  readonly png?: Uint8Array | null;
}

function scene(
  { opening = [runRecord()], piece = Infinity, room = Infinity, until, png = null }: Options = {},
) {
  const clock = new FakeClock();
  const said: string[] = [];
  const writes: Uint8Array[] = [];
  const disk = { bytes: new Uint8Array(), closed: 0 };
  /** Bytes that the system was asked to take at once. */
  const offered: number[] = [];
  const file = {
    write: async (bytes: Uint8Array) => {
      offered.push(bytes.length);
      await until;
      if (disk.bytes.length >= room) throw new Error("No space left on device");
      const taken = bytes.slice(0, piece);
      writes.push(taken);
      disk.bytes = joined([disk.bytes, taken]);
      return taken.length;
    },
    close: () => void disk.closed++,
  };
  const readPicture = () => Promise.resolve(png);
  const sink = new TensorboardSink({
    opening,
    file,
    readPicture,
    clock,
    say: (line) => void said.push(line),
  });
  return { clock, said, offered, writes, disk, sink };
}

Deno.test("events reach the file within a second, whole, and are those of `export`", async () => {
  const { clock, writes, disk, sink } = scene();
  const records = [...steps(1, 30)];
  const events = new RunEvents();
  events.of(runRecord());
  const expected = records.flatMap((record) => events.of(record) ?? []).map((event) =>
    encodeEvent(event).toHex()
  );
  for (const record of records.slice(0, 20)) sink.record(record);
  assert.equal(writes.length, 0);
  await clock.advance(EVENTS_MS);
  assert.equal(writes.length, 1);
  assert.equal(messagesOf(disk.bytes).length, 1 + 20);
  for (const record of records.slice(20)) sink.record(record);
  await sink.close();
  assert.deepEqual(messagesOf(disk.bytes).slice(1).map((message) => message.toHex()), expected);
  assert.deepEqual([disk.closed, clock.num_timers], [1, 0]);
});

Deno.test("a system that takes a few bytes at a time gets all of them, in order", async () => {
  const { disk, sink } = scene({ piece: 7 });
  for (const record of steps(1, 3)) sink.record(record);
  await sink.close();
  assert.equal(messagesOf(disk.bytes).length, 1 + 3);
});

Deno.test("a picture goes along with its size; one that is gone or damaged is left out", async () => {
  const png = encodePng(picture(7, 5, 3, 0));
  const { disk, sink } = scene({ png });
  sink.record(SAMPLE);
  await sink.close();
  const shown = new RunEvents();
  shown.of(runRecord());
  const image = shown.picture(SAMPLE, { png, width: 7, height: 5, channels: 3 });
  assert.equal(messagesOf(disk.bytes).at(-1)!.toHex(), encodeEvent(image).toHex());
  const gone = scene();
  gone.sink.record(SAMPLE);
  await gone.sink.close();
  assert.deepEqual([messagesOf(gone.disk.bytes).length, gone.said], [2, []]);
  const damaged = scene({ png: png.subarray(0, 20) });
  damaged.sink.record(SAMPLE);
  await damaged.sink.close();
  assert.equal(messagesOf(damaged.disk.bytes).length, 2);
  assert.match(
    damaged.said.join("\n"),
    /^Cannot write events for TensorBoard, found A PNG file .*: samples samples\/a\.png are left out$/,
  );
});

Deno.test("a run that goes on writes a later file, which takes back what came after its step", async () => {
  const opening: Opening = [runRecord({ created: "2026-02-01T00:00:00Z" }), RESUME];
  const { disk, sink } = scene({ opening });
  await sink.close();
  // wall_time (double), step 8, session_log { status: START }: tensorflow/core/util/event.proto.
  const time = new Uint8Array(new Float64Array([Date.parse(TIME) / 1000]).buffer).toHex();
  assert.equal(messagesOf(disk.bytes)[1]!.toHex(), `09${time}1008` + "3a020801");
  const first = eventFileName([opening[0]]);
  assert.match(first, /^events\.out\.tfevents\.1769904000\.example\.0$/);
  assert.ok(first < eventFileName(opening));
});

Deno.test("a full disk ends the events, is said once, and stops nobody", async () => {
  const { clock, said, sink, disk } = scene({ room: 1 });
  await clock.advance(EVENTS_MS);
  for (const record of steps(1, 9)) {
    sink.record(record);
    await clock.advance(EVENTS_MS);
  }
  await sink.close();
  assert.deepEqual(said, [
    "Cannot write events for TensorBoard, found No space left on device: training goes on without",
  ]);
  assert.equal(messagesOf(disk.bytes).length, 1);
  assert.equal(disk.closed, 1);
});

Deno.test("a disk that does not take them keeps a bounded amount waiting", async () => {
  const stuck = Promise.withResolvers<void>();
  const png = encodePng(picture(700, 700, 3, 0));
  const { clock, said, offered, sink } = scene({ until: stuck.promise, png });
  const pictures = Math.ceil(2 ** 25 / png.length);
  await clock.advance(EVENTS_MS);
  for (let i = 0; i < pictures; i++) sink.record(SAMPLE);
  await clock.advance(EVENTS_MS);
  stuck.resolve();
  await sink.close();
  assert.match(said.join("\n"), /^Cannot write events .*: events are left out$/);
  assert.ok(Math.max(...offered) <= 2 ** 24, String(offered));
});

import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { LogWriter, type Sink } from "../../../runlog/log/writer.ts";
import { end, runRecord, stepRecord, steps, toLines } from "./example_log.ts";

/** A disk with room for `room` bytes that takes at most `piece` at once. */
class Disk implements Sink {
  text = "";
  syncs = 0;
  closed = false;
  writing = 0;
  constructor(public room = Infinity, readonly piece = Infinity) {}

  async write(bytes: Uint8Array): Promise<number> {
    assert.equal(this.writing++, 0, "writes must not overlap");
    await Promise.resolve();
    this.writing--;
    const count = Math.min(bytes.length, this.piece, this.room);
    if (count === 0) {
      throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
    }
    this.room -= count;
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  }

  sync(): Promise<void> {
    this.syncs++;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}

const FULL = new UserError(
  "Cannot write runs/a/events.jsonl: the disk is full (ENOSPC). The last checkpoint is kept: fix this, then continue " +
    "with --resume",
);

Deno.test("appending writes nothing, flushing writes all, in order and in one piece", async () => {
  const disk = new Disk();
  const log = new LogWriter(disk, "runs/a/events.jsonl");
  const written = [runRecord(), ...steps(1, 5)];
  for (const record of written) log.append(record);
  assert.equal(disk.text, "");
  await log.flush();
  assert.equal(disk.text, toLines(written));
  assert.equal(disk.syncs, 0);
  await log.flush();
  assert.equal(disk.text, toLines(written));
});

Deno.test("a disk that takes a few bytes at once gets them all", async () => {
  const disk = new Disk(Infinity, 7);
  const log = new LogWriter(disk, "runs/a/events.jsonl");
  log.append(stepRecord(1));
  const flushed = log.flush();
  log.append(stepRecord(2));
  const synced = log.sync();
  log.append(stepRecord(3));
  await Promise.all([flushed, synced, log.flush()]);
  assert.equal(disk.text, toLines(steps(1, 3)));
  assert.equal(disk.syncs, 1);
});

Deno.test("a full disk is the user's matter, and no line is lost or garbled once there is room", async () => {
  const disk = new Disk(100, 64);
  const log = new LogWriter(disk, "runs/a/events.jsonl");
  for (const record of steps(1, 3)) log.append(record);
  await assert.rejects(log.flush(), FULL);
  assert.equal(disk.text, toLines(steps(1, 3)).slice(0, 100));
  log.append(end(3));
  await assert.rejects(log.sync(), FULL);
  assert.equal(disk.syncs, 0);
  disk.room = Infinity;
  await log.flush();
  assert.equal(disk.text, toLines([...steps(1, 3), end(3)]));
});

Deno.test("closing syncs, and closes even a full disk", async () => {
  const disk = new Disk();
  const log = new LogWriter(disk, "runs/a/events.jsonl");
  log.append(stepRecord(1));
  await log.close();
  assert.deepEqual([disk.text, disk.syncs, disk.closed], [toLines(steps(1, 1)), 1, true]);

  const full = new Disk(0);
  const other = new LogWriter(full, "runs/a/events.jsonl");
  other.append(stepRecord(1));
  await assert.rejects(other.close(), FULL);
  assert.equal(full.closed, true);
});

Deno.test("an error that is not the disk's stays what it is", async () => {
  const mistake = new TypeError("write is no function");
  const sink = Object.assign(new Disk(), { write: () => Promise.reject(mistake) });
  const log = new LogWriter(sink, "runs/a/events.jsonl");
  log.append(stepRecord(1));
  await assert.rejects(log.flush(), mistake);
});

import assert from "node:assert/strict";
import { WorkerConsole } from "../../worker/console.ts";

function console(interactive: boolean, columns: number) {
  const place = { now_ms: 0, written: "" };
  const made = new WorkerConsole({
    interactive,
    unicode: true,
    columns: () => columns,
    write: (text) => void (place.written += text),
  }, () => place.now_ms);
  /** What a person sees: each line as it was last drawn. */
  const lines = () => place.written.split("\n").map((line) => line.split("\r\x1b[J").at(-1)!);
  return { place, console: made, lines };
}

Deno.test("one is told of as one, several as several", () => {
  const { console: worker, place, lines } = console(false, Infinity);
  worker.ready(1.25, 1, 0);
  worker.ready(1.25, 1, 1);
  worker.ready(0.5, 4, 2000);
  worker.shardsHeld(1);
  place.now_ms = 600;
  worker.computed(1, 1, 2);
  worker.shardsHeld(2);
  place.now_ms = 1200;
  worker.computed(2, 1, 2);
  assert.deepEqual(lines(), [
    "Ready: 1.3 ms a shard on one thread",
    "Ready: 1.3 ms a shard on one thread, holds 1 shard",
    "Ready: 0.5 ms a shard on each of 4 threads, holds 2,000 shards",
    "Holds 1 shard",
    "Holds 2 shards",
    "",
  ]);
});

Deno.test("a narrow terminal's status has fewer facts, and none in part", () => {
  const statusAt = (columns: number) => {
    const { console: worker, lines } = console(true, columns);
    worker.computed(2221, 2, 0.5);
    return lines().at(-1);
  };
  assert.equal(statusAt(80), "step 2221, 0.5 ms for 2 shards, 2 computed");
  assert.equal(statusAt(45), "step 2221, 0.5 ms for 2 shards, 2 computed");
  assert.equal(statusAt(44), "step 2221, 0.5 ms for 2 shards");
  assert.equal(statusAt(32), "step 2221");
});

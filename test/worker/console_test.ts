import assert from "node:assert/strict";
import { Refusal } from "../../wire/refusal.ts";
import { WorkerConsole } from "../../worker/console.ts";

function console(interactive: boolean, columns: number) {
  const place = { now_ms: 0, written: [] as string[] };
  const made = new WorkerConsole({
    interactive,
    unicode: true,
    columns: () => columns,
    write: (text) => void place.written.push(text),
  }, () => place.now_ms);
  /** What a person sees: each line as it was last drawn. */
  const lines = () => place.written.join("").split("\n").map((line) => line.split("\r\x1b[J").at(-1)!);
  return { place, console: made, lines };
}

Deno.test("one is told of as one, several as several", () => {
  const { console: worker, place, lines } = console(false, Infinity);
  worker.ready(1.25, { used: 1, at_hand: 1 }, 0);
  worker.ready(1.25, { used: 1, at_hand: 8 }, 1);
  worker.ready(0.5, { used: 4, at_hand: 4 }, 2000);
  worker.shardsHeld(1);
  place.now_ms = 600;
  worker.computed(1, 1, 2);
  worker.shardsHeld(2);
  place.now_ms = 1200;
  worker.computed(2, 1, 2);
  assert.deepEqual(lines(), [
    "Ready: 1.3 ms for a shard on one thread",
    "Ready: 1.3 ms for a shard on one thread (of 8; the run has no more shards), has the data of 1 shard",
    "Ready: 0.5 ms for a shard on each of 4 threads, has the data of 2,000 shards",
    "Has the data of 1 shard",
    "Has the data of 2 shards",
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

Deno.test("on a terminal one status line is written over, twice a second at most", () => {
  const { place, console: worker } = console(true, 30);
  worker.computed(1, 2, 5.04);
  worker.computed(2, 2, 5);
  place.now_ms = 600;
  worker.computed(3, 2, 5);
  worker.notice("wait");
  assert.deepEqual(place.written, [
    "\r\x1b[Jstep 1, 5.0 ms for 2 shards",
    "\r\x1b[Jstep 3, 5.0 ms for 2 shards",
    "\r\x1b[J",
    "\r\x1b[JCoordinator: wait\n",
  ]);
});

Deno.test("elsewhere only events are printed, and stale answers are none", () => {
  const { place, console: worker } = console(false, Infinity);
  worker.computed(1, 2, 5);
  worker.refused(new Refusal("stale", "late"));
  worker.refused(new Refusal("bad_message", "odd"));
  for (const count of [1, 2]) worker.shardsHeld(count);
  worker.computed(2, 2, 5);
  worker.ready(1.25, { used: 2, at_hand: 2 }, 3);
  place.now_ms = 500;
  for (const step of [3, 4]) worker.computed(step, 2, 5);
  assert.deepEqual(place.written, [
    "Coordinator refused (bad_message): odd\n",
    "Ready: 1.3 ms for a shard on each of 2 threads, has the data of 3 shards\n",
    "Has the data of 2 shards\n",
  ]);
});

Deno.test("a coordinator that says too much does not fill the terminal", () => {
  const { place, console: worker } = console(false, Infinity);
  for (let i = 0; i < 1_000; i++) {
    worker.notice(`${i} \x1b[2J`);
    worker.refused(new Refusal("overloaded", "x"));
    worker.failed("y");
  }
  assert.equal(place.written.length, 20);
  assert.equal(place.written[0], "Coordinator: 0 \ufffd[2J\n");
  place.now_ms = 10_000;
  worker.notice("at last");
  assert.deepEqual(place.written.slice(20), [
    "Coordinator: at last (2,980 lines left out before)\n",
  ]);
});

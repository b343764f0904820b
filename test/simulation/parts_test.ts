/** The clock, processors and links that simulated runs are made of. */
import assert from "node:assert/strict";
import { SimulatedClock } from "../../simulation/clock.ts";
import { Connection, coordinatorLink } from "../../simulation/pipes.ts";
import { Processor, Thread } from "../../simulation/processor.ts";
import { seededRandom } from "../../simulation/seeded_random.ts";
import { link } from "./scene.ts";

/** What happens, with its times. */
function diary() {
  const clock = new SimulatedClock();
  const found: [string, number][] = [];
  const note = (what: string) => () => void found.push([what, Math.round(clock.now_ms() * 1e6) / 1e6]);
  const all = () => {
    while (clock.next());
    return found;
  };
  return { clock, note, all };
}

Deno.test("events happen in the order of their times, equal ones in that of their asking; cancelled ones do not", () => {
  const { clock, note, all } = diary();
  clock.after(5, note("five"));
  const cancel = clock.after(3, note("three"));
  clock.after(1, note("one"));
  clock.after(1, () => {
    note("one more")();
    clock.after(0, note("at once"));
    cancel();
  });
  assert.deepEqual(all(), [["one", 1], ["one more", 1], ["at once", 1], ["five", 5]]);
});

Deno.test("what happens every so often goes on until it is cancelled", () => {
  const { clock, note, all } = diary();
  const cancel = clock.every(2, note("tick"));
  clock.after(5, cancel);
  assert.deepEqual(all(), [["tick", 2], ["tick", 4]]);
});

Deno.test("more jobs than cores share them evenly", () => {
  const { clock, note, all } = diary();
  const processor = new Processor(clock, 2);
  for (const [name, work_ms] of [["a", 10], ["b", 10], ["c", 20]] as const) {
    processor.run(work_ms, note(name));
  }
  // Two thirds of a core each until 15; then c alone has 10 ms left.
  assert.deepEqual(all(), [["a", 15], ["b", 15], ["c", 25]]);
});

Deno.test("a thread does one thing after the other, on a core that others may share", () => {
  const { clock, note, all } = diary();
  const processor = new Processor(clock, 1);
  const thread = new Thread(processor);
  thread.run(10, note("first"));
  thread.run(10, note("second"));
  processor.run(5, note("other"));
  assert.deepEqual(all(), [["other", 10], ["first", 15], ["second", 25]]);
  assert.equal(thread.work_ms, 20);
});

Deno.test("a thread does idle work while it has nothing else, and drops what it has not begun", () => {
  const { clock, note, all } = diary();
  const thread = new Thread(new Processor(clock, 1));
  for (const name of ["a", "b", "c"]) thread.runIdle(10, note(name));
  clock.after(15, () => {
    thread.dropIdle();
    thread.run(5, note("work"));
  });
  assert.deepEqual(all(), [["a", 10], ["b", 20], ["work", 25]]);
  assert.equal(thread.work_ms, 25);
});

Deno.test("a link sends one message after the other, and delays each by half a round trip", () => {
  const { clock, note, all } = diary();
  const connection = new Connection(clock, link("8mbit:4mbit/20ms"), null, seededRandom(1));
  connection.toWorker(1_000, note("down"));
  connection.toWorker(1_000, note("down again"));
  connection.toCoordinator(1_000, note("up"));
  assert.deepEqual(all(), [["down", 11], ["down again", 12], ["up", 12]]);
  assert.deepEqual(connection.busy_ms, { down: 2, up: 2 });
});

Deno.test("connections over the coordinator's link take turns; the slower of both links sets a message's pace", () => {
  const { clock, note, all } = diary();
  const shared = coordinatorLink(clock, { down_bps: 8e6, up_bps: 8e6 });
  const open = (rate: string) => new Connection(clock, link(rate), shared, seededRandom(1));
  const [fast, slow] = [open("800mbit"), open("1mbit")];
  for (let i = 1; i <= 8; i++) fast.toWorker(125_000, i < 8 ? () => {} : note("fast"));
  for (let i = 1; i <= 2; i++) slow.toWorker(50_000, i < 2 ? () => {} : note("slow"));
  // Pieces of 125 and of 50 KB take turns: fast, slow, fast, slow, and six more. The slow link's own two take 400 ms each.
  assert.deepEqual(all(), [["slow", 975], ["fast", 1_101.25]]);
});

Deno.test("uploads of many arrive as the coordinator's link lets them", () => {
  const { clock, note, all } = diary();
  const shared = coordinatorLink(clock, { down_bps: 8e6, up_bps: 8e6 });
  for (const name of ["a", "b"]) {
    new Connection(clock, link("8mbit"), shared, seededRandom(1)).toCoordinator(1_000, note(name));
  }
  assert.deepEqual(all(), [["a", 2], ["b", 3]]);
});

Deno.test("random numbers are the same for a seed, and evenly spread", () => {
  const [a, b] = [seededRandom(7), seededRandom(7)];
  let sum = 0;
  for (let i = 0; i < 10_000; i++) {
    const number = a();
    assert.equal(number, b());
    assert.ok(number >= 0 && number < 1);
    sum += number;
  }
  // Found 0.4996; the deviation of such a mean is 0.0029.
  assert.ok(Math.abs(sum / 10_000 - 0.5) < 0.015, `${sum / 10_000}`);
});

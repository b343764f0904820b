import assert from "node:assert/strict";
import type { Clock } from "../../../wire/clock.ts";
import type { Call } from "../../../worker/compute/compute_calls.ts";
import { limitOf, Watchdog } from "../../../worker/compute/watchdog.ts";
import { FakeClock } from "../../wire/fake_clock.ts";
import { lockedBy } from "../../../tasks/task_command.ts";

function setUp() {
  const clock = new FakeClock();
  const told: string[] = [];
  const { watch } = new Watchdog(clock, (reason) => told.push(reason));
  return { clock, told, watch };
}

Deno.test("a call that takes longer than its limit is told of once; one that ends in time is not", async () => {
  const { clock, told, watch } = setUp();
  const cancel = watch(10_000);
  await clock.advance(10_000);
  cancel();
  await clock.advance(1_000);
  assert.deepEqual([told, clock.num_timers], [[], 0]);
  watch(10_000);
  watch(20_000);
  await clock.advance(60_000);
  assert.deepEqual(told, [
    "A computation takes longer than 10 s, the limit from the test at the start; this worker exits, because it cannot " +
    "be stopped in another way",
  ]);
  assert.equal(clock.num_timers, 0);
});

Deno.test("calls that follow each other share a timer", async () => {
  const { clock, told, watch } = setUp();
  let started = 0;
  const every = clock.every.bind(clock);
  clock.every = (interval_ms, fire) => (started++, every(interval_ms, fire));
  for (let call = 0; call < 500; call++) {
    const cancel = watch(1_000);
    await clock.advance(1);
    cancel();
  }
  assert.deepEqual([told, started], [[], 1]);
});

Deno.test("time in which the process was stopped does not count", () => {
  let now_ms = 0;
  let tick = () => {};
  const clock: Clock = {
    now_ms: () => now_ms,
    after: () => () => {},
    every: (_interval_ms, fire) => {
      tick = fire;
      return () => {};
    },
  };
  const told: string[] = [];
  new Watchdog(clock, (reason) => told.push(reason)).watch(10_000);
  // A night's sleep, five times.
  for (let i = 0; i < 5; i++) {
    now_ms += 8 * 3_600_000;
    tick();
  }
  assert.deepEqual(told, []);
  now_ms += 1_000;
  tick();
  assert.equal(told.length, 1);
});

const sum = (begin: number, end: number) =>
  ({ name: "sum", takes: { task: { node: { begin, end } } } }) as Call;
const ahead: Call = { name: "ahead", takes: { shard: 0, noise_purpose: "critic_noise", noise_counter: 0 } };

Deno.test("limits are twenty times what the probe took, five minutes at least and an hour at most", () => {
  const call = { name: "prepare" } as Call;
  assert.equal(limitOf(call, null), 300_000);
  assert.equal(limitOf(ahead, 1), 300_000);
  assert.equal(limitOf(sum(0, 8), 10), 300_000);
  assert.equal(limitOf(sum(0, 8), 5_000), 800_000);
  assert.equal(limitOf(ahead, 20_000), 400_000);
  assert.equal(limitOf(sum(0, 4096), 1e9), 3_600_000);
});

Deno.test("a process ends whose thread is in ONNX Runtime and does not come back", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      ...lockedBy(),
      "--allow-all",
      "--no-check",
      new URL("stuck_process.ts", import.meta.url).pathname,
    ],
    stderr: "inherit",
  }).output();
  assert.equal(
    new TextDecoder().decode(stdout),
    "begins\nA computation takes longer than 300 s, the limit from the test at the start; this worker exits, because it " +
      "cannot be stopped in another way\n",
  );
  // Elsewhere it may crash as it ends.
  if (Deno.build.os === "linux") assert.equal(code, 1);
});

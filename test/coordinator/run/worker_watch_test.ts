import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { TOUCH_MS, watchForWorkers } from "../../../coordinator/run/worker_watch.ts";
import { FakeClock } from "../../wire/fake_clock.ts";

function scene(options: { min_workers: number; give_up_after_s: number | null }) {
  const clock = new FakeClock();
  const members: unknown[] = [];
  const told: string[] = [];
  const errors: unknown[] = [];
  let touched = 0;
  const stop = watchForWorkers({
    fleet: { members, abandonIdle: (error) => void errors.push(error) },
    console: {
      waiting: (reason, waited_s, advice) => void told.push(`${reason} ${waited_s} ${advice}`),
      goesOn: () => void told.push("goes on"),
    },
    clock,
    ...options,
    advice: "start one",
    touch: () => touched++,
  });
  return { clock, members, told, errors, stop, touched: () => touched };
}

Deno.test("what is waited for is told four times a second, and since when; one worker is enough later", async () => {
  const { clock, members, told, stop } = scene({ min_workers: 2, give_up_after_s: null });
  await clock.advance(500);
  members.push(1);
  await clock.advance(250);
  members.push(2);
  await clock.advance(250);
  members.pop();
  await clock.advance(250);
  members.pop();
  await clock.advance(500);
  assert.deepEqual(told, [
    "Waiting for 2 workers 0.25 start one",
    "Waiting for 2 workers 0.5 start one",
    "Waiting for 1 more worker 0.75 start one",
    "goes on",
    "goes on",
    "Waiting for 1 worker 0 start one",
    "Waiting for 1 worker 0.25 start one",
  ]);
  stop();
  assert.equal(clock.num_timers, 0);
});

Deno.test("it gives up after the time that was asked for, counted from the last worker", async () => {
  const { clock, members, errors } = scene({ min_workers: 1, give_up_after_s: 3 });
  members.push(1);
  await clock.advance(10_000);
  members.pop();
  await clock.advance(3_000);
  assert.equal(errors.length, 0);
  await clock.advance(250);
  const [error] = errors;
  assert.ok(error instanceof UserError);
  assert.match(
    error.message,
    /^Gave up: 1 worker must join within 3 s \(--give-up-after\), found 0; start one /,
  );
});

Deno.test("the log is touched twice a minute, whoever is there", async () => {
  const { clock, members, touched } = scene({ min_workers: 1, give_up_after_s: null });
  await clock.advance(TOUCH_MS - 1);
  assert.equal(touched(), 0);
  await clock.advance(1);
  assert.equal(touched(), 1);
  members.push(1);
  await clock.advance(2 * TOUCH_MS);
  assert.equal(touched(), 3);
});

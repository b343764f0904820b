import assert from "node:assert/strict";
import {
  type CriticWatch,
  FIRST_CRITIC_WATCH,
  watchCritic,
} from "../../../coordinator/training/adaptive_n_critic.ts";
import { generatorDue } from "../../../algorithm/schedule.ts";
import {
  controlRun,
  FIRST_RUN_CONTROL,
  type RunControlState,
} from "../../../coordinator/training/run_control.ts";

/** Estimates whose deviation over a window is `ratio` times their mean of 1, a window a number. */
function windows(...ratios: number[]): number[] {
  // Of 250 numbers m ± r half each, the standard deviation is r sqrt(250 / 249).
  return ratios.flatMap((ratio) =>
    Array.from({ length: 250 }, (_, i) => 1 + (i % 2 ? ratio : -ratio) * Math.sqrt(249 / 250))
  );
}

/** Steps (counted from 1) after which the rule asks for more critic steps. */
function raises(estimates: readonly number[]): number[] {
  let watch: CriticWatch = FIRST_CRITIC_WATCH;
  return estimates.flatMap((estimate, i) => {
    const taken = watchCritic(watch, estimate);
    watch = taken.watch;
    return taken.far ? [i + 1] : [];
  });
}

const FAR = 2.01;
const NEAR = 1.49;
const BETWEEN = 1.9;

Deno.test("four far windows after the first two, and then again four after two", () => {
  assert.deepEqual(raises(windows(...new Array(12).fill(FAR))), [6 * 250, 12 * 250]);
  assert.deepEqual(raises(windows(...new Array(40).fill(BETWEEN))), []);
});

Deno.test("hysteresis: a near window forgets the far ones, one in between does not count and forgets nothing", () => {
  assert.deepEqual(raises(windows(0, 0, FAR, FAR, FAR, NEAR, FAR, FAR, FAR)), []);
  assert.deepEqual(raises(windows(0, 0, FAR, FAR, FAR, BETWEEN, FAR)), [7 * 250]);
});

Deno.test("an estimate that stays below 0 is far from the optimum, however steady", () => {
  assert.deepEqual(raises(new Array(1500).fill(-1)), [1500]);
});

const CONFIG = {
  auto_critic: true,
  stop_when_flat: false,
  min_steps: 1,
  n_critic: 3,
  warm_up: false,
  schedule: "paper",
} as const;

/** Runs the schedule over noise, from `state` on; returns the steps that a generator step followed. */
function run(state: RunControlState, from: { step: number; generator_step: number }, last: number) {
  const due: number[] = [];
  const decisions: string[] = [];
  let { step, generator_step } = from;
  while (step++ < last) {
    if (generatorDue(CONFIG, { step, batch: 0, generator_step }, state.pace)) {
      generator_step++;
      due.push(step);
    }
    const taken = controlRun(CONFIG, state, { step, generator_step, estimate: step % 2 ? 3 : -2 });
    state = taken.state;
    decisions.push(...taken.steered.map(({ decision }) => `${step}: ${decision}`));
  }
  return { state, generator_step, due, decisions };
}

Deno.test("n_critic doubles up to eight times, from the last generator step on, and says so with its evidence", () => {
  const { due, decisions, state } = run(FIRST_RUN_CONTROL, { step: 0, generator_step: 0 }, 8000);
  assert.deepEqual(decisions, [
    "1500: Raised n_critic from 3 to 6",
    "3000: Raised n_critic from 6 to 12",
    "4500: Raised n_critic from 12 to 24",
  ]);
  const gaps = (after: number, before: number) =>
    new Set(
      due.filter((step) => step > after && step <= before).map((step) => step - due[due.indexOf(step) - 1]!),
    );
  assert.deepEqual(gaps(3, 1500), new Set([3]));
  assert.deepEqual([gaps(1500, 3000), gaps(3000, 4500), gaps(4500, 8000)].map((set) => [...set]), [
    [6],
    [12],
    [24],
  ]);
  assert.equal(state.pace.times, 8);
  const far = controlRun(CONFIG, {
    ...FIRST_RUN_CONTROL,
    critic: { windows: 5, far: 3, count: 249, mean: 1, squares: 1e4 },
  }, {
    step: 1500,
    generator_step: 500,
    estimate: 1,
  });
  assert.deepEqual(far.steered.map(({ rule, reason }) => [rule, reason]), [[
    "auto-critic",
    "The critic is far from its optimum: in 4 windows of 250 steps the estimate hardly exceeded its noise, in " +
    "the last 1 with a standard deviation of 6.34 from step to step",
  ]]);
});

Deno.test("what is remembered goes through JSON: a run cut anywhere decides and schedules as a whole one", () => {
  const whole = run(FIRST_RUN_CONTROL, { step: 0, generator_step: 0 }, 3300);
  for (const cut of [1, 1499, 1500, 1501, 1504, 2750, 3001]) {
    const first = run(FIRST_RUN_CONTROL, { step: 0, generator_step: 0 }, cut);
    const state = JSON.parse(JSON.stringify(first.state)) as RunControlState;
    const second = run(state, { step: cut, generator_step: first.generator_step }, 3300);
    assert.deepEqual([...first.due, ...second.due], whole.due, `cut after step ${cut}`);
    assert.deepEqual([...first.decisions, ...second.decisions], whole.decisions);
    assert.deepEqual(second.state, whole.state);
  }
});

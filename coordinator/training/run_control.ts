/**
 * What a run may decide about itself as it goes: to give the critic more steps (`--adaptive-n-critic`), to stop
 * (`--early-stopping`). Decisions are pure functions of the estimates of committed steps, never of clocks or workers,
 * and what they remember is part of the trained state and of its checkpoints: so a run decides the same whoever
 * computes it and however often it was stopped.
 */
import { significant } from "../../common/significant.ts";
import { type CriticWatch, FIRST_CRITIC_WATCH, MOST_TIMES, watchCritic } from "./adaptive_n_critic.ts";
import type { RunConfig } from "../config/config.ts";
import {
  type EarlyStoppingWatch,
  FIRST_EARLY_STOPPING_WATCH,
  look,
  watchEstimate,
} from "./early_stopping.ts";
import { FIRST_PACE, type Pace, pacedFrom } from "../../algorithm/schedule.ts";

/** State of a run's decisions. Plain numbers, since a checkpoint stores it as JSON. */
export interface RunControlState {
  readonly pace: Pace;
  readonly critic: CriticWatch;
  readonly flatness: EarlyStoppingWatch;
  /** The step after which the estimate was found flat, so that the run stopped; null: none. */
  readonly flat_at: number | null;
}

export const FIRST_RUN_CONTROL: RunControlState = {
  pace: FIRST_PACE,
  critic: FIRST_CRITIC_WATCH,
  flatness: FIRST_EARLY_STOPPING_WATCH,
  flat_at: null,
};

/** A decision with its evidence. `decision` and `reason` are the words of log, terminal and inspect. */
export interface Steered {
  readonly rule: "auto-critic" | "stop-when-flat";
  readonly decision: string;
  readonly reason: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** A committed step: the generator steps done, and mean D(x) - mean D(G(z)). */
interface Committed {
  readonly step: number;
  readonly generator_step: number;
  readonly estimate: number;
}

type Settings = Pick<RunConfig, "auto_critic" | "stop_when_flat" | "min_steps" | "n_critic" | "warm_up">;

/** Decides after a step. `ends_at`: the step after which the run can stop, at the end of its round. */
export function controlRun(
  config: Settings,
  state: RunControlState,
  committed: Committed,
  ends_at = committed.step,
): { state: RunControlState; steered: readonly Steered[] } {
  const critic = config.auto_critic
    ? controlCritic(config, state, committed)
    : { pace: state.pace, critic: state.critic, steered: null };
  const watch = watchEstimate(state.flatness, committed.estimate);
  const { watch: flatness, flat } = config.stop_when_flat
    ? look(watch, committed.step, config.min_steps)
    : { watch, flat: null };
  const stop: Steered | null = flat && {
    rule: "stop-when-flat",
    decision: `Stopped at step ${ends_at}: the estimate has stopped falling`,
    reason: `Over the last ${flat.steps} steps it changed by ${significant(flat.change)} (at most ` +
      `${significant(Math.abs(flat.change) + flat.error)} either way with 99 % confidence), less than the ` +
      `${significant(flat.margin)} that would matter`,
    numbers: { ...flat },
  };
  return {
    state: {
      pace: critic.pace,
      critic: critic.critic,
      flatness,
      flat_at: stop ? ends_at : state.flat_at,
    },
    steered: [critic.steered, stop].filter((one) => one !== null),
  };
}

function controlCritic(
  config: Settings,
  { pace, critic }: RunControlState,
  { generator_step, estimate }: Committed,
): { pace: Pace; critic: CriticWatch; steered: Steered | null } {
  if (pace.times >= MOST_TIMES) return { pace, critic, steered: null };
  const { watch, far } = watchCritic(critic, estimate);
  if (!far) return { pace, critic: watch, steered: null };
  const times = 2 * pace.times;
  const [before, after] = [pace.times * config.n_critic, times * config.n_critic];
  return {
    pace: pacedFrom(config, pace, times, generator_step),
    critic: watch,
    steered: {
      rule: "auto-critic",
      decision: `Raised n_critic from ${before} to ${after}`,
      reason:
        `The critic is far from its optimum: in ${far.windows} windows of ${far.steps} steps the estimate ` +
        `hardly exceeded its noise, in the last ${significant(far.mean)} with a standard deviation of ` +
        `${significant(far.deviation)} from step to step`,
      numbers: { n_critic_before: before, n_critic: after, mean: far.mean, deviation: far.deviation },
    },
  };
}

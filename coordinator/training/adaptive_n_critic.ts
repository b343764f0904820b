/**
 * `--adaptive-n-critic`: more critic steps for a generator step while the critic is far from its optimum. The rule is the
 * doctor's `critic-far-from-optimum` over windows of the run as it goes, a pure function of the estimates of its
 * steps, so that it decides alike on any machine and after any resume.
 */

/** Steps of a window. */
const WINDOW = 250;
/** Every run is unsteady at first: so many windows do not count. */
const UNSTEADY_WINDOWS = 2;
/** A window is far from the optimum when single steps vary by at least so many times their mean... */
const FAR = 2;
/** ...and near it below this. In between it tells nothing, so that noise around one limit decides nothing. */
const NEAR = 1.5;
/** Far windows without a near one between them, after which n_critic is raised. */
const FAR_WINDOWS = 4;
/** n_critic is doubled, up to so many times the run's own. */
export const MOST_TIMES = 8;

/** State of the rule between two steps. */
export interface CriticWatch {
  /** Windows that are done. A raise begins anew. */
  readonly windows: number;
  /** Far ones since the last near one. */
  readonly far: number;
  /** The open window: its steps, their mean, and the sum of squared distances from it (Welford 1962). */
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

export const FIRST_CRITIC_WATCH: CriticWatch = { windows: 0, far: 0, count: 0, mean: 0, squares: 0 };

/** Why n_critic is to be doubled: the last window. */
export interface FarFromOptimum {
  readonly windows: number;
  readonly steps: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Takes the estimate of the next step. `far`: n_critic is to be doubled after it. */
export function watchCritic(
  watch: CriticWatch,
  estimate: number,
): { watch: CriticWatch; far: FarFromOptimum | null } {
  const count = watch.count + 1;
  const distance = estimate - watch.mean;
  const mean = watch.mean + distance / count;
  const squares = watch.squares + distance * (estimate - mean);
  if (count < WINDOW) return { watch: { ...watch, count, mean, squares }, far: null };
  const deviation = Math.sqrt(squares / (WINDOW - 1));
  const windows = watch.windows + 1;
  const far = windows <= UNSTEADY_WINDOWS || deviation < NEAR * mean
    ? 0
    : watch.far + (deviation >= FAR * mean ? 1 : 0);
  if (far < FAR_WINDOWS) return { watch: { ...FIRST_CRITIC_WATCH, windows, far }, far: null };
  return { watch: FIRST_CRITIC_WATCH, far: { windows: far, steps: WINDOW, mean, deviation } };
}

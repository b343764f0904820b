/** When a run is saved, and what has to be done around it: the order of lock, log, checkpoint and record. */
import type { Clock } from "../../../wire/clock.ts";
import { averagedSha256, type ModelState, weightsSha256 } from "../../training/model_state.ts";
import { isDueWithin } from "../evaluation_schedule.ts";
import type { CheckpointInfo } from "./checkpoint_info.ts";
import type { RunLog } from "../records/run_log.ts";

/** Default interval of checkpoints, and the time from the first step to the first one: an early end loses little. */
export const CHECKPOINT_MS = 60_000;
export const FIRST_CHECKPOINT_MS = 5_000;

export interface CheckpointerOptions {
  /** Steps between checkpoints; null: by time, 0: only when asked to. */
  readonly every: number | null;
  /** Steps between evaluations of states that are saved, since one of them may be the best; 0: none are. */
  readonly evaluate_every: number;
  /** The step of the checkpoint that the run goes on from; null: there is none. */
  readonly saved_step: number | null;
  readonly state: ModelState;
  readonly log: Pick<RunLog, "append">;
  readonly clock: Pick<Clock, "now_ms">;
  /** Throws {@linkcode UserError} where the run folder belongs to another. */
  readonly checkOwner: () => Promise<void>;
  /** Resolves once every record so far is on the medium. */
  readonly syncLog: () => Promise<void>;
  /** Writes the state and the generator. */
  readonly write: () => Promise<CheckpointInfo>;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #saved_step: number | null;
  /** When it was last saved; before that, when it made its first step. */
  #since_ms: number | null = null;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#saved_step = options.saved_step;
  }

  /**
   * Saves after a step, if it is time; `num_steps`: since the last time that it could. Throws as
   * {@linkcode Checkpointer.save} does.
   */
  async committed(step: number, num_steps = 1): Promise<void> {
    if (this.#isDue(step, num_steps)) await this.save();
  }

  /** Saves the state, unless this very step has been saved. Throws {@linkcode UserError} if it cannot. */
  async save(): Promise<void> {
    const { state, log, clock, checkOwner, syncLog, write } = this.#options;
    await checkOwner();
    if (this.#saved_step === state.step) return;
    // The log first: a checkpoint is never ahead of it.
    await syncLog();
    const weights_sha256 = weightsSha256(state), averaged_sha256 = averagedSha256(state);
    const { step, file, sha256, bytes } = await write();
    log.append({
      type: "checkpoint",
      step,
      file: `checkpoints/${file}`,
      sha256,
      bytes,
      weights_sha256,
      ...averaged_sha256 !== null && { averaged_sha256 },
    });
    this.#saved_step = step;
    this.#since_ms = clock.now_ms();
  }

  #isDue(step: number, num_steps: number): boolean {
    const { every, evaluate_every, clock } = this.#options;
    if (isDueWithin(evaluate_every, step, num_steps)) return true;
    if (every !== null) return isDueWithin(every, step, num_steps);
    this.#since_ms ??= clock.now_ms();
    const interval_ms = this.#saved_step === null ? FIRST_CHECKPOINT_MS : CHECKPOINT_MS;
    return clock.now_ms() - this.#since_ms >= interval_ms;
  }
}

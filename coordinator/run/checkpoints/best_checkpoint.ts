/**
 * The checkpoint whose samples were best by a figure (--keep-best), and its generator. States are saved when their
 * samples are drawn, and judged some steps later: until then, and where one is the best, its checkpoint stays.
 */
import { isBetter, type MeasureName } from "../../../runlog/measures.ts";
import type { RecordOf } from "../../../runlog/records.ts";
import { BEST_GENERATOR } from "../run_folder.ts";
import { checkpointStem } from "./checkpoint_info.ts";

type Evaluation = RecordOf<"evaluation">;
type Best = RecordOf<"best">;

export interface BestCheckpointOptions {
  readonly measure: MeasureName;
  /** The best of earlier starts; null: there is none. */
  readonly best: Pick<Best, "step" | "value"> | null;
  /** The generator as it is now, as a file. */
  readonly generator: () => Uint8Array;
  readonly write: (generator: Uint8Array) => Promise<void>;
}

export class BestCheckpoint {
  readonly #options: BestCheckpointOptions;
  /** Generators of the steps that are being judged. */
  readonly #candidates = new Map<number, Uint8Array>();
  #best: Pick<Best, "step" | "value"> | null;
  #written: Promise<void> = Promise.resolve();

  constructor(options: BestCheckpointOptions) {
    this.#options = options;
    this.#best = options.best;
  }

  /** Steps whose checkpoints must stay. */
  get kept(): ReadonlySet<number> {
    return new Set([...this.#best ? [this.#best.step] : [], ...this.#candidates.keys()]);
  }

  /** Samples of this step are to be judged. */
  propose(step: number): void {
    // Untrained weights are no result.
    if (step > 0) this.#candidates.set(step, this.#options.generator());
  }

  /** Nothing is known of the samples of this step. */
  drop(step: number): void {
    this.#candidates.delete(step);
  }

  /** Call in the order of steps. Resolves to a record where the step is the best so far; its generator is written then. */
  async judged(evaluation: Evaluation): Promise<Best | null> {
    const { measure, write } = this.#options, { step } = evaluation, value = evaluation[measure];
    const generator = this.#candidates.get(step);
    this.#candidates.delete(step);
    if (generator === undefined || value === undefined) return null;
    if (this.#best !== null && !isBetter(measure, value, this.#best.value)) return null;
    this.#best = { step, value };
    this.#written = this.#written.catch(() => {}).then(() => write(generator));
    await this.#written;
    const file = `checkpoints/${checkpointStem(step)}.safetensors`;
    return { type: "best", step, measure, value, file, generator: BEST_GENERATOR };
  }
}

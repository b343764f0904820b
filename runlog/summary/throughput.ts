/**
 * How long a run took and how fast it was, over all its incarnations. Training time runs from the begin of an
 * incarnation's first step to the end of its last one: starting up is left out; sampling, checkpoints and waits
 * in between are in.
 */
import type { RecordOf } from "../records.ts";
import type { StepFacts } from "../log/step_facts.ts";

export class Throughput {
  /** Totals of the incarnations before the present one. */
  #before = { elapsed_ms: 0, training_ms: 0 };
  #steps = 0;
  #training_from_ms: number | null = null;
  #training_to_ms = 0;
  #ended_ms = 0;

  nextIncarnation(): void {
    this.#before = { elapsed_ms: this.#elapsed_ms, training_ms: this.#training_ms };
    this.#training_from_ms = null;
    this.#training_to_ms = 0;
    this.#ended_ms = 0;
  }

  step({ time_ms, total }: StepFacts): void {
    this.#steps++;
    this.#training_from_ms ??= time_ms - total;
    this.#training_to_ms = time_ms;
  }

  end(record: RecordOf<"end">): void {
    this.#ended_ms = record.seconds * 1000;
  }

  /** Seconds that the coordinator ran, as far as the log knows. */
  get seconds(): number {
    return this.#elapsed_ms / 1000;
  }

  /** Critic steps computed per second of training, those taken back by a resume included; null before any. */
  get steps_per_second(): number | null {
    return this.#training_ms > 0 ? 1000 * this.#steps / this.#training_ms : null;
  }

  get #elapsed_ms(): number {
    return this.#before.elapsed_ms + Math.max(this.#training_to_ms, this.#ended_ms);
  }

  get #training_ms(): number {
    return this.#before.training_ms + (this.#training_to_ms - (this.#training_from_ms ?? 0));
  }
}

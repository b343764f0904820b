import { type DataSet, gatherExamples } from "../data/data_set.ts";
import type { FeatureFigure } from "../../metrics/comparison.ts";
import type { Features } from "../../metrics/features.ts";
import type { EvaluationAnswer, EvaluationRequest, Measured } from "./evaluation_messages.ts";
import { chooseReference, type SlicedOptions } from "../../metrics/sliced_wasserstein.ts";
import { numElements } from "../../common/shape.ts";

interface Waiting {
  readonly resolve: (measured: Measured) => void;
  readonly reject: (reason: Error) => void;
}

/** A request without the id that the thread's owner gives it. */
type Question = EvaluationRequest extends infer R ? R extends EvaluationRequest ? Omit<R, "id"> : never
  : never;

/** Distances and other figures on a thread of their own, so that they never stall the training loop. */
export class EvaluationThread implements Disposable {
  readonly #worker = new Worker(import.meta.resolve("./evaluation_worker.ts"), { type: "module" });
  readonly #waiting = new Map<number, Waiting>();
  #next_id = 1;
  #failure: Error | undefined;

  private constructor() {
    this.#worker.onmessage = (event: MessageEvent<EvaluationAnswer>) => this.#settle(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`The evaluation thread failed: ${event.message}`));
    };
  }

  /** Starts a thread that compares with the data ({@linkcode chooseReference}). Returns at once. */
  static start(data: DataSet, options: SlicedOptions = {}): EvaluationThread {
    const thread = new EvaluationThread();
    const dimension = numElements(data.example_shape);
    const values = gatherExamples(data, chooseReference(data.num_examples, dimension, options.seed));
    // A failure here is kept, and every distance then rejects with it.
    thread.#ask({ type: "reference", values, encoding: data.encoding, dimension, options })
      .catch((error: Error) => thread.#fail(error));
    return thread;
  }

  /**
   * The distance between the data and `samples` (values as the networks see them; a copy is taken). Rejects
   * when they are not whole vectors, when the thread failed, or when it was closed first.
   */
  async distance(samples: Float32Array): Promise<number> {
    return (await this.#ask({ type: "distance", values: samples.slice() })).sliced_wasserstein!;
  }

  /** Takes the features of examples, which those of samples are then compared with by these figures. Rejects as above. */
  async setFeatures({ values, dimension }: Features, names: readonly FeatureFigure[]): Promise<void> {
    await this.#ask({ type: "features", values: values.slice(), dimension, names });
  }

  /** The figures of these features of samples. Rejects as above, and where there are no features of examples. */
  figures(features: Float32Array): Promise<Measured> {
    return this.#ask({ type: "figures", values: features.slice() });
  }

  /**
   * Takes training examples, which samples are then compared with, and resolves to the median distance of the held-out ones
   * to the nearest of them. Rejects as above.
   */
  async setTraining(data: DataSet, held_out: Uint32Array, training: Uint32Array): Promise<number> {
    const values = gatherExamples(data, Uint32Array.from([...held_out, ...training]));
    const dimension = numElements(data.example_shape), { encoding } = data;
    const about = { encoding, dimension, num_held_out: held_out.length };
    return (await this.#ask({ type: "training", values, ...about })).nearest_held_out!;
  }

  /** The median distance of these samples to the nearest training example. Rejects as above. */
  async nearest(samples: Float32Array): Promise<number> {
    return (await this.#ask({ type: "nearest", values: samples.slice() })).nearest_samples!;
  }

  /** Ends the thread; what is still asked rejects. */
  close(): void {
    this.#worker.terminate();
    this.#fail(new Error("The evaluation thread was closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #ask(question: Question): Promise<Measured> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<Measured>();
    const id = this.#next_id++;
    this.#waiting.set(id, { resolve, reject });
    this.#worker.postMessage({ ...question, id }, [question.values.buffer]);
    return promise;
  }

  #settle(answer: EvaluationAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === "done") waiting?.resolve(answer.measured);
    else waiting?.reject(new Error(`Cannot evaluate samples: ${answer.reason}`));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

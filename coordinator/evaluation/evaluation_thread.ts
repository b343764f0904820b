import { type DataSet, gatherExamples } from "../data/data_set.ts";
import type { EvaluationAnswer, EvaluationRequest } from "./evaluation_messages.ts";
import { chooseReference, type SlicedOptions } from "../../metrics/sliced_wasserstein.ts";
import { numElements } from "../../common/shape.ts";

interface Waiting {
  readonly resolve: (value: number) => void;
  readonly reject: (reason: Error) => void;
}

/** A request without the id that the thread's owner gives it. */
type Question = EvaluationRequest extends infer R ? R extends EvaluationRequest ? Omit<R, "id"> : never
  : never;

/** Sliced Wasserstein distances on a thread of their own, so that they never stall the training loop. */
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
    const bytes = gatherExamples(data, chooseReference(data.num_examples, dimension, options.seed));
    // A failure here is kept, and every distance then rejects with it.
    thread.#ask({ type: "reference", bytes, encoding: data.encoding, dimension, options })
      .catch((error: Error) => thread.#fail(error));
    return thread;
  }

  /**
   * The distance between the data and `samples` (values as the networks see them; a copy is taken). Rejects
   * when they are not whole vectors, when the thread failed, or when it was closed first.
   */
  distance(samples: Float32Array): Promise<number> {
    return this.#ask({ type: "distance", samples: samples.slice() });
  }

  /** Ends the thread; what is still asked rejects. */
  close(): void {
    this.#worker.terminate();
    this.#fail(new Error("The evaluation thread was closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #ask(question: Question): Promise<number> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const id = this.#next_id++;
    this.#waiting.set(id, { resolve, reject });
    const array = question.type === "reference" ? question.bytes : question.samples;
    this.#worker.postMessage({ ...question, id }, [array.buffer]);
    return promise;
  }

  #settle(answer: EvaluationAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === "done") waiting?.resolve(answer.value);
    else waiting?.reject(new Error(`Cannot evaluate samples: ${answer.reason}`));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

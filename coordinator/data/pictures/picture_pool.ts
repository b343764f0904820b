/** Threads that read pictures, as many as this machine has cores. Which thread reads what changes no bits. */
import type { PictureRead } from "./picture_reader.ts";
import type { PictureTask } from "./picture_worker.ts";

/** More cores than this wait for the disk, and each takes memory. */
const MAX_THREADS = 16;
/** Memory that all threads together should take, and what each takes for a pixel of the picture that it decodes. */
const MEMORY_BYTES = 2 ** 30;
const BYTES_PER_PIXEL = 12;

/** Threads that are worth starting for so many tasks, where pictures have about so many pixels. */
export function threadsFor(num_tasks: number, num_cores: number, num_pixels: number): number {
  const with_room = Math.floor(MEMORY_BYTES / (BYTES_PER_PIXEL * num_pixels));
  return Math.max(1, Math.min(num_tasks, num_cores, with_room, MAX_THREADS));
}

export class PicturePool implements Disposable {
  readonly #workers: readonly Worker[];

  constructor(num_threads: number) {
    this.#workers = Array.from(
      { length: num_threads },
      () => new Worker(new URL("./picture_worker.ts", import.meta.url), { type: "module" }),
    );
  }

  /**
   * Hands the tasks out in their order, one at a time to each thread; `took` is told of each answer as it comes.
   * Ends early where `took` returns false: then all tasks before that one are answered, and none is begun.
   */
  async run(
    tasks: readonly PictureTask[],
    took: (index: number, reads: readonly PictureRead[]) => boolean,
  ): Promise<void> {
    let next = 0, goes_on = true;
    await Promise.all(this.#workers.map(async (worker) => {
      while (goes_on && next < tasks.length) {
        const index = next++;
        const reads = await ask(worker, tasks[index]!);
        if (!took(index, reads)) goes_on = false;
      }
    }));
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function ask(worker: Worker, task: PictureTask): Promise<readonly PictureRead[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly PictureRead[]>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`A thread that reads pictures ended: ${event.message}`));
  };
  worker.postMessage(task);
  return promise;
}

/** Workers within this process: their compute threads are its own, and no port lies between. */
import type { Socket } from "../wire/socket.ts";
import { loadRuntime } from "../worker/compute/thread_client.ts";
import { openNothing } from "../worker/compute/shared_memory.ts";
import { CPU } from "../worker/runtime/device.ts";
import { work } from "../worker/work.ts";
import { MemorySocket } from "./memory_socket.ts";
import { workerLines } from "./worker_lines.ts";

/** Address at which a run accepts workers. */
export type Accept = (socket: Socket, peer: string) => void;

export class LocalWorkers {
  readonly #count: number;
  readonly #token: string;
  readonly #failure = new AbortController();
  readonly #over = new AbortController();
  #working: Promise<void> = Promise.resolve();

  /** `token`: what they prove. */
  constructor(count: number, token: string) {
    this.#count = count;
    this.#token = token;
  }

  /** Starts them; they share out the cores. More threads than the run has shards would have nothing to do. */
  start(shards: number, accept: Accept): void {
    if (this.#count === 0) return;
    this.#working = this.#work(shards, accept).catch((error) => this.#failure.abort(error));
  }

  /** Aborted with `signal`, or when a worker cannot take part at all. */
  orFailed(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#failure.signal, ...signal ? [signal] : []]);
  }

  /** Throws why a worker cannot take part. */
  throwIfFailed(): void {
    this.#failure.signal.throwIfAborted();
  }

  /** Has them leave; resolves when all have. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#working;
  }

  async #work(shards: number, accept: Accept): Promise<void> {
    const runtime_version = await loadRuntime();
    const cores = Math.max(1, Math.floor(navigator.hardwareConcurrency / this.#count));
    const devices = Array.from({ length: Math.min(shards, cores) }, () => CPU);
    await Promise.all(Array.from({ length: this.#count }, (_, i) =>
      work({
        name: `local-${i + 1}`,
        runtime_version,
        devices,
        memory_bytes: Infinity,
        cache: null,
        locate: () => Promise.resolve({ url: "ws://in-this-process", token: this.#token }),
        connect: () => Promise.resolve(connectTo(accept, `local-${i + 1}`)),
        openShared: openNothing,
        console: workerLines(() => {}),
        stop: this.#over.signal,
      })));
  }
}

function connectTo(accept: Accept, name: string): Socket {
  const [own, coordinators] = MemorySocket.pair();
  accept(coordinators, name);
  return own;
}

/**
 * The client of a compute thread, on the socket's thread. Calls are answered in order. Background steps (fakes
 * made ahead, rows of jobs) start only while the thread is idle, one at a time, so they delay a call by one at most.
 */
import { UserError } from "../../common/errors.ts";
import type { Cancel } from "../../wire/clock.ts";
import type { Answer, Call, CallName, Calls } from "./compute_calls.ts";
import { limitOf, UNWATCHED, type Watch } from "./watchdog.ts";

/** What a client needs of a thread: a `Worker` in life, a scripted one in tests. */
export interface Thread {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** A failed call: what ONNX Runtime or a check said. */
export class ComputeError extends Error {
  override name = "ComputeError";
}

interface Pending {
  readonly resolve: (gives: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Background extends Pending {
  readonly call: Call;
}

/** Starts a compute thread. */
export function startThread(): Thread {
  return new Worker(import.meta.resolve("./compute_thread.ts"), { type: "module" });
}

export class ThreadClient {
  /** Called once if the thread breaks; every call fails from then on. */
  onbroken: ((reason: string) => void) | null = null;
  /** Time of a shard in the probe; null before that. */
  shard_ms: number | null = null;
  readonly #thread: Thread;
  readonly #watch: Watch;
  /** Limits of the calls that the thread has not answered, the oldest first; that one is watched. */
  readonly #limits: number[] = [];
  #unwatch: Cancel | null = null;
  readonly #pending: Pending[] = [];
  #background: Background[] = [];
  #broken: string | null = null;
  #dead = false;

  constructor(thread: Thread, watch: Watch = UNWATCHED) {
    this.#thread = thread;
    this.#watch = watch;
    thread.onmessage = ({ data }: MessageEvent<Answer>) => this.#answered(data);
    thread.onerror = (event) => {
      event.preventDefault();
      // It computes nothing any more.
      this.#dead = true;
      this.#unwatch?.();
      this.#break(`Compute thread failed: ${event.message}`);
    };
  }

  /** Calls under way. */
  get load(): number {
    return this.#pending.length;
  }

  /** Calls the thread now. Throws {@linkcode ComputeError} if it fails. */
  call<K extends CallName>(name: K, takes: Calls[K]["takes"], transfer: Transferable[] = []) {
    return new Promise<Calls[K]["gives"]>((resolve, reject) => {
      if (this.#broken !== null) return reject(new ComputeError(this.#broken));
      this.#pending.push({ resolve: resolve as (gives: unknown) => void, reject });
      this.#post({ name, takes } as Call, transfer);
    });
  }

  /** Calls the thread when nothing else is to do. */
  whenIdle<K extends CallName>(name: K, takes: Calls[K]["takes"]) {
    return new Promise<Calls[K]["gives"]>((resolve, reject) => {
      if (this.#broken !== null) return reject(new ComputeError(this.#broken));
      const call = { name, takes } as Call;
      this.#background.push({ call, resolve: resolve as (gives: unknown) => void, reject });
      this.#startBackground();
    });
  }

  /** Forgets fakes that were to be made ahead and are not begun. */
  dropAhead(): void {
    const dropped = this.#background.filter(({ call }) => call.name === "ahead");
    this.#background = this.#background.filter(({ call }) => call.name !== "ahead");
    for (const { resolve } of dropped) resolve(null);
  }

  /**
   * Ends the thread once it has done what it is doing and freed what it holds, and is watched until then. Calls fail
   * from now on.
   */
  retire(): void {
    if (this.#dead) return this.terminate();
    this.#thread.onmessage = () => {
      this.#watchNext();
      if (this.#limits.length === 0) this.#thread.terminate();
    };
    this.#post({ name: "release", takes: null }, []);
    this.#break("Compute thread was ended");
  }

  /** Ends the thread. */
  terminate(): void {
    this.#thread.terminate();
    this.#unwatch?.();
    this.#break("Compute thread was ended");
  }

  #answered(answer: Answer): void {
    this.#watchNext();
    const pending = this.#pending.shift();
    if (answer.ok) pending?.resolve(answer.gives);
    else pending?.reject(new ComputeError(answer.error));
    this.#startBackground();
  }

  #startBackground(): void {
    if (this.#pending.length > 0) return;
    const next = this.#background.shift();
    if (next === undefined) return;
    this.#pending.push(next);
    this.#post(next.call, []);
  }

  #post(call: Call, transfer: Transferable[]): void {
    this.#limits.push(limitOf(call, this.shard_ms));
    if (this.#limits.length === 1) this.#unwatch = this.#watch(this.#limits[0]!);
    this.#thread.postMessage(call, transfer);
  }

  /** The thread has answered the oldest call, and goes on with the next. */
  #watchNext(): void {
    this.#unwatch?.();
    this.#limits.shift();
    const next_ms = this.#limits[0];
    this.#unwatch = next_ms === undefined ? null : this.#watch(next_ms);
  }

  #break(reason: string): void {
    if (this.#broken !== null) return;
    this.#broken = reason;
    for (const { reject } of [...this.#pending.splice(0), ...this.#background.splice(0)]) {
      reject(new ComputeError(reason));
    }
    this.onbroken?.(reason);
  }
}

/** One call to a thread that lives for it alone. */
export async function inThread<K extends CallName>(
  name: K,
  takes: Calls[K]["takes"],
): Promise<Calls[K]["gives"]> {
  const client = new ThreadClient(startThread());
  try {
    return await client.call(name, takes);
  } finally {
    client.terminate();
  }
}

/** Loads ONNX Runtime in a thread of its own, and tells its version. Throws {@linkcode UserError} where it cannot be loaded. */
export async function loadRuntime(): Promise<string> {
  try {
    return await inThread("runtime", null);
  } catch (error) {
    throw new UserError(`Cannot load ONNX Runtime on this machine: ${(error as Error).message}`);
  }
}

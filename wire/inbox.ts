/** Messages of a socket on their way to its handler: they wait in order while there is none. */
export class Inbox {
  #handler: ((parts: readonly Uint8Array[]) => void) | null = null;
  #waiting: (readonly Uint8Array[])[] = [];

  get handler(): ((parts: readonly Uint8Array[]) => void) | null {
    return this.#handler;
  }

  /** Waiting events are delivered after the running code has returned. */
  set handler(handler: ((parts: readonly Uint8Array[]) => void) | null) {
    this.#handler = handler;
    if (handler && this.#waiting.length > 0) queueMicrotask(() => this.#flush());
  }

  deliver(parts: readonly Uint8Array[]): void {
    this.#waiting.push(parts);
    this.#flush();
  }

  clear(): void {
    this.#waiting = [];
  }

  #flush(): void {
    while (this.#handler && this.#waiting.length > 0) this.#handler(this.#waiting.shift() ?? []);
  }
}

/** Two sides of one process, connected: what a channel needs of a connection, without a port. */
import { Inbox } from "../wire/inbox.ts";
import type { Socket } from "../wire/socket.ts";

/** One end. Messages arrive in microtasks, copied, since their sender may change them once they are written. */
export class MemorySocket implements Socket {
  readonly in_process = true;
  oncontrol: Socket["oncontrol"] = null;
  onclose: Socket["onclose"] = null;
  readonly #inbox = new Inbox();
  #peer: MemorySocket = this;
  #is_open = true;
  #looks = 0;

  /** Both ends of a connection. */
  static pair(): [MemorySocket, MemorySocket] {
    const [a, b] = [new MemorySocket(), new MemorySocket()];
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  get onmessage(): Socket["onmessage"] {
    return this.#inbox.handler;
  }

  set onmessage(handler: Socket["onmessage"]) {
    this.#inbox.handler = handler;
  }

  /** More at each look: the other side lives as long as this one, also while the program holds both up. */
  get bytes_received(): number {
    return ++this.#looks;
  }

  send(parts: readonly Uint8Array[], written: () => void): void {
    if (!this.#is_open) return;
    const copies = parts.map((part) => new Uint8Array(part));
    queueMicrotask(() => {
      if (this.#peer.#is_open) this.#peer.#inbox.deliver(copies);
      written();
    });
  }

  close(reason: string): void {
    queueMicrotask(() => {
      this.#end(reason);
      this.#peer.#end(reason);
    });
  }

  /** Nobody here is a stranger. */
  trust(): void {}

  /** Nobody comes between two sides of one process. */
  seal(): void {}

  #end(reason: string): void {
    if (!this.#is_open) return;
    this.#is_open = false;
    this.onclose?.(reason);
  }
}

import { Buffer } from "node:buffer";
import { Inbox } from "../../wire/inbox.ts";
import type { Socket } from "../../wire/socket.ts";

interface Sent {
  readonly parts: readonly Uint8Array[];
  readonly written: () => void;
}

/** One end of a connection in memory. Messages arrive in microtasks, copied as a network would. */
export class MemorySocket implements Socket {
  onclose: Socket["onclose"] = null;
  bytes_received = 0;
  oncontrol: Socket["oncontrol"] = null;
  /** null: not trusted. */
  max_frame_bytes: number | null = null;
  /** True if its messages would carry tags. */
  is_sealed = false;
  /** How this end was closed by its own side. */
  closed_by_us: { reason: string; abrupt: boolean } | null = null;
  /** Messages that this end sent and the other has taken, each joined. */
  readonly sent: Uint8Array[] = [];

  readonly #inbox = new Inbox();
  #peer: MemorySocket = this;
  #queue: Sent[] = [];
  #reading = true;
  #open = true;

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

  /** False: this end takes nothing from the network, so that what the other sends stays unwritten. */
  set reading(reading: boolean) {
    this.#reading = reading;
    if (reading) queueMicrotask(() => this.#peer.#pump());
  }

  send(parts: readonly Uint8Array[], written: () => void): void {
    if (!this.#open) return;
    this.#queue.push({ parts, written });
    queueMicrotask(() => this.#pump());
  }

  close(reason: string, abrupt = false): void {
    if (!this.#open) return;
    this.closed_by_us = { reason, abrupt };
    if (abrupt) this.#queue = [];
    queueMicrotask(() => {
      this.#pump();
      this.#end(reason);
      this.#peer.#end(reason);
    });
  }

  trust(max_frame_bytes: number): void {
    this.max_frame_bytes = max_frame_bytes;
  }

  seal(): void {
    this.is_sealed = true;
  }

  /** A ping of the WebSocket protocol arrives. */
  ping(): void {
    this.oncontrol?.();
  }

  /** Bytes of an unfinished message arrive. */
  receivePartly(bytes: number): void {
    this.bytes_received += bytes;
  }

  #pump(): void {
    while (this.#open && this.#peer.#reading && this.#queue.length > 0) {
      const { parts, written } = this.#queue.shift() as Sent;
      const copies = parts.map((part) => new Uint8Array(part));
      const whole = Buffer.concat(copies);
      this.sent.push(whole);
      this.#peer.bytes_received += whole.length;
      this.#peer.#inbox.deliver(copies);
      written();
    }
  }

  #end(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.onclose?.(reason);
  }
}

/**
 * A channel carries checked messages over a socket whose peer has been through the handshake. It answers bad
 * messages with coded refusals, keeps heartbeats, and closes when the peer is silent, does not read, or sends more than
 * it has reason to.
 */
import { Allowance, type Unasked } from "./allowance.ts";
import type { Cancel, Clock } from "./clock.ts";
import {
  decodeFrame,
  encodeFrame,
  encodeShared,
  type Frame,
  frameBytes,
  type Received,
  type Shared,
} from "./frame.ts";
import type { Message, MessageType } from "./messages.ts";
import { counted } from "../common/text/counted.ts";
import { Refusal } from "./refusal.ts";
import type { PayloadReader } from "./payload_ref.ts";
import type { Socket } from "./socket.ts";

/** Bad messages of a connection that are answered; one more closes it. */
const MAX_BAD_MESSAGES = 8;
/** Unwritten bytes above which a peer must read. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** Room in a frame for its header. */
const HEADER_BYTES = 64 * 1024;
/** A peer must read its pending frame at this rate at least, once `silence_ms` have passed. */
const MIN_BYTES_PER_MS = 100;

/**
 * A connection that carries checked messages.
 *
 * @example
 * ```ts
 * import type { Channel } from "@wagon/wagon/wire";
 *
 * const goodbye = (channel: Pick<Channel, "close">) => channel.close("The run is over");
 * console.log(goodbye.length);
 * ```
 */
export interface Channel {
  /** Sends a message. The payload is not copied: it must not change until {@linkcode drained}. */
  send(message: Message, payload?: Uint8Array): void;
  /** Sends what was encoded once, to many. */
  sendFrame(frame: Frame): void;
  /**
   * From now on the peer is on this machine: payloads that it has put into a shared file are taken from there, and stay
   * as long as the taker says.
   */
  share(taker: PayloadReader): void;
  /** Sends a message whose payload its sender has put into a shared file. */
  sendShared(message: Message, shared: Shared): void;
  /** From now on the peer may send payloads of so many bytes, if it may not send larger ones already. */
  expectPayload(bytes: number): void;
  /** The peer may send so many messages besides one for each that it is sent. */
  expectMessages(count: number): void;
  /** True if {@linkcode share} was called. */
  readonly shares: boolean;
  /** True if there is no network between the two ends: they share memory, or are in one process. */
  readonly is_near: boolean;
  /** Bytes handed over and not written yet. */
  readonly buffered_bytes: number;
  /** Resolves when all that was handed over so far has been written; rejects if the channel closes first. */
  drained(): Promise<void>;
  /** Closes after what was handed over. `onclose` is called before this returns. */
  close(reason: string): void;
  /** Gets every accepted message and every refusal. A {@linkcode Refusal} that it throws is sent as the answer. */
  onmessage: ((message: Message, payload: Uint8Array) => void) | null;
  /** Called once, whichever side closed, with the reason in words. */
  onclose: ((reason: string) => void) | null;
  /** Bytes received. */
  readonly bytes_in: number;
  /** Bytes sent. */
  readonly bytes_out: number;
  /** Time spent on messages that came: reading, checking, and what `onmessage` does at once. */
  readonly handled_ms: number;
  /** When the peer was last heard, by the clock. */
  readonly last_heard_ms: number;
  /** After more bad messages the refusal is final, and the channel closes. */
  max_bad_messages: number;
  /** The refusal by which this side closed: trying again is useless for the peer. */
  readonly final_refusal: Refusal | null;
}

/**
 * How a channel judges its peer.
 *
 * @example
 * ```ts
 * import { type ChannelOptions, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * const options: ChannelOptions = {
 *   clock: SYSTEM_CLOCK,
 *   peer: "the other side",
 *   heartbeat_ms: 1_000,
 *   silence_ms: 10_000,
 *   allowed: new Set(["notice"]),
 *   max_payload_bytes: 0,
 *   unasked: null,
 * };
 * console.assert(options.allowed.has("notice"));
 * ```
 */
export interface ChannelOptions {
  /** Time. */
  readonly clock: Clock;
  /** What people call the other side, within a sentence: "worker 3", "the coordinator". */
  readonly peer: string;
  /** Interval of heartbeats and of the checks on the peer. */
  readonly heartbeat_ms: number;
  /** A peer unheard for longer is dead. */
  readonly silence_ms: number;
  /** Types this side accepts; others are refused as unexpected_message. Pings, pongs and refusals always pass. */
  readonly allowed: ReadonlySet<MessageType>;
  /** Bytes of the largest payload that there is use for, until {@linkcode Channel.expectPayload}. */
  readonly max_payload_bytes: number;
  /** Limits on messages that the peer may send besides answers; null: no limit. */
  readonly unasked: Unasked | null;
  /** Called when the peer has sent more, before the channel closes. */
  readonly onflood?: () => void;
}

/** Why a connection ends whose payload was gone before it was read. */
const OVERWRITTEN = "A shared payload was overwritten before it was read";

/**
 * Opens a channel and trusts the peer: do the handshake first. Set `onmessage` before returning to the event loop.
 *
 * @example
 * ```ts
 * import { openChannel, type Socket, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * // A socket that goes nowhere; connect() gives one to a coordinator.
 * const socket: Socket = {
 *   oncontrol: null,
 *   onmessage: null,
 *   onclose: null,
 *   bytes_received: 0,
 *   send: (_parts, written) => written(),
 *   close: () => {},
 *   trust: () => {},
 *   seal: () => {},
 * };
 * const channel = openChannel(socket, {
 *   clock: SYSTEM_CLOCK,
 *   peer: "the other side",
 *   heartbeat_ms: 1_000,
 *   silence_ms: 10_000,
 *   allowed: new Set(["notice"]),
 *   max_payload_bytes: 0,
 *   unasked: null,
 * });
 * channel.close("Done");
 * ```
 */
export function openChannel(socket: Socket, options: ChannelOptions): Channel {
  return new SocketChannel(socket, options);
}

function seconds(duration_ms: number): string {
  return `${Math.round(duration_ms / 1000)} s`;
}

/** Someone waits until so many frames have been written. */
interface Waiter {
  readonly frames: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class SocketChannel implements Channel {
  onmessage: Channel["onmessage"] = null;
  onclose: Channel["onclose"] = null;
  bytes_in = 0;
  bytes_out = 0;
  handled_ms = 0;
  buffered_bytes = 0;
  last_heard_ms: number;
  max_bad_messages = MAX_BAD_MESSAGES;
  final_refusal: Refusal | null = null;

  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  readonly #stopHeartbeat: Cancel;
  /** Sizes of the frames that are not written yet, oldest first. */
  readonly #unwritten: number[] = [];
  #waiters: Waiter[] = [];
  #frames_out = 0;
  /** Since when the oldest unwritten frame is the oldest. */
  #writing_since_ms: number;
  #received_bytes = 0;
  #bad_messages = 0;
  #max_payload_bytes: number;
  readonly #allowance: Allowance | null;
  #taker: PayloadReader | null = null;
  #closed: string | null = null;

  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.last_heard_ms = this.#writing_since_ms = options.clock.now_ms();
    this.#stopHeartbeat = options.clock.every(options.heartbeat_ms, () => this.#beat());
    this.#max_payload_bytes = options.max_payload_bytes;
    this.#allowance = options.unasked && new Allowance(options.unasked, this.last_heard_ms);
    socket.trust(this.#max_payload_bytes + HEADER_BYTES);
    socket.oncontrol = () => void this.#spend();
    socket.onclose = (reason) => this.#end(reason);
    socket.onmessage = (parts) => this.#receive(parts);
  }

  send(message: Message, payload?: Uint8Array): void {
    this.sendFrame(encodeFrame(message, payload));
  }

  expectPayload(bytes: number): void {
    if (bytes <= this.#max_payload_bytes) return;
    this.#max_payload_bytes = bytes;
    this.#socket.trust(bytes + HEADER_BYTES);
  }

  expectMessages(count: number): void {
    this.#allowance?.asked(count);
  }

  share(taker: PayloadReader): void {
    this.#taker = taker;
  }

  get shares(): boolean {
    return this.#taker !== null;
  }

  get is_near(): boolean {
    return this.shares || this.#socket.in_process === true;
  }

  sendFrame(frame: Frame): void {
    if (this.#closed !== null) return;
    this.#allowance?.asked();
    this.#write(frame);
  }

  /** Sends what the peer has caused, which is no reason to answer. */
  #answer(message: Message): void {
    if (this.#closed === null) this.#write(encodeFrame(message));
  }

  sendShared(message: Message, shared: Shared): void {
    if (this.#closed !== null) return;
    this.bytes_out += shared.bytes;
    this.#write(encodeShared(message, shared));
  }

  #write(frame: Frame): void {
    const bytes = frameBytes(frame);
    if (this.#unwritten.length === 0) this.#writing_since_ms = this.#options.clock.now_ms();
    this.#unwritten.push(bytes);
    this.buffered_bytes += bytes;
    this.bytes_out += bytes;
    this.#frames_out++;
    this.#socket.send(frame.payload ? [frame.head, frame.payload] : [frame.head], () => this.#written());
  }

  drained(): Promise<void> {
    if (this.#closed !== null) return Promise.reject(new Error(this.#closed));
    if (this.#unwritten.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) =>
      this.#waiters.push({ frames: this.#frames_out, resolve, reject })
    );
  }

  close(reason: string): void {
    this.#shut(reason, false);
  }

  #shut(reason: string, abrupt: boolean): void {
    if (this.#closed !== null) return;
    this.#socket.close(reason, abrupt);
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#stopHeartbeat();
    for (const { reject } of this.#waiters) reject(new Error(reason));
    this.#waiters = [];
    this.onclose?.(reason);
  }

  #written(): void {
    if (this.#closed !== null) return;
    this.buffered_bytes -= this.#unwritten.shift() ?? 0;
    this.#writing_since_ms = this.#options.clock.now_ms();
    const frames_written = this.#frames_out - this.#unwritten.length;
    const ready = this.#waiters.filter(({ frames }) => frames <= frames_written);
    this.#waiters = this.#waiters.filter(({ frames }) => frames > frames_written);
    for (const { resolve } of ready) resolve();
  }

  #receive(parts: readonly Uint8Array[]): void {
    if (this.#closed !== null || !this.#spend()) return;
    for (const part of parts) this.bytes_in += part.length;
    const { clock } = this.#options;
    const came_ms = this.last_heard_ms = clock.now_ms();
    try {
      this.#dispatch(decodeFrame(...parts));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(error);
    } finally {
      this.handled_ms += clock.now_ms() - came_ms;
    }
  }

  /** Counts what came. False: it was too much, and the channel is closed. */
  #spend(): boolean {
    if (this.#closed !== null) return false;
    if (this.#allowance?.spend(this.#options.clock.now_ms()) ?? true) return true;
    this.#options.onflood?.();
    this.#shut(`Too many messages from ${this.#options.peer}: it sent many more than it was asked for`, true);
    return false;
  }

  #dispatch({ message, payload, shared }: Received): void {
    if (message.type === "ping") return this.#answer({ type: "pong", sent_ms: message.sent_ms });
    if (message.type === "pong") return;
    if (message.type !== "refuse" && !this.#options.allowed.has(message.type)) {
      throw new Refusal("unexpected_message", `Message ${message.type} must not be sent at this point`);
    }
    if (shared === null) this.onmessage?.(message, payload);
    else this.#receiveShared(message, shared);
  }

  #receiveShared(message: Message, shared: Shared): void {
    this.bytes_in += shared.bytes;
    if (this.#taker === null) {
      throw new Refusal("bad_message", "Field parcel must be absent: nothing is shared");
    }
    if (shared.bytes > this.#max_payload_bytes) {
      throw new Refusal(
        "bad_message",
        `Payload must have at most ${this.#max_payload_bytes} bytes: found ${shared.bytes}`,
      );
    }
    const payload = this.#taker.take(shared, shared.bytes);
    // It cannot be had again: one side is too far behind.
    if (payload === null) return this.close(OVERWRITTEN);
    this.onmessage?.(message, payload);
  }

  #refuse(refusal: Refusal): void {
    if (refusal.code === "bad_message" || refusal.code === "unexpected_message") this.#bad_messages++;
    const final = refusal.fatal || this.#bad_messages > this.max_bad_messages;
    const { code, message, job } = refusal;
    const answer = final ? new Refusal(code, message, { fatal: true, job }) : refusal;
    this.#answer(answer.toMessage());
    if (!final) return;
    this.final_refusal = answer;
    this.close(
      refusal.fatal ? message : `${counted(this.#bad_messages, "bad message")}, the last: ${message}`,
    );
  }

  #beat(): void {
    const { clock, silence_ms, peer } = this.#options;
    const now_ms = clock.now_ms();
    if (this.#socket.bytes_received !== this.#received_bytes) this.last_heard_ms = now_ms;
    this.#received_bytes = this.#socket.bytes_received;
    const silent_ms = now_ms - this.last_heard_ms;
    if (silent_ms > silence_ms) {
      return this.#shut(`No sign of life from ${peer} for ${seconds(silent_ms)}`, true);
    }
    const stalled_ms = now_ms - this.#writing_since_ms;
    const allowed_ms = silence_ms + (this.#unwritten[0] ?? 0) / MIN_BYTES_PER_MS;
    if (this.buffered_bytes > HIGH_WATER_BYTES && stalled_ms > allowed_ms) {
      const waiting = `${(this.buffered_bytes / 1e6).toFixed(1)} MB`;
      const reason = `${peer} has read nothing for ${
        seconds(stalled_ms)
      }, and ${waiting} are waiting to be sent to it`;
      return this.#shut(reason, true);
    }
    if (this.#unwritten.length === 0) this.send({ type: "ping", sent_ms: now_ms });
  }
}

/**
 * Makes the messages of a connection authentic, in both directions.
 *
 * @example
 * ```ts
 * import type { Seal } from "@wagon/wagon/wire";
 *
 * // One for two sides that trust what is between them.
 * const none: Seal = { seal: (parts) => parts, open: (parts) => parts };
 * console.assert(none.open([Uint8Array.of(1)])!.length === 1);
 * ```
 */
export interface Seal {
  /** The parts to send in place of those of the next message. */
  seal(parts: readonly Uint8Array[]): readonly Uint8Array[];
  /** The parts of the next message that came; null where it is not what the other side has sealed. */
  open(parts: readonly Uint8Array[]): readonly Uint8Array[] | null;
}

/**
 * A channel's requirements of a connection: whole binary messages in order, both ways.
 *
 * @example
 * ```ts
 * import type { Socket } from "@wagon/wagon/wire";
 *
 * // A socket that goes nowhere.
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
 * socket.send([Uint8Array.of(1)], () => console.log("sent"));
 * ```
 */
export interface Socket {
  /**
   * Hands over one message, the parts in order. They are not copied and must not change until `written`, which is
   * called when the system has taken the last byte. Does nothing once closed.
   */
  send(parts: readonly Uint8Array[], written: () => void): void;
  /** Ends the connection, after what was handed over; `abrupt`: at once. Once closed, does nothing. */
  close(reason: string, abrupt?: boolean): void;
  /**
   * The peer has proved itself: limits for strangers end, and a frame may have so many bytes. One that has more ends the
   * connection as it comes, so that no more than that is ever held. May be called again.
   */
  trust(max_frame_bytes: number): void;
  /**
   * From now on each message that is sent carries a tag, and one that comes without the right one ends the connection. A
   * connection within one process may leave it at that.
   */
  seal(seal: Seal): void;
  /**
   * SHA-256 of the certificate by which the connection is encrypted, as 64 hexadecimal digits, at both ends; absent or null:
   * it is not, or not by this program.
   */
  readonly certificate?: string | null;
  /** True if both ends are in this process, so that there is no network between them; absent: they are not. */
  readonly in_process?: boolean;
  /** Called for each frame that is no message (a ping or pong of the WebSocket protocol). */
  oncontrol: (() => void) | null;
  /** One message, in the pieces it came in. Messages wait while this is null. */
  onmessage: ((parts: readonly Uint8Array[]) => void) | null;
  /** Called once, whichever side closed, with the reason in words. */
  onclose: ((reason: string) => void) | null;
  /** Bytes that arrived, those of unfinished messages included where that is known. */
  readonly bytes_received: number;
}

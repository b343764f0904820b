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
  /** Called for each frame that is no message (a ping or pong of the WebSocket protocol). */
  oncontrol: (() => void) | null;
  /** One message, in the pieces it came in. Messages wait while this is null. */
  onmessage: ((parts: readonly Uint8Array[]) => void) | null;
  /** Called once, whichever side closed, with the reason in words. */
  onclose: ((reason: string) => void) | null;
  /** Bytes that arrived, those of unfinished messages included where that is known. */
  readonly bytes_received: number;
}

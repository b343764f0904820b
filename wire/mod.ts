/**
 * The protocol between a coordinator and its workers: messages, frames, the handshake and the channel. With it a worker
 * of your own can be written; `docs/architecture.md` tells the life of a step.
 *
 * @example
 * ```ts
 * import { decodeFrame, encodeFrame } from "@wagon/wagon/wire";
 *
 * const { head } = encodeFrame({ type: "ping", sent_ms: 1 });
 * console.assert(decodeFrame(head).message.type === "ping");
 * ```
 *
 * @module
 */
export type { Unasked } from "./allowance.ts";
export { type Channel, type ChannelOptions, openChannel } from "./channel.ts";
export { type Cancel, type Clock, SYSTEM_CLOCK } from "./clock.ts";
export { decodeFrame, encodeFrame, type Frame, payloadFloats, type Received, type Shared } from "./frame.ts";
export {
  type AdmitOptions,
  admitWorker,
  type HandshakeOptions,
  joinCoordinator,
  type JoinOptions,
} from "./handshake.ts";
export { MemorySocket } from "./memory_socket.ts";
export type { Checksums, Computation, Fence, Messages, NetworkName, RefusalCode } from "./message_types.ts";
export {
  MAX_FRAME_BYTES,
  type Message,
  type MessageOf,
  type MessageType,
  PROTOCOL_VERSION,
} from "./messages.ts";
export type { Parcel, Taker } from "./parcel.ts";
export { Refusal } from "./refusal.ts";
export type { Socket } from "./socket.ts";
export { connect } from "./ws_socket.ts";
export { checksumBytes } from "../kernels/kernels.ts";

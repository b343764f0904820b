/**
 * The protocol between a coordinator and its workers: messages, frames, the handshake and the channel. With it you can
 * write your own worker; `docs/architecture.md` describes what happens in a step.
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
export type { NetworkName } from "../common/network_name.ts";
export type { Unasked } from "../wire/allowance.ts";
export { type Channel, type ChannelOptions, openChannel } from "../wire/channel.ts";
export { type Cancel, type Clock, SYSTEM_CLOCK } from "../wire/clock.ts";
export {
  decodeFrame,
  encodeFrame,
  type Frame,
  payloadFloats,
  type Received,
  type Shared,
} from "../wire/frame.ts";
export {
  type AdmitOptions,
  admitWorker,
  type HandshakeOptions,
  joinCoordinator,
  type JoinOptions,
} from "../wire/handshake.ts";
export type {
  Checksums,
  Computation,
  Fence,
  LocalSteps,
  Messages,
  RefusalCode,
} from "../wire/message_types.ts";
export {
  MAX_FRAME_BYTES,
  type Message,
  type MessageOf,
  type MessageType,
  PROTOCOL_VERSION,
} from "../wire/messages.ts";
export type { PayloadReader, PayloadRef } from "../wire/payload_ref.ts";
export type { AllowedKeys, WorkerKey } from "../wire/proof/worker_key.ts";
export { Refusal } from "../wire/refusal.ts";
export type { Seal, Socket } from "../wire/socket.ts";
export { connect } from "../library/connect.ts";
export { checksumBytes } from "../kernels/kernels.ts";

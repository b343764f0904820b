/**
 * Frames: a message header and raw bytes after it, laid out as messages.ts says. Every frame that is not exactly
 * so is a {@linkcode Refusal}, whatever its bytes.
 */
import { Decoder, encode } from "@msgpack/msgpack";
import { joined } from "../common/joined.ts";
import { checkMessage, MAX_FRAME_BYTES, type Message, PROTOCOL_VERSION } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { hex, int, object, SchemaError, show } from "./schema.ts";
import type { PayloadRef } from "./payload_ref.ts";

/** "WGN1", little-endian. */
const MAGIC = 0x314e4757;
const PREFIX_BYTES = 8;
const ALIGNMENT_BYTES = 8;
/** The largest header is a welcome with 4096 shards: about 300 KB. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** A header that claims more than its own bytes can hold is refused before anything is allocated for it. */
const DECODE_LIMITS = {
  maxStrLength: 4096,
  maxBinLength: 0,
  maxExtLength: 0,
  maxArrayLength: 4096,
  maxMapLength: 64,
};
/** Kept: a new one for each frame would be a third of the time that a frame takes. */
const DECODER = new Decoder(DECODE_LIMITS);

/**
 * Position and length of a payload outside the frame.
 *
 * @example
 * ```ts
 * import type { Shared } from "@wagon/wagon/wire";
 *
 * const shared: Shared = { offset: 4096, tag: "00000000000000a1", bytes: 1024 };
 * console.log(shared.bytes);
 * ```
 */
export type Shared = PayloadRef & { readonly bytes: number };

/**
 * An encoded message: `head` (with its padding), then `payload`, which is not copied.
 *
 * @example
 * ```ts
 * import { encodeFrame, type Frame } from "@wagon/wagon/wire";
 *
 * const frame: Frame = encodeFrame({ type: "ping", sent_ms: 1 });
 * console.assert(frame.payload === null);
 * ```
 */
export interface Frame {
  /** The message. */
  readonly message: Message;
  /** Prefix and header, padded. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Raw bytes after the header. */
  readonly payload: Uint8Array | null;
}

/**
 * A decoded message. `payload` starts at a multiple of 8 in its buffer; empty if there is none, or if it lies where
 * `shared` says.
 *
 * @example
 * ```ts
 * import { decodeFrame, encodeFrame, type Received } from "@wagon/wagon/wire";
 *
 * const received: Received = decodeFrame(encodeFrame({ type: "ping", sent_ms: 1 }).head);
 * console.assert(received.payload.length === 0);
 * ```
 */
export interface Received {
  /** The message. */
  readonly message: Message;
  /** Raw bytes after the header. */
  readonly payload: Uint8Array;
  /** Position of the payload, if it is not in the frame. */
  readonly shared: Shared | null;
}

/** Shared files are no longer: where more is said, the system would refuse to look. */
const MAX_SHARED_BYTES = 2 ** 40;
const checkParcel = object({ offset: int(0, MAX_SHARED_BYTES), tag: hex(16) });

/**
 * Encodes a message. Throws RangeError beyond {@linkcode MAX_FRAME_BYTES}.
 *
 * @example
 * ```ts
 * import { encodeFrame } from "@wagon/wagon/wire";
 *
 * const { head } = encodeFrame({ type: "ping", sent_ms: 1 });
 * console.assert(head.length % 8 === 0);
 * ```
 */
export function encodeFrame(message: Message, payload: Uint8Array | null = null): Frame {
  return { message, payload, head: encodeHead(message, payload, { payload_bytes: payload?.length ?? 0 }) };
}

/** Encodes a message whose payload lies in a shared file. */
export function encodeShared(message: Message, { offset, tag, bytes }: Shared): Frame {
  const head = encodeHead(message, null, { payload_bytes: bytes, parcel: { offset, tag } });
  return { message, payload: null, head };
}

function encodeHead(
  message: Message,
  payload: Uint8Array | null,
  more: Readonly<Record<string, unknown>>,
): Uint8Array<ArrayBuffer> {
  const header = encode({ ...message, ...more });
  const head = new Uint8Array(align(PREFIX_BYTES + header.length));
  const bytes = head.length + (payload?.length ?? 0);
  if (bytes > MAX_FRAME_BYTES) {
    throw new RangeError(
      `Cannot send ${message.type}: a frame must have at most ${MAX_FRAME_BYTES} bytes, found ${bytes}`,
    );
  }
  const view = new DataView(head.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  head.set(header, PREFIX_BYTES);
  return head;
}

/** Bytes that a frame takes on the wire. */
export function frameBytes(frame: Frame): number {
  return frame.head.length + (frame.payload?.length ?? 0);
}

/**
 * Decodes a frame that came in one or more parts. The payload is a view where it lies in one part and is aligned
 * there; otherwise a copy. Throws {@linkcode Refusal}: version_mismatch for another version's challenge or hello,
 * bad_message for all else.
 *
 * @example
 * ```ts
 * import { decodeFrame, encodeFrame } from "@wagon/wagon/wire";
 *
 * const { message } = decodeFrame(encodeFrame({ type: "ping", sent_ms: 1 }).head);
 * console.assert(message.type === "ping" && message.sent_ms === 1);
 * ```
 */
export function decodeFrame(...parts: readonly Uint8Array[]): Received {
  return decodeParts(...splitFrame(parts));
}

/** A frame's head and its payload, wherever its parts were cut. Throws {@linkcode Refusal} for what is no frame. */
export function splitFrame(parts: readonly Uint8Array[]): [head: Uint8Array, payload: Uint8Array] {
  const [first, second] = parts;
  if (first && second && parts.length === 2 && isHead(first)) return [first, second];
  const whole = first && parts.length === 1 ? first : joined(parts);
  const head_bytes = headBytes(whole);
  if (whole.length < head_bytes) {
    throw bad(`Frame must have ${head_bytes} bytes of header and padding: found ${whole.length}`);
  }
  return [whole.subarray(0, head_bytes), whole.subarray(head_bytes)];
}

/**
 * The payload as float32, without a copy. Throws {@linkcode Refusal} unless it has exactly `length` of them.
 *
 * @example
 * ```ts
 * import { payloadFloats } from "@wagon/wagon/wire";
 *
 * const payload = new Uint8Array(Float32Array.of(0.5, 1).buffer);
 * console.assert(payloadFloats(payload, 2)[1] === 1);
 * ```
 */
export function payloadFloats(payload: Uint8Array, length: number): Float32Array {
  if (payload.length !== length * 4) {
    throw bad(
      `Payload must have ${length} float32 values (${length * 4} bytes): found ${payload.length} bytes`,
    );
  }
  return new Float32Array(payload.buffer, payload.byteOffset, length);
}

/** The bytes of a view, without a copy: what `payload` is made of. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function decodeParts(head: Uint8Array, payload: Uint8Array): Received {
  const { payload_bytes, parcel, ...fields } = decodeHeader(head);
  if (parcel === undefined ? payload_bytes !== payload.length : payload.length > 0) {
    throw bad(
      `Field payload_bytes must be the number of bytes after the header: found ${show(payload_bytes)} and ` +
        `${payload.length}`,
    );
  }
  checkVersion(fields);
  try {
    const shared = parcel === undefined ? null : {
      ...checkParcel(parcel, "parcel"),
      bytes: int(0, MAX_FRAME_BYTES)(payload_bytes, "payload_bytes"),
    };
    return { message: checkMessage(fields), payload: aligned(payload), shared };
  } catch (error) {
    throw error instanceof SchemaError ? bad(error.message) : error;
  }
}

function isHead(bytes: Uint8Array): boolean {
  return bytes.length >= PREFIX_BYTES && bytes.length === headBytes(bytes);
}

/** Checks the prefix and returns how many bytes the head has, padding included. */
function headBytes(bytes: Uint8Array): number {
  if (bytes.length < PREFIX_BYTES) {
    throw bad(`Frame must have at least ${PREFIX_BYTES} bytes: found ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) {
    throw bad(`Frame must begin with 0x${MAGIC.toString(16)}: found 0x${magic.toString(16)}`);
  }
  const header_bytes = view.getUint32(4, true);
  if (header_bytes > MAX_HEADER_BYTES) {
    throw bad(`Header must have at most ${MAX_HEADER_BYTES} bytes: found ${header_bytes}`);
  }
  return align(PREFIX_BYTES + header_bytes);
}

function decodeHeader(head: Uint8Array): Record<string, unknown> {
  const end = PREFIX_BYTES + new DataView(head.buffer, head.byteOffset).getUint32(4, true);
  if (head.subarray(end).some((byte) => byte !== 0)) throw bad("Padding must be zero: found other bytes");
  let header: unknown;
  try {
    header = DECODER.decode(head.subarray(PREFIX_BYTES, end));
  } catch (error) {
    throw bad(`Header must be MessagePack: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw bad(`Header must be a map: found ${Array.isArray(header) ? "an array" : typeof header}`);
  }
  return header as Record<string, unknown>;
}

/** Other versions may have other fields, so theirs is looked at before the fields are checked. */
function checkVersion(fields: Record<string, unknown>): void {
  const { type, version } = fields;
  if (
    (type === "challenge" || type === "hello") && Number.isInteger(version) && version !== PROTOCOL_VERSION
  ) {
    const reason =
      `Protocol version must be ${PROTOCOL_VERSION}: found ${version}; use the same wagon on both sides`;
    throw new Refusal("version_mismatch", reason, { fatal: true });
  }
}

function aligned(payload: Uint8Array): Uint8Array {
  return payload.byteOffset % ALIGNMENT_BYTES === 0 ? payload : new Uint8Array(payload);
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

function bad(reason: string): Refusal {
  return new Refusal("bad_message", reason);
}

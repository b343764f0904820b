/**
 * Seals the frames of a connection after its handshake: before each frame stands its tag (kernels/mac.ts), by a key of
 * this connection and direction. So a frame that was changed on its way, or that somebody else has sent, or that was sent
 * before, is noticed, whatever carries it. Sealing hides nothing: that is what TLS is for.
 */
import { joined } from "../../common/joined.ts";
import { FrameMac, TAG_BYTES } from "../../kernels/mac.ts";
import { splitFrame } from "../frame.ts";
import { Refusal } from "../refusal.ts";
import type { Seal } from "../socket.ts";
import type { SessionKeys } from "./session_keys.ts";

const NOTHING = new Uint8Array(0);

/** Why a connection ends of which a frame has a wrong tag. */
export const BROKEN_SEAL = "A message was damaged, forged or replaced in transit: its tag is wrong";

/** Both directions of one connection, at one of its ends. */
export class FrameSeal implements Seal {
  readonly #out: FrameMac;
  readonly #in: FrameMac;
  #is_broken = false;

  constructor({ own, peer }: SessionKeys) {
    this.#out = new FrameMac(own);
    this.#in = new FrameMac(peer);
  }

  /** The parts to send: the tag stands before the head, and the payload is not copied. */
  seal([head = NOTHING, payload]: readonly Uint8Array[]): Uint8Array[] {
    const sealed = new Uint8Array(TAG_BYTES + head.length);
    sealed.set(this.#out.tag(head, payload ?? NOTHING));
    sealed.set(head, TAG_BYTES);
    return payload ? [sealed, payload] : [sealed];
  }

  /** The parts of the next frame without its tag; null where the tag is wrong, and from then on. */
  open(parts: readonly Uint8Array[]): readonly Uint8Array[] | null {
    const [first = NOTHING] = parts;
    const [begin = NOTHING, ...rest] = first.length < TAG_BYTES ? [joined(parts)] : parts;
    const frame = this.#is_broken ? null : split([begin.subarray(TAG_BYTES), ...rest]);
    if (frame !== null && this.#in.verify(begin.subarray(0, TAG_BYTES), ...frame)) return frame;
    this.#is_broken = true;
    return null;
  }
}

/** Null where it is no frame. */
function split(parts: readonly Uint8Array[]): ReturnType<typeof splitFrame> | null {
  try {
    return splitFrame(parts);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

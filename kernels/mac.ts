/**
 * Message authentication codes of frames. The tag of frame i, counted from 0, is that of ChaCha20-Poly1305 (RFC 8439,
 * section 2.8) for the nonce i, with the frame's head as associated data, and in the place of the ciphertext the digest
 * of its payload by NH (UMAC, RFC 4418, section 5.2.2: 16 bytes for each 1,024, in two passes, as UMAC-64 has it):
 *
 *     (r, s) = first 32 bytes of ChaCha20(key, counter 0, nonce i)
 *     tag    = Poly1305(r, s; head, padding, NH(payload), padding, bytes of the head, bytes of the payload)
 *
 * Each one-time key counts for one frame, so that a frame that was changed, left out, sent again or put in another place
 * has a wrong tag. NH's key is ChaCha20's stream for a nonce that no frame has. Such a combination of NH and Poly1305 is
 * that of Adiantum (Crowley, Biggers 2018). Whoever guesses succeeds once in 2^60 frames or less, and the first wrong
 * guess ends the connection. It is six times as fast as HMAC, GMAC or Poly1305 alone, and synchronous (docs/encryption.md
 * has the figures).
 */
import { Kernels } from "./kernels.ts";

export const TAG_BYTES = 16;
export const MAC_KEY_BYTES = 32;

const BLOCK_BYTES = 64;
const FLOAT_BYTES = 4;
/** NH takes in so much at a time: a multiple of its units of 1,024 bytes, and little enough for a first-level cache. */
const WINDOW_BYTES = 16_384;
const UNIT_BYTES = 1_024;
const DIGEST_BYTES = 16;
/** NH takes in so much at once: payloads are padded to a multiple of it. */
const STRIPE_BYTES = 64;
const NH_KEY_BYTES = UNIT_BYTES + 16;
const NH_KEY_BLOCKS = Math.ceil(NH_KEY_BYTES / BLOCK_BYTES);
/** "expand 32-byte k" */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
/** The last word of a nonce: frames have 0. */
const FOR_FRAMES = 0;
const FOR_NH = 1;

/** Memory that all codes share: nothing in it counts beyond one call. */
class Workbench {
  readonly kernels = Kernels.create(2 * WINDOW_BYTES + 8 * UNIT_BYTES);
  readonly window = this.#bytes(WINDOW_BYTES);
  readonly digests = this.#bytes(WINDOW_BYTES / UNIT_BYTES * DIGEST_BYTES);
  readonly nh_key = this.#bytes(NH_KEY_BLOCKS * BLOCK_BYTES);
  readonly state = this.#bytes(BLOCK_BYTES);
  readonly one_time = this.#bytes(BLOCK_BYTES);
  readonly tag = this.#bytes(TAG_BYTES);
  /** Views of the same bytes, made once. */
  readonly state_words = this.#words(this.state);
  readonly window_words = this.#words(this.window);

  #bytes(length: number): Uint8Array<ArrayBuffer> {
    const floats = this.kernels.allocate(length / FLOAT_BYTES);
    return new Uint8Array(floats.buffer, floats.byteOffset, length);
  }

  #words({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
    return new Uint32Array(buffer, byteOffset, length / 4);
  }
}

const BENCH = new Workbench();

/** The codes of one direction of one connection. */
export class FrameMac {
  /** The first words of each state: constants and key. */
  readonly #words: Uint32Array;
  readonly #nh_key: Uint8Array;
  #count = 0;

  /** `key`: 32 bytes, of this direction alone. */
  constructor(key: Uint8Array) {
    if (key.length !== MAC_KEY_BYTES) {
      throw new RangeError(
        `Cannot authenticate: a key must have ${MAC_KEY_BYTES} bytes, found ${key.length}`,
      );
    }
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    const words = Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true));
    this.#words = Uint32Array.from([...CONSTANTS, ...words]);
    const stream = Array.from({ length: NH_KEY_BLOCKS }, (_, i) => this.#block(i, 0, FOR_NH).slice());
    this.#nh_key = new Uint8Array(NH_KEY_BLOCKS * BLOCK_BYTES);
    stream.forEach((bytes, i) => this.#nh_key.set(bytes, i * BLOCK_BYTES));
  }

  /** The tag of the next frame, 16 bytes; `payload` may be empty. */
  tag(head: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    const { kernels: { exports: wasm }, tag } = BENCH;
    const one_time = this.#block(0, this.#count++, FOR_FRAMES);
    wasm.polyBegin(one_time.byteOffset);
    absorb(head);
    if (payload.length > 0) this.#absorbDigests(payload);
    absorbLengths(head.length, payload.length);
    wasm.polyEnd(tag.byteOffset);
    return tag.slice();
  }

  /** True if a tag is that of the next frame, which it then is, whatever the tag was. */
  verify(tag: Uint8Array, head: Uint8Array, payload: Uint8Array): boolean {
    const expected = this.tag(head, payload);
    // All bytes are looked at: how long it takes tells nothing.
    return tag.length === TAG_BYTES && expected.reduce((sum, byte, i) => sum | byte ^ tag[i]!, 0) === 0;
  }

  #absorbDigests(payload: Uint8Array): void {
    const { kernels: { exports: wasm }, window, digests, nh_key } = BENCH;
    nh_key.set(this.#nh_key);
    for (let at = 0; at < payload.length; at += WINDOW_BYTES) {
      const piece = payload.subarray(at, at + WINDOW_BYTES);
      window.set(piece);
      const padded = roundUp(piece.length, STRIPE_BYTES);
      window.fill(0, piece.length, padded);
      wasm.nh(digests.byteOffset, window.byteOffset, padded, nh_key.byteOffset);
      wasm.polyAbsorb(digests.byteOffset, Math.ceil(padded / UNIT_BYTES) * DIGEST_BYTES);
    }
  }

  /** A block of ChaCha20's stream. */
  #block(counter: number, nonce: number, last_word: number): Uint8Array {
    const { kernels: { exports: wasm }, state, state_words: words, one_time } = BENCH;
    words.set(this.#words);
    words[12] = counter;
    words[13] = nonce;
    words[14] = Math.floor(nonce / 2 ** 32);
    words[15] = last_word;
    wasm.chachaBlock(one_time.byteOffset, state.byteOffset);
    return one_time;
  }
}

function absorb(bytes: Uint8Array): void {
  const { kernels: { exports: wasm }, window } = BENCH;
  for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
    const piece = bytes.subarray(at, at + WINDOW_BYTES);
    window.set(piece);
    const padded = roundUp(piece.length, TAG_BYTES);
    window.fill(0, piece.length, padded);
    wasm.polyAbsorb(window.byteOffset, padded);
  }
}

function absorbLengths(head_bytes: number, payload_bytes: number): void {
  const { kernels: { exports: wasm }, window, window_words: words } = BENCH;
  words[0] = head_bytes;
  words[1] = 0;
  words[2] = payload_bytes;
  words[3] = 0;
  wasm.polyAbsorb(window.byteOffset, TAG_BYTES);
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}

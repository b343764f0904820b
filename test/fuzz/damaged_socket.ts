/** A connection whose messages are damaged on their way in: bytes, fields, payloads, order. */
import { encode } from "@msgpack/msgpack";
import { decodeFrame } from "../../wire/frame.ts";
import type { Seal, Socket } from "../../wire/socket.ts";
import type { Chance } from "./chance.ts";
import { mutateBytes, mutateValue } from "./mutate.ts";

export class DamagedSocket implements Socket {
  /** Share of the messages that are damaged. */
  share: number;
  readonly #socket: Socket;
  readonly #chance: Chance;
  /** What came so far, whole. */
  readonly #came: Uint8Array[] = [];
  #handler: Socket["onmessage"] = null;

  constructor(socket: Socket, chance: Chance, share = 0.3) {
    this.#socket = socket;
    this.#chance = chance;
    this.share = share;
  }

  get onmessage(): Socket["onmessage"] {
    return this.#handler;
  }

  set onmessage(handler: Socket["onmessage"]) {
    this.#handler = handler;
    this.#socket.onmessage = handler && ((parts) => this.#deliver(parts));
  }

  get oncontrol(): Socket["oncontrol"] {
    return this.#socket.oncontrol;
  }

  set oncontrol(handler: Socket["oncontrol"]) {
    this.#socket.oncontrol = handler;
  }

  get onclose(): Socket["onclose"] {
    return this.#socket.onclose;
  }

  set onclose(handler: Socket["onclose"]) {
    this.#socket.onclose = handler;
  }

  get bytes_received(): number {
    return this.#socket.bytes_received;
  }

  send(parts: readonly Uint8Array[], written: () => void): void {
    this.#socket.send(parts, written);
  }

  close(reason: string, abrupt?: boolean): void {
    this.#socket.close(reason, abrupt);
  }

  trust(max_frame_bytes: number): void {
    this.#socket.trust(max_frame_bytes);
  }

  seal(seal: Seal): void {
    this.#socket.seal(seal);
  }

  #deliver(parts: readonly Uint8Array[]): void {
    const whole = joined(parts);
    this.#came.push(whole);
    if (!this.#chance.is(this.share)) return this.#handler?.(parts);
    // Whatever took the handler away wants no more for now.
    for (const frame of this.#damaged(whole)) this.#handler?.(this.#cut(frame));
  }

  #damaged(whole: Uint8Array): Uint8Array[] {
    const chance = this.#chance;
    const { message, payload } = decodeFrame(whole.slice());
    const header = { ...message, payload_bytes: payload.length };
    switch (chance.below(8)) {
      case 0:
        return [];
      case 1:
        return [mutateBytes(whole, chance)];
      case 2:
        return [frameOf(header, mutateBytes(payload, chance))];
      case 3:
        return [whole, chance.of(this.#came)];
      case 4:
        return [frameOf({ ...header, ...decodeFrame(chance.of(this.#came).slice()).message }, payload)];
      case 5: {
        const parcel = { offset: chance.below(9999), tag: "1".repeat(16) };
        const odd = chance.is(0.5) ? parcel : mutateValue(parcel, chance);
        return [
          frameOf({ ...header, payload_bytes: chance.of([12, 2 ** 30, -1]), parcel: odd }, new Uint8Array(0)),
        ];
      }
      default:
        return [frameOf(mutateValue(header, chance), payload)];
    }
  }

  #cut(frame: Uint8Array): Uint8Array[] {
    const at = this.#chance.below(frame.length + 1);
    return this.#chance.is(0.5) ? [frame] : [frame.slice(0, at), frame.slice(at)];
  }
}

/** A frame whose header may be anything, and the rest as it should be. */
function frameOf(header: unknown, payload: Uint8Array): Uint8Array {
  const encoded = encode(header);
  const head = new Uint8Array(Math.ceil((8 + encoded.length) / 8) * 8);
  new DataView(head.buffer).setUint32(0, 0x314e_4757, true);
  new DataView(head.buffer).setUint32(4, encoded.length, true);
  head.set(encoded, 8);
  return joined([head, payload]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** True if an error is of the runtime's own kinds: nobody meant it. */
export function isForeign(error: unknown): boolean {
  return [TypeError, RangeError, SyntaxError, ReferenceError, DOMException].some((kind) =>
    error instanceof kind
  ) ||
    !(error instanceof Error);
}

/** A TCP proxy on a loopback port that flips one bit of what passes through a WebSocket, as a bad memory on the way may. */
import { carryAll, TcpRelay } from "../../bench/tcp_relay.ts";

/** Frames from here on carry tensors, and no words. */
const LARGE_BYTES = 4_096;

export class DamagedWire implements Disposable {
  readonly #relay: TcpRelay;
  #left: number;
  /** Bits flipped. */
  damaged = 0;

  /** Leads to `port` of this machine; flips the middle bit of the `nth` large frame that a client sends, over all connections. */
  constructor(port: number, nth: number) {
    this.#left = nth;
    this.#relay = new TcpRelay({ hostname: "127.0.0.1", port }, (from, to, direction) => {
      return carryAll(from, to, direction === "up" ? this.#damager() : undefined);
    });
  }

  get url(): string {
    return this.#relay.url;
  }

  /** Finds its way through the frames of one connection (RFC 6455, section 5.2), after the end of the HTTP request. */
  #damager(): (bytes: Uint8Array) => void {
    let head: number[] = [];
    let is_http = true;
    let skip = 0, flip_at = -1;
    return (bytes) => {
      for (let i = 0; i < bytes.length; i++) {
        if (skip > 0) {
          if (skip-- === flip_at) {
            bytes[i]! ^= 1;
            this.damaged++;
          }
          continue;
        }
        head.push(bytes[i]!);
        if (is_http) {
          is_http = String.fromCharCode(...head.slice(-4)) !== "\r\n\r\n";
          if (!is_http) head = [];
          continue;
        }
        const length = payloadLength(head);
        if (length === null) continue;
        head = [];
        skip = length;
        flip_at = length >= LARGE_BYTES && --this.#left === 0 ? length >> 1 : -1;
      }
    };
  }

  [Symbol.dispose](): void {
    this.#relay[Symbol.dispose]();
  }
}

/** Bytes of payload that follow a whole frame head with its mask; null while the head is not whole. */
function payloadLength(head: readonly number[]): number | null {
  const short = (head[1] ?? 0) & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (head.length < 2 + extended + 4) return null;
  return extended === 0
    ? short
    : head.slice(2, 2 + extended).reduce((length, byte) => length * 256 + byte, 0);
}

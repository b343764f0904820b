/** A TCP proxy on a loopback port that flips one bit of what passes through a WebSocket, as a bad memory on the way may. */

/** Frames from here on carry tensors, and no words. */
const LARGE_BYTES = 4_096;

export class DamagedWire implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  #left: number;
  /** Bits flipped. */
  damaged = 0;

  /** Leads to `port` of this machine; flips the middle bit of the `nth` large frame that a client sends, over all connections. */
  constructor(port: number, nth: number) {
    this.#left = nth;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void this.#serve(port);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(port: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
      if (server === null) {
        // The run is over.
        client.close();
        continue;
      }
      for (const one of [client, server]) this.#open.add(one);
      void this.#pump(client, server, this.#damager());
      void this.#pump(server, client, () => {});
    }
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

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, damage: (bytes: Uint8Array) => void): Promise<void> {
    const bytes = new Uint8Array(1 << 16);
    try {
      for (let count = await from.read(bytes); count !== null; count = await from.read(bytes)) {
        damage(bytes.subarray(0, count));
        for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
      }
    } catch {
      // One side is gone: so is the other.
    }
    for (const one of [from, to]) if (this.#open.delete(one)) one.close();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const one of this.#open) one.close();
    this.#open.clear();
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

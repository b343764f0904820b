/** A TCP relay: whoever connects to it is connected to a target, and what either sends is carried as its maker says. */
import { writeWhole } from "./tcp.ts";

export type Ends = Pick<Deno.TcpConn, "read" | "write">;

/** Hands on all bytes of one direction of one connection, and resolves at their end; may throw. "up": to the target. */
export type Carry = (from: Ends, to: Ends, direction: "up" | "down") => Promise<void>;

const CHUNK_BYTES = 1 << 16;

/** Hands on each chunk as it comes. `change` may wait, and change its bytes. */
export async function carryAll(
  from: Ends,
  to: Ends,
  change: (bytes: Uint8Array) => void | Promise<void> = () => {},
): Promise<void> {
  const bytes = new Uint8Array(CHUNK_BYTES);
  for (let count = await from.read(bytes); count !== null; count = await from.read(bytes)) {
    const chunk = bytes.subarray(0, count);
    await change(chunk);
    await writeWhole(to, chunk);
  }
}

export class TcpRelay implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: { readonly hostname: string; readonly port: number };
  readonly #carry: Carry;
  readonly #open = new Set<Deno.TcpConn>();

  /** `hostname`: where it listens, at a free port. */
  constructor(
    target: { readonly hostname: string; readonly port: number },
    carry: Carry,
    hostname = "127.0.0.1",
  ) {
    this.#target = target;
    this.#carry = carry;
    this.#listener = Deno.listen({ hostname, port: 0 });
    void this.#serve();
  }

  get url(): string {
    return `ws://${this.#listener.addr.hostname}:${this.#listener.addr.port}`;
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      // While there is nobody, whoever connects must find nobody, too.
      const server = await Deno.connect(this.#target).catch(() => null);
      if (server === null) {
        client.close();
        continue;
      }
      for (const one of [client, server]) {
        one.setNoDelay(true);
        this.#open.add(one);
      }
      void this.#pump(client, server, "up");
      void this.#pump(server, client, "down");
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, direction: "up" | "down"): Promise<void> {
    // Where one side is gone, so is the other.
    await this.#carry(from, to, direction).catch(() => {});
    for (const one of [from, to]) if (this.#open.delete(one)) one.close();
  }

  /** Ends every connection, with whatever is on its way. */
  cut(): void {
    for (const one of this.#open) one.close();
    this.#open.clear();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.cut();
  }
}

/** A TCP proxy on a loopback port that hands every byte on late. */

export class SlowWire implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();

  /** Leads to `port` of this machine; each way takes `delay_ms` longer. */
  constructor(port: number, delay_ms: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void this.#serve(port, delay_ms);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(port: number, delay_ms: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      for (const one of [client, server]) {
        one.setNoDelay(true);
        this.#open.add(one);
      }
      void this.#pump(client, server, delay_ms);
      void this.#pump(server, client, delay_ms);
    }
  }

  /** In order: each write waits for the one before. */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, delay_ms: number): Promise<void> {
    let last = Promise.resolve();
    try {
      while (true) {
        const bytes = new Uint8Array(1 << 16);
        const count = await from.read(bytes);
        if (count === null) break;
        const due = new Promise((resolve) => setTimeout(resolve, delay_ms));
        last = last.then(() => due).then(async () => {
          for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
        });
        last.catch(() => {});
      }
      await last;
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

/** The wires of `deno task chaos`: a TCP relay whose connections can be cut, or held up. */

export class Wire implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  #flows: Promise<unknown> = Promise.resolve();

  /** Leads to `port` of this machine. */
  constructor(port: number) {
    void this.#serve(port);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends every connection, with whatever is on its way. */
  cut(): void {
    for (const one of this.#open) one.close();
    this.#open.clear();
  }

  /** Nothing gets through until `over`. */
  hold(over: Promise<unknown>): void {
    this.#flows = Promise.all([this.#flows, over]);
  }

  async #serve(port: number): Promise<void> {
    for await (const client of this.#listener) {
      // While there is no coordinator, a worker must find nobody, too.
      const server = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
      if (server === null) {
        client.close();
        continue;
      }
      for (const one of [client, server]) {
        one.setNoDelay(true);
        this.#open.add(one);
      }
      void this.#pump(client, server);
      void this.#pump(server, client);
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(1 << 16);
    try {
      for (let count; (count = await from.read(bytes)) !== null;) {
        await this.#flows;
        for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
      }
    } catch {
      // One side is gone: so is the other.
    }
    for (const one of [from, to]) if (this.#open.delete(one)) one.close();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.cut();
  }
}

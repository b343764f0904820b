/** The wires of `deno task chaos`: a TCP relay whose connections can be cut, or held up. */
import { carryAll, TcpRelay } from "../../bench/tcp_relay.ts";

export class Wire implements Disposable {
  readonly #relay: TcpRelay;
  #flows: Promise<unknown> = Promise.resolve();

  /** Leads to `port` of this machine. */
  constructor(port: number) {
    this.#relay = new TcpRelay({ hostname: "127.0.0.1", port }, (from, to) =>
      carryAll(from, to, async () => {
        await this.#flows;
      }));
  }

  get url(): string {
    return this.#relay.url;
  }

  /** Ends every connection, with whatever is on its way. */
  cut(): void {
    this.#relay.cut();
  }

  /** Nothing gets through until `over`. */
  hold(over: Promise<unknown>): void {
    this.#flows = Promise.all([this.#flows, over]);
  }

  [Symbol.dispose](): void {
    this.#relay[Symbol.dispose]();
  }
}

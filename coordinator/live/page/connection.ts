/** The stream of events from the coordinator: it comes again by itself, and says so while it is away. */
import type { Parts } from "../view.ts";

/** Without a word for so long, the connection is taken to be dead: there is one each second. */
const SILENCE_MS = 6_000;
const RETRY_MS = 3_000;

/** "refused": the coordinator there does not know the token of this page. */
export type Link = "open" | "lost" | "refused";

export interface ConnectionOptions {
  /** False: nothing more will come, since the run has ended. */
  readonly onparts: (parts: Parts) => boolean;
  readonly onlink: (link: Link) => void;
}

export class LiveConnection {
  readonly #options: ConnectionOptions;
  readonly #address = `/events${location.search}`;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#open();
  }

  #close(): void {
    this.#source?.close();
    this.#source = null;
    this.#wait(null, () => {});
  }

  #open(): void {
    this.#source?.close();
    const source = new EventSource(this.#address);
    this.#source = source;
    this.#expectWord();
    source.onmessage = (event: MessageEvent<string>) => {
      this.#expectWord();
      this.#options.onlink("open");
      if (!this.#options.onparts(JSON.parse(event.data) as Parts)) this.#close();
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      this.#options.onlink("lost");
      // The browser tries again by itself, unless it was answered with a refusal.
      if (source.readyState === EventSource.CLOSED) void this.#askWhy();
    };
  }

  #expectWord(): void {
    this.#wait(SILENCE_MS, () => {
      this.#options.onlink("lost");
      this.#open();
    });
  }

  /** An EventSource does not tell the status that it was answered with. */
  async #askWhy(): Promise<void> {
    const answer = await fetch(this.#address, { method: "HEAD" }).catch(() => null);
    if (answer?.status === 401) this.#options.onlink("refused");
    this.#wait(RETRY_MS, () => this.#open());
  }

  #wait(ms: number | null, then: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = ms === null ? null : setTimeout(then, ms);
  }
}

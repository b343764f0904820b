/** Output of a worker: a line for each event, and on a terminal one more that is overwritten. */
import { type Screen, StatusLine } from "../common/terminal/screen.ts";
import { LineLimit } from "../common/text/line_limit.ts";
import { counted } from "../common/text/counted.ts";
import type { Refusal } from "../wire/refusal.ts";
import type { Events, Threads } from "./connection/events.ts";

/** Interval at which the status line changes. */
const STATUS_MS = 500;
/** Lines of the coordinator at once, and again in each period. */
const FOREIGN_LINES = 20;
const FOREIGN_LINES_MS = 10_000;

export class WorkerConsole implements Events {
  readonly #screen: Screen;
  readonly #foot: StatusLine;
  readonly #now_ms: () => number;
  #status_ms = -Infinity;
  #shards = 0;
  readonly #foreign = new LineLimit(FOREIGN_LINES, FOREIGN_LINES_MS);
  /** Shards held and since when, and how many were told of. */
  #held = { count: 0, since_ms: 0, told: 0 };

  constructor(screen: Screen, now_ms: () => number) {
    this.#screen = screen;
    this.#foot = new StatusLine(screen);
    this.#now_ms = now_ms;
  }

  /** Prints a line that stays. */
  line(text: string): void {
    this.idle();
    this.#foot.line(text);
  }

  /** A line that ends with something to copy, which is not broken. */
  copied(label: string, text: string): void {
    this.idle();
    this.#foot.copied(label, text);
  }

  /** Takes the status line away. */
  idle(): void {
    this.#foot.draw("");
  }

  ready(shard_ms: number, { used, at_hand }: Threads, shards_held: number): void {
    const threads = used === 1 ? "one thread" : `each of ${counted(used, "thread")}`;
    const on = used < at_hand ? `${threads} (of ${at_hand}; the run has no more shards)` : threads;
    const held = shards_held === 0 ? "" : `, has the data of ${counted(shards_held, "shard")}`;
    this.caused(`Ready: ${shard_ms.toFixed(1)} ms for a shard on ${on}${held}`);
  }

  /** Told of once no more came for a moment: they come in one after another. */
  shardsHeld(count: number): void {
    this.#held = { ...this.#held, count, since_ms: this.#now_ms() };
  }

  #tellHeld(now_ms: number): void {
    const { count, since_ms, told } = this.#held;
    if (count === told || now_ms - since_ms < STATUS_MS) return;
    this.#held.told = count;
    this.line(`Has the data of ${counted(count, "shard")}`);
  }

  computed(step: number, shards: number, elapsed_ms: number): void {
    this.#shards += shards;
    const now_ms = this.#now_ms();
    this.#tellHeld(now_ms);
    if (!this.#screen.interactive || now_ms - this.#status_ms < STATUS_MS) return;
    this.#status_ms = now_ms;
    const at = `step ${step}`;
    const work = `${at}, ${elapsed_ms.toFixed(1)} ms for ${counted(shards, "shard")}`;
    this.#foot.draw(`${work}, ${this.#shards} computed`, work, at);
  }

  notice(text: string): void {
    this.caused(`Coordinator: ${text}`);
  }

  /** Stale answers are a part of every recovery, and no news. */
  refused({ code, message }: Refusal): void {
    if (code !== "stale") this.caused(`Coordinator refused (${code}): ${message}`);
  }

  failed(reason: string): void {
    this.caused(reason);
  }

  /** A line that the coordinator has said or caused: those must not fill the terminal, and some are left out. */
  caused(text: string): void {
    const line = this.#foreign.admit(text, this.#now_ms());
    if (line !== null) this.line(line);
  }
}

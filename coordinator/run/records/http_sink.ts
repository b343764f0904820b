/**
 * Records to an address: POST requests of JSON lines (application/x-ndjson), each line a record as in events.jsonl.
 * What cannot be delivered is tried again for a while, then left out; training never waits for it.
 */
import { counted } from "../../../common/text/counted.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import type { Cancel, Clock } from "../../../wire/clock.ts";
import type { Opening, RecordSink } from "./run_log.ts";

/** Records are gathered for so long, or until they are so many characters. */
export const GATHER_MS = 1_000;
const BATCH_LENGTH = 256 * 1024;
/** Characters that wait, at most; records that do not fit are left out. */
export const MAX_WAITING = 8 * 1024 * 1024;
/** A request is given up after this time. */
export const REQUEST_MS = 10_000;
/** Pauses between tries, doubled each time, and how long a batch is tried in all. */
export const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
export const TRY_MS = 120_000;
/** How long the end of the run waits for what is left. */
export const CLOSE_MS = 5_000;
/** Refusals that may pass: timeout, too early, too many requests. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpSinkOptions {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: string | undefined;
  readonly opening: Opening;
  readonly fetch: Fetch;
  readonly clock: Pick<Clock, "now_ms" | "after">;
  readonly say: (line: string) => void;
}

interface Problem {
  readonly found: string;
  /** True if trying again may help. */
  readonly passing: boolean;
}

export class HttpSink implements RecordSink {
  readonly #options: HttpSinkOptions;
  readonly #headers: Readonly<Record<string, string>>;
  #lines: string[] = [];
  #length = 0;
  /** Number of the first line that waits, counted from 0, and of records that were left out. */
  #first = 0;
  #lost = 0;
  #said = false;
  /** Nothing more is sent: the address refuses it, or time is up. */
  #over = false;
  #delivery: Promise<void> | null = null;
  #closes_ms = Infinity;
  #wake: () => void = () => {};
  readonly #end = new AbortController();

  constructor(options: HttpSinkOptions) {
    this.#options = options;
    const { token, opening: [run, resume] } = options;
    this.#headers = {
      "content-type": "application/x-ndjson",
      "wagon-run": run.run,
      "wagon-incarnation": String(resume?.incarnation ?? 0),
      ...token !== undefined && { authorization: `Bearer ${token}` },
    };
    for (const record of [run, ...resume ? [resume] : []]) this.record(record);
  }

  record(record: RunRecord): void {
    if (this.#over) return void this.#lost++;
    const line = `${JSON.stringify(record)}\n`;
    if (this.#length + line.length > MAX_WAITING) {
      this.#problem("a receiver that is too slow", "records are left out");
      return void this.#lost++;
    }
    this.#lines.push(line);
    this.#length += line.length;
    this.#delivery ??= this.#deliver();
  }

  /** Resolves when all is delivered, or time is up. */
  async close(): Promise<void> {
    const { clock, url, say } = this.#options;
    this.#closes_ms = clock.now_ms() + CLOSE_MS;
    const cancel = clock.after(CLOSE_MS, () => this.#end.abort());
    this.#wake();
    await this.#delivery;
    cancel();
    if (this.#lost > 0) {
      say(`${counted(this.#lost, "record")} of the log did not reach ${hostOf(url)}; events.jsonl has all`);
    }
  }

  async #deliver(): Promise<void> {
    while (this.#lines.length > 0) {
      if (this.#length < BATCH_LENGTH) await this.#pause(GATHER_MS);
      const batch = this.#take();
      if (!await this.#send(batch)) this.#lost += batch.length;
      this.#first += batch.length;
    }
    this.#delivery = null;
  }

  /** Lines for one request: at least one. */
  #take(): string[] {
    let length = 0;
    const end = this.#lines.findIndex((line) => (length += line.length) > BATCH_LENGTH);
    const batch = this.#lines.splice(0, end < 0 ? this.#lines.length : Math.max(1, end));
    this.#length -= batch.reduce((sum, line) => sum + line.length, 0);
    return batch;
  }

  /** True if they were delivered, at last. */
  async #send(batch: readonly string[]): Promise<boolean> {
    const { clock } = this.#options;
    const give_up_ms = clock.now_ms() + TRY_MS;
    for (let pause_ms = FIRST_PAUSE_MS; !this.#over; pause_ms = Math.min(2 * pause_ms, MAX_PAUSE_MS)) {
      const problem = await this.#try(batch);
      if (problem === null) return true;
      this.#over = !problem.passing || this.#end.signal.aborted;
      this.#problem(problem.found, this.#over ? "nothing more is sent" : "trying again");
      if (this.#over || clock.now_ms() + pause_ms >= Math.min(give_up_ms, this.#closes_ms)) break;
      await this.#pause(pause_ms);
    }
    this.#over ||= this.#closes_ms < Infinity;
    return false;
  }

  async #try(batch: readonly string[]): Promise<Problem | null> {
    const { fetch, url, clock } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(REQUEST_MS, () => late.abort());
    const headers = { ...this.#headers, "wagon-first-record": String(this.#first) };
    const signal = AbortSignal.any([late.signal, this.#end.signal]);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: batch.join(""),
        redirect: "manual",
        signal,
      });
      await response.body?.cancel();
      const { ok, status } = response;
      return ok ? null : { found: `status ${status}`, passing: status >= 500 || PASSING.has(status) };
    } catch (error) {
      // It holds the whole address, which may hold secrets.
      const message = (error as Error).message.replaceAll(url, hostOf(url)).replace(/ for url \([^)]*\)/, "");
      const found = signal.aborted ? "no answer in time" : cleanText(message);
      return { found, passing: true };
    } finally {
      cancel();
    }
  }

  /** Ends early when the run ends. */
  async #pause(ms: number): Promise<void> {
    if (this.#closes_ms < Infinity && ms === GATHER_MS) return;
    let cancel: Cancel = () => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#options.clock.after(ms, resolve);
    });
    cancel();
  }

  #problem(found: string, decision: string): void {
    if (this.#said) return;
    this.#said = true;
    this.#options.say(
      `Cannot deliver the log to ${hostOf(this.#options.url)}, found ${found}: ${decision}. Training goes on`,
    );
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}

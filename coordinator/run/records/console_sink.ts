/** Records to the terminal: steps in the status line, a line for workers that come and go, faults and decisions. */
import { flagOf } from "../../../common/cli/options.ts";
import { relayedText } from "../../../common/text/relayed_text.ts";
import { LineLimit } from "../../../common/text/line_limit.ts";
import { counted } from "../../../common/text/counted.ts";
import { optionOf } from "../../../runlog/recorded_options.ts";
import { type MeasureName, MEASURES } from "../../../runlog/measures.ts";
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";
import type { Clock } from "../../../wire/clock.ts";
import { WORKER_LOST } from "../../fleet/observer.ts";
import type { Console } from "../../terminal/console.ts";
import type { RecordSink } from "./run_log.ts";

/** Lines about workers at once, and again in each period: one that comes and goes must not fill the terminal. */
export const WORKER_LINES = 60;
export const WORKER_LINES_MS = 10_000;

type ShowsRecords = Pick<Console, "line" | "step" | "distance" | "diversity" | "num_workers">;

export class ConsoleSink implements RecordSink {
  readonly #console: ShowsRecords;
  readonly #clock: Pick<Clock, "now_ms">;
  readonly #worker_lines = new LineLimit(WORKER_LINES, WORKER_LINES_MS);
  readonly #present = new Set<number>();

  constructor(terminal: ShowsRecords, clock: Pick<Clock, "now_ms">) {
    this.#console = terminal;
    this.#clock = clock;
  }

  record(record: RunRecord): void {
    switch (record.type) {
      case "worker_joined":
        return this.#joined(record);
      case "relay_workers":
        return this.#relayed(record);
      case "worker_left":
        return this.#left(record);
      case "fault":
        return this.#fault(record);
      case "step":
        return this.#console.step(record);
      case "evaluation":
        return this.#console.distance(record.sliced_wasserstein);
      case "best":
        return this.#best(record);
      case "sample":
        return record.diversity === undefined ? undefined : this.#console.diversity(record.diversity);
      case "steered":
        return this.#steered(record);
    }
  }

  #joined({ worker, name, device, threads }: RecordOf<"worker_joined">): void {
    this.#present.add(worker);
    this.#console.num_workers = this.#present.size;
    this.#workerLine(`Worker ${worker} joined: ${name} (${device}, ${counted(threads, "thread")})`);
  }

  #relayed({ worker, num_workers, threads, workers }: RecordOf<"relay_workers">): void {
    const behind = relayedText(num_workers, workers);
    this.#workerLine(`Worker ${worker} relays for ${behind} (${counted(threads, "thread")})`);
  }

  #left({ worker, reason }: RecordOf<"worker_left">): void {
    this.#present.delete(worker);
    this.#console.num_workers = this.#present.size;
    const is_named = new RegExp(`\\bworker ${worker}\\b`).test(reason);
    this.#workerLine(is_named ? reason : `Worker ${worker} left: ${reason}`);
  }

  #fault({ what, worker = null, decision, reason }: RecordOf<"fault">): void {
    // Said when it left.
    if (what === WORKER_LOST) return;
    const who = worker === null ? "" : ` (worker ${worker})`;
    const found = what.charAt(0).toUpperCase() + what.slice(1);
    // Why a worker left was said when it left.
    const gone = worker !== null && !this.#present.has(worker);
    this.#workerLine(`${found}${who}: ${decision}${gone ? "" : `. ${reason}`}`);
  }

  #best({ step, measure, value }: RecordOf<"best">): void {
    const title = MEASURES[measure as MeasureName]?.option ?? measure;
    this.#console.line(`Step ${step}: best so far by ${title}, ${value.toPrecision(3)}`);
  }

  #steered({ step, rule, decision, reason }: RecordOf<"steered">): void {
    // The last words of the run tell why it stopped.
    if (rule === "stop-when-flat") return;
    this.#console.line(`Step ${step}, ${flagOf(optionOf(rule))}: ${decision}. ${reason}`);
  }

  #workerLine(text: string): void {
    const line = this.#worker_lines.admit(text, this.#clock.now_ms());
    if (line !== null) this.#console.line(line);
  }
}

/** Records to the log's file, which is handed to the system with the first step, and then once a second. */
import type { RunRecord } from "../../../runlog/records.ts";
import type { LogWriter } from "../../../runlog/log/writer.ts";
import type { Clock } from "../../../wire/clock.ts";
import type { RecordSink } from "./run_log.ts";

/** The log is handed to the system this often. */
export const FLUSH_MS = 1_000;

export class FileSink implements RecordSink {
  readonly #file: Pick<LogWriter, "append" | "flush">;
  readonly #clock: Pick<Clock, "now_ms">;
  readonly #failed: (error: unknown) => void;
  #flushed_ms = -Infinity;

  /** `failed` receives the error of a write that failed. */
  constructor(
    file: Pick<LogWriter, "append" | "flush">,
    clock: Pick<Clock, "now_ms">,
    failed: (error: unknown) => void,
  ) {
    this.#file = file;
    this.#clock = clock;
    this.#failed = failed;
  }

  record(record: RunRecord): void {
    this.#file.append(record);
    if (record.type !== "step") return;
    const now_ms = this.#clock.now_ms();
    if (now_ms - this.#flushed_ms < FLUSH_MS) return;
    this.#flushed_ms = now_ms;
    this.#file.flush().catch(this.#failed);
  }
}

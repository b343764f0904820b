/** The log of a run as it goes. Where its records end up is the sinks' business: a file, the live page, the terminal. */
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";

/** Sinks of records. To add one, write a class and name it where the run log is opened (coordinate.ts). */
export interface RecordSink {
  /** Called once for each record, in the order of the log. Must not throw. */
  record(record: RunRecord): void;
  /** Called once, when there are no more. Must not throw, nor take longer than some seconds. */
  close?(): Promise<void>;
}

/**
 * What lies in the log before the first record comes: the run record, its settings and note as they are now; where the
 * run goes on, also the record of that.
 */
export type Opening = readonly [run: RecordOf<"run">, resume?: RecordOf<"resume">];

export class RunLog {
  readonly #sinks: readonly RecordSink[];
  #ended = false;

  /** Each record goes to every sink, in the order of the sinks. */
  constructor(sinks: readonly RecordSink[]) {
    this.#sinks = sinks;
  }

  /** The `end` record is the last one: what comes after it is dropped. */
  append(record: RunRecord): void {
    if (this.#ended) return;
    this.#ended = record.type === "end";
    for (const sink of this.#sinks) sink.record(record);
  }
}

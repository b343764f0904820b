/** Data of the live page, gathered from a run's records as they are written: bounded, and cheap to add to. */
import { sha256 } from "../../common/sha256.ts";
import { examine } from "../../runlog/doctor/doctor.ts";
import type { Finding } from "../../runlog/doctor/rule.ts";
import { type RunVerdict, verdictOf } from "../../runlog/doctor/verdict.ts";
import { type Fold, foldRun } from "../../runlog/log/fold_run.ts";
import { noneSkipped } from "../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { factsOf, type StepFacts } from "../../runlog/log/step_facts.ts";
import { publishedNote } from "../../runlog/summary/published.ts";
import { RunFold, type Summary } from "../../runlog/summary/summary.ts";
import { History } from "./history.ts";
import { RunCounters } from "./counters.ts";
import { Downsampled } from "./downsampled.ts";

/** Steps that the doctor's summary keeps as they were: so few that it is made in milliseconds. */
const SUMMARY_STEPS = 1 << 13;
export const MAX_SAMPLES = 96;
export const MAX_HELD_OUT = 256;
export const MAX_EVALUATIONS = 256;
const MAX_FAULTS = 5;
/** The doctor looks again after this time at the earliest. */
const DOCTOR_MS = 10_000;

/** Messages about the run at a moment. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly verdict: RunVerdict;
  /** True if its bits are those that are published; null for a run of other settings, or before its end. */
  readonly published: string | null;
}

export class LiveRun implements Fold {
  readonly history = new History();
  readonly counters = new RunCounters();
  readonly samples = new Downsampled<RecordOf<"sample">>(MAX_SAMPLES);
  readonly held_out = new Downsampled<RecordOf<"heldout">>(MAX_HELD_OUT);
  readonly evaluations = new Downsampled<RecordOf<"evaluation">>(MAX_EVALUATIONS);
  /** The last ones. */
  faults: RecordOf<"fault">[] = [];
  checkpoint: RecordOf<"checkpoint"> | null = null;
  /** True if enough workers have joined for the first step. */
  started = false;
  readonly #fold = new RunFold(SUMMARY_STEPS);
  #diagnosed: { readonly at_ms: number; readonly ended: boolean; readonly diagnosis: Diagnosis } | null =
    null;
  #concluded: Diagnosis | null = null;

  /** A record of this start of the coordinator. */
  record(record: RunRecord): void {
    this.counters.add(record);
    this.add(record);
  }

  /** A record of the run, of this start or of an earlier one. */
  add(record: RunRecord): void {
    if (record.type === "step") return this.addStep(factsOf(record));
    this.#fold.add(record);
    switch (record.type) {
      case "resume":
        this.history.takeBackAfter(record.step);
        this.samples.takeBackAfter(record.step);
        this.evaluations.takeBackAfter(record.step);
        return this.held_out.takeBackAfter(record.step);
      case "sample":
        return this.samples.add(record);
      case "heldout":
        return this.held_out.add(record);
      case "evaluation":
        return this.evaluations.add(record);
      case "checkpoint":
        this.checkpoint = record;
        return;
      case "fault":
        this.faults = [...this.faults, record].slice(-MAX_FAULTS);
    }
  }

  addStep(facts: StepFacts): void {
    this.#fold.addStep(facts);
    this.history.add(facts);
  }

  /** The doctor's findings and the verdict; cached for a while, since they take some milliseconds. */
  diagnosis(now_ms: number): Diagnosis {
    if (this.#concluded) return this.#concluded;
    const ended = this.counters.end !== null;
    const last = this.#diagnosed;
    if (last && now_ms - last.at_ms < DOCTOR_MS && last.ended === ended) return last.diagnosis;
    const diagnosis = diagnose(this.#fold.summary(true, noneSkipped()));
    this.#diagnosed = { at_ms: now_ms, ended, diagnosis };
    return diagnosis;
  }

  /**
   * The last diagnosis, from the whole log in `folder`: here steps are joined to few, and figures would differ a little
   * from those that every later reader of the log sees.
   */
  async conclude(folder: string): Promise<Diagnosis> {
    const whole = new RunFold();
    await foldRun(folder, whole);
    return this.#concluded = diagnose(whole.summary(true, noneSkipped()));
  }
}

function diagnose(summary: Summary): Diagnosis {
  const findings = examine(summary);
  return { findings, verdict: verdictOf(summary, findings), published: publishedNote(summary, sha256) };
}

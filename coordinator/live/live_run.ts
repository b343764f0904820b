/** What the live page shows of a run, gathered from its records as they are written: bounded, and cheap to add to. */
import { examine } from "../../runlog/doctor/doctor.ts";
import type { Finding } from "../../runlog/doctor/rule.ts";
import { type RunVerdict, verdictOf } from "../../runlog/doctor/verdict.ts";
import type { Fold } from "../../runlog/log/fold_run.ts";
import { noOddities } from "../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { factsOf, type StepFacts } from "../../runlog/log/step_facts.ts";
import { RunFold } from "../../runlog/summary/summary.ts";
import { History } from "./history.ts";
import { Tally } from "./tally.ts";
import { Thinned } from "./thinned.ts";

/** Steps that the doctor's summary keeps as they were: so few that it is made in milliseconds. */
const SUMMARY_STEPS = 1 << 13;
export const MAX_SAMPLES = 96;
export const MAX_HELD_OUT = 256;
export const MAX_EVALUATIONS = 256;
const MAX_FAULTS = 5;
/** The doctor looks again after this time at the earliest. */
const DOCTOR_MS = 10_000;

/** What the doctor makes of the run at a moment. */
interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly verdict: RunVerdict;
}

export class LiveRun implements Fold {
  readonly history = new History();
  readonly tally = new Tally();
  readonly samples = new Thinned<RecordOf<"sample">>(MAX_SAMPLES);
  readonly held_out = new Thinned<RecordOf<"heldout">>(MAX_HELD_OUT);
  readonly evaluations = new Thinned<RecordOf<"evaluation">>(MAX_EVALUATIONS);
  /** The last ones. */
  faults: RecordOf<"fault">[] = [];
  checkpoint: RecordOf<"checkpoint"> | null = null;
  /** Whether enough workers have joined for the first step. */
  started = false;
  readonly #fold = new RunFold(SUMMARY_STEPS);
  #diagnosed: { readonly at_ms: number; readonly ended: boolean; readonly diagnosis: Diagnosis } | null =
    null;

  /** A record of this start of the coordinator. */
  record(record: RunRecord): void {
    this.tally.add(record);
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

  /** What the doctor finds, and the verdict; the same for a while, since it takes some milliseconds. */
  diagnosis(now_ms: number): Diagnosis {
    const ended = this.tally.end !== null;
    const last = this.#diagnosed;
    if (last && now_ms - last.at_ms < DOCTOR_MS && last.ended === ended) return last.diagnosis;
    const summary = this.#fold.summary(true, noOddities());
    const findings = examine(summary);
    const diagnosis = { findings, verdict: verdictOf(summary, findings) };
    this.#diagnosed = { at_ms: now_ms, ended, diagnosis };
    return diagnosis;
  }
}

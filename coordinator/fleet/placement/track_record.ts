/**
 * How one worker answers, by the coordinator's clock: its speed, its deadline, and whether it may be given shards.
 * Pure: times are arguments. A worker's own times only divide its answer time into computing and the rest. Speed is that of
 * critic steps, which all workers are measured by: those of the generator may carry several times as many bytes.
 */
import type { Speed } from "./assignment.ts";
import { StragglerDeadline } from "./straggler_deadline.ts";

/** Least weight of a new measurement in the smoothed times. */
const MIN_WEIGHT = 0.05;
/** Time after which a measurement is forgotten to about a third, where answers are rare. */
const MEMORY_MS = 5_000;
const SHORTEST_MS = 0.01;
/** Of answers that are no further apart the middle one of so many counts. */
const FREQUENT_MS = 15_000;
const RECENT = 3;
/** Answers in time after which a worker that has just joined, or was late, may be given shards: those of a trial. */
const PROVEN = 5;
/** Answers in time after which earlier lateness is forgotten. */
const FORGIVEN = 256;
/** Answers of a trial that are measured, after a first that is not. The best counts: others may compute beside it. */
const TRIAL_ANSWERS = PROVEN - 1;
/** First pause of a worker that was late; each further one is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
/** Pauses between trials of a worker that has no shards: twice as long each time, up to the longest. */
const FIRST_TRIAL_PAUSE_MS = 10_000;
const LONGEST_TRIAL_PAUSE_MS = 60_000;
/** And so many times as long as the trial's bytes were on the way, for all spare workers in turn: they may share a link. */
const TRIAL_PAUSE_FACTOR = 100;
const LONGEST_TURN_MS = 3_600_000;

/** A node that the worker was asked for and has not answered. */
interface Asked {
  readonly step: number;
  readonly kind: string;
  readonly begin: number;
  readonly end: number;
  readonly issued_ms: number;
  /** Asked to measure the worker; nobody waits for the answer. */
  readonly is_trial: boolean;
}

/** Claims of a result. Its times are the worker's own, in milliseconds. */
interface Answer extends Pick<Asked, "step" | "kind" | "begin" | "end"> {
  readonly compute_ms: number;
  readonly elapsed_ms: number;
}

/** Times of one answer, by shard on a thread and beyond computing. */
interface Times {
  readonly shard_ms: number;
  readonly transfer_ms: number;
}

export class TrackRecord {
  readonly #worker: number;
  /** That it computes on. */
  num_threads: number;
  /** By kind of answer: a generator's result may be several times as large as a critic's. */
  readonly #deadlines = new Map<string, StragglerDeadline>();
  readonly #answer_ms: ConstructorParameters<typeof StragglerDeadline>[0];
  #asked: Asked[] = [];
  #shard_ms: number;
  #transfer_ms = 0;
  /** Times of the last answers, as they were. */
  #recent: Times[] = [];
  /** When an answer was last measured; null before the first. */
  #measured_ms: number | null = null;
  /** The next answer is the first after a pause: it carries both networks' weights, and is not measured. */
  #is_cold = true;
  /** Answers in time since the worker joined or was last late. */
  #timely = 0;
  #times_late = 0;
  /** True if it owes an answer that is late. */
  #owes = false;
  /** Trials since it last had shards. */
  #trials = 0;
  /** Answer times of the trial under way. */
  #tried: Times[] = [];
  #next_trial_ms = 0;
  /** The end of the last trial, and how long its bytes were on the way. */
  #last_trial = { ended_ms: -Infinity, transfer_ms: 0 };

  /** `probe_ms`: time of a shard by the worker's own probe; `answer_ms`: of an answer, where that is long. */
  constructor(worker: number, threads: number, probe_ms: number, answer_ms = 0) {
    this.#answer_ms = answer_ms;
    this.#worker = worker;
    this.num_threads = threads;
    this.#shard_ms = Math.max(SHORTEST_MS, probe_ms);
  }

  get speed(): Speed & { readonly measured: boolean } {
    return {
      worker: this.#worker,
      threads: this.num_threads,
      shard_ms: this.#shard_ms,
      transfer_ms: this.#transfer_ms,
      measured: this.#measured_ms !== null,
    };
  }

  /** After this time an answer is late. */
  get late_ms(): number {
    return this.#deadlineOf(this.oldest?.kind).late_ms;
  }

  /** proven: it answers in time. new: nothing is known yet. late: since it was late, it has not answered in time often enough. */
  get standing(): "new" | "proven" | "late" {
    if (this.#timely >= PROVEN) return "proven";
    return this.#times_late > 0 ? "late" : "new";
  }

  /** True if it owes an answer that is late. */
  get owes(): boolean {
    return this.#owes;
  }

  /** It is asked for a node; `is_trial`: only to measure it. */
  ask(
    { step, kind }: Pick<Asked, "step" | "kind">,
    { begin, end }: Pick<Asked, "begin" | "end">,
    issued_ms: number,
    is_trial = false,
  ): void {
    this.#asked.push({ step, kind, begin, end, issued_ms, is_trial });
  }

  /** True if it should be asked for a node only to be measured. For a worker that has no shards, one of so many. */
  isTrialDue(now_ms: number, num_spares = 1): boolean {
    const { ended_ms, transfer_ms } = this.#last_trial;
    const turn_ms = Math.min(LONGEST_TURN_MS, num_spares * TRIAL_PAUSE_FACTOR * transfer_ms);
    return this.#asked.length === 0 && now_ms >= Math.max(this.#next_trial_ms, ended_ms + turn_ms);
  }

  /** Takes an answer, also one that came too late to be of use. Null where it was not asked for. */
  answered(answer: Answer, now_ms: number): Pick<Asked, "is_trial" | "issued_ms"> | null {
    const { step, kind, begin, end } = answer;
    const at = this.#asked.findIndex((a) =>
      a.step === step && a.kind === kind && a.begin === begin && a.end === end
    );
    if (at < 0) return null;
    const [{ issued_ms, is_trial }] = this.#asked.splice(at, 1) as [Asked];
    const answered_ms = now_ms - issued_ms;
    const deadline = this.#deadlineOf(kind);
    if (answered_ms >= deadline.late_ms) this.#late(now_ms);
    else this.#inTime(is_trial, now_ms);
    if (this.#asked.length === 0) this.#owes = false;
    deadline.arrived(answered_ms);
    if (this.#is_cold) this.#is_cold = false;
    else if (is_trial) this.#try(timesOf(answer, answered_ms), now_ms);
    else if (kind === "critic") this.#measure(timesOf(answer, answered_ms), now_ms);
    if (!is_trial) this.#trials = 0;
    return { is_trial, issued_ms };
  }

  /** Looks for an answer that is late. True where one is that was not when this was last asked. */
  becameLate(now_ms: number): boolean {
    if (this.#owes || this.#owedFor(now_ms) < this.late_ms) return false;
    this.#late(now_ms);
    return true;
  }

  /** The node that it has owed for longest; undefined where it owes nothing. */
  get oldest(): Asked | undefined {
    return this.#asked[0];
  }

  /** True if it has owed a node for so long that it is taken for hung. */
  isHung(now_ms: number): boolean {
    return this.#owedFor(now_ms) >= this.#deadlineOf(this.oldest?.kind).give_up_ms;
  }

  #deadlineOf(kind = "critic"): StragglerDeadline {
    const deadline = this.#deadlines.get(kind) ?? new StragglerDeadline(this.#answer_ms);
    this.#deadlines.set(kind, deadline);
    return deadline;
  }

  #owedFor(now_ms: number): number {
    return this.oldest ? now_ms - this.oldest.issued_ms : 0;
  }

  #late(now_ms: number): void {
    if (this.#owes) return;
    this.#owes = true;
    this.#is_cold = true;
    this.#timely = 0;
    const pause_ms = FIRST_PAUSE_MS * 2 ** this.#times_late++;
    this.#next_trial_ms = now_ms + Math.min(LONGEST_PAUSE_MS, pause_ms);
  }

  /** Where it has shards and should lose them, it is known for a while how fast it is. */
  #inTime(is_trial: boolean, now_ms: number): void {
    if (++this.#timely === FORGIVEN) this.#times_late = 0;
    if (!is_trial) this.#next_trial_ms = Math.max(this.#next_trial_ms, now_ms + FIRST_TRIAL_PAUSE_MS);
  }

  #try(times: Times, now_ms: number): void {
    this.#tried.push(times);
    if (this.#tried.length < TRIAL_ANSWERS) return;
    const whole = ({ shard_ms, transfer_ms }: Times) => shard_ms + transfer_ms;
    const best = this.#tried.reduce((best, tried) => whole(tried) < whole(best) ? tried : best);
    this.#measure(best, now_ms);
    this.#tried = [];
    this.#is_cold = true;
    const pause_ms = Math.min(LONGEST_TRIAL_PAUSE_MS, FIRST_TRIAL_PAUSE_MS * 2 ** this.#trials++);
    this.#next_trial_ms = Math.max(this.#next_trial_ms, now_ms + pause_ms);
    this.#last_trial = { ended_ms: now_ms, transfer_ms: PROVEN * best.transfer_ms };
  }

  #measure(times: Times, now_ms: number): void {
    const since_ms = this.#measured_ms === null ? Infinity : now_ms - this.#measured_ms;
    const weight = Math.max(MIN_WEIGHT, 1 - Math.exp(-since_ms / MEMORY_MS));
    const { shard_ms, transfer_ms } = since_ms < FREQUENT_MS ? this.#usual(times) : times;
    this.#shard_ms += weight * (shard_ms - this.#shard_ms);
    this.#transfer_ms += weight * (transfer_ms - this.#transfer_ms);
    this.#measured_ms = now_ms;
  }

  /** The middle one of the last answers: after a generator step its weights come first, and may take longer than all else. */
  #usual(times: Times): Times {
    this.#recent = [...this.#recent, times].slice(-RECENT);
    const sorted = this.#recent.toSorted((a, b) => a.transfer_ms - b.transfer_ms);
    return sorted[(sorted.length - 1) >> 1]!;
  }
}

/** The worker's claims are worth no more than what was seen from here. */
function timesOf({ begin, end, compute_ms, elapsed_ms }: Answer, answered_ms: number): Times {
  return {
    shard_ms: Math.max(SHORTEST_MS, Math.min(compute_ms / (end - begin), answered_ms)),
    transfer_ms: answered_ms - Math.min(elapsed_ms, answered_ms),
  };
}

/** What a program sees of a run: its progress, its log, and its summary at any time. */
import { checkOptions } from "../common/cli/options.ts";
import { PLACE_OPTIONS } from "../coordinator/config/options/options.ts";
import { type OpenSinks, sinksFor } from "../coordinator/run/records/open_sinks.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { foldRun } from "../runlog/log/fold_run.ts";
import { noneSkipped } from "../runlog/log/reader.ts";
import { factsOf } from "../runlog/log/step_facts.ts";
import type { RecordOf, RunRecord } from "../runlog/records.ts";
import { RunFold, type Summary } from "../runlog/summary/summary.ts";
import type { Prepared } from "../coordinator/run/prepare.ts";
import type { RecordSink } from "../coordinator/run/records/run_log.ts";

/**
 * One committed step.
 *
 * @example
 * ```ts
 * import type { TrainedStep } from "@wagon/wagon";
 *
 * const secondsOf = ({ ms }: Pick<TrainedStep, "ms">) => ms.total / 1000;
 * console.assert(secondsOf({ ms: { total: 5, wait: 3, sum: 1, update: 1, send: 0 } }) === 0.005);
 * ```
 */
export interface TrainedStep {
  /** Critic steps so far, this one included. */
  readonly step: number;
  /** Generator steps so far. */
  readonly generator_step: number;
  /** Counted from 0. */
  readonly epoch: number;
  /** The loss of the critic in this step. */
  readonly loss_critic: number;
  /** Present if the generator was trained in this step. */
  readonly loss_generator?: number;
  /** Mean score of real examples, and of generated ones. */
  readonly mean_real: number;
  /** Mean score of generated examples. */
  readonly mean_fake: number;
  /** mean_real - mean_fake, where the objective makes it an estimate of a distance. */
  readonly wasserstein_estimate?: number;
  /** Times of the step, in milliseconds. */
  readonly ms: {
    readonly total: number;
    /** For the workers' results. */
    readonly wait: number;
    readonly sum: number;
    readonly update: number;
    readonly send: number;
  };
  /** When the step was committed: milliseconds since the run began. */
  readonly time_ms: number;
}

/**
 * Called after each step; training goes on once it has returned, or what it returned has resolved.
 *
 * @example
 * ```ts
 * import type { OnStep } from "@wagon/wagon";
 *
 * const onStep: OnStep = ({ step, wasserstein_estimate }) => console.log(step, wasserstein_estimate);
 * console.log(onStep.name);
 * ```
 */
export type OnStep = (step: TrainedStep) => void | Promise<void>;

/**
 * Called with each record of a run's log, in their order; the first has the type "run". Training waits until it returns,
 * so it must be fast. If it throws, the run stops, and the error is thrown.
 *
 * @example
 * ```ts
 * import { type OnRecord, train } from "@wagon/wagon";
 *
 * const types = new Set<string>();
 * const onRecord: OnRecord = ({ type }) => void types.add(type);
 * await train({ data: "8gaussians", steps: 5, onRecord });
 * console.assert(types.has("run") && types.has("step") && types.has("end"));
 * ```
 */
export type OnRecord = (record: RunRecord) => void;

/**
 * Programs that get the log of a run while it trains. They change no result, and training does not wait for them.
 *
 * @example
 * ```ts
 * import type { LogOptions } from "@wagon/wagon";
 *
 * const log: LogOptions = { tensorboard: "logs", onWarning: (line) => console.warn(line) };
 * console.log(log.tensorboard);
 * ```
 */
export interface LogOptions {
  /** Gets each record of the log. */
  readonly onRecord?: OnRecord;
  /** Folder for TensorBoard events; they are written into a subfolder with the run's name. */
  readonly tensorboard?: string;
  /** Address that gets the log as JSON lines over HTTP, as `--log-url` describes it in docs/watching-a-run.md. */
  readonly log_url?: string;
  /** Bearer token for `log_url`. */
  readonly log_token?: string;
  /** Called with a line of text if events or records cannot be written or delivered. */
  readonly onWarning?: (line: string) => void;
}

/** What a program wants to be called with. */
export interface Watchers {
  readonly onStep?: OnStep | undefined;
  readonly onRecord?: OnRecord | undefined;
}

export class RunWatch implements RecordSink {
  readonly #fold = new RunFold();
  readonly #watchers: Watchers;
  #last: TrainedStep | null = null;
  /** The first error of `onRecord`. */
  #thrown: { readonly error: unknown } | null = null;

  constructor(watchers: Watchers) {
    this.#watchers = watchers;
  }

  /** Takes in what the run's log says already. Resolves to itself, as the one sink. */
  async begin(
    { folder, log, record, resume }: Pick<Prepared, "folder" | "log" | "record" | "resume">,
  ): Promise<[RecordSink]> {
    if (folder === null) this.#fold.add(record);
    else {
      await log.flush();
      await foldRun(folder.path, this.#fold);
    }
    for (const first of [record, ...resume ? [resume] : []]) this.#tell(first);
    return [this];
  }

  record(record: RunRecord): void {
    this.#tell(record);
    if (record.type !== "step") return this.#fold.add(record);
    this.#fold.addStep(factsOf(record));
    this.#last = stepOf(record);
  }

  /** Tells the program of the last step. Throws what the program threw. */
  async committed(): Promise<void> {
    this.throwIfFailed();
    if (this.#last !== null) await this.#watchers.onStep?.(this.#last);
  }

  /** Throws what `onRecord` threw first. */
  throwIfFailed(): void {
    if (this.#thrown !== null) throw this.#thrown.error;
  }

  /** A sink must not throw: the error is kept, and nothing more is told. */
  #tell(record: RunRecord): void {
    if (this.#thrown !== null) return;
    try {
      this.#watchers.onRecord?.(record);
    } catch (error) {
      this.#thrown = { error };
    }
  }

  summary(): Summary {
    return this.#fold.summary(false, noneSkipped());
  }
}

function stepOf(record: RecordOf<"step">): TrainedStep {
  const { step, generator_step, epoch, loss_critic, mean_real, mean_fake, ms, time_ms } = record;
  const { generator, wasserstein_estimate } = record;
  return {
    step,
    generator_step,
    epoch,
    loss_critic,
    ...generator && { loss_generator: generator.loss },
    mean_real,
    mean_fake,
    ...wasserstein_estimate !== undefined && { wasserstein_estimate },
    ms,
    time_ms,
  };
}

/** What opens the sinks. Throws {@linkcode UserError} for what cannot be written to at all. */
export async function openSinksOf(options: LogOptions, watch: RunWatch): Promise<OpenSinks> {
  const { tensorboard, log_url, log_token, onWarning = () => {} } = options;
  const given = { ...tensorboard !== undefined && { tensorboard }, ...log_url !== undefined && { log_url } };
  checkOptions(SINKS, given, "the options");
  const open = await sinksFor({ tensorboard, log_url, log_token }, { fetch, clock: SYSTEM_CLOCK });
  return async (run) => [...await watch.begin(run), ...await open(run, onWarning)];
}

const { tensorboard, log_url } = PLACE_OPTIONS;
const SINKS = { tensorboard, log_url };

/** A run from its preparation to its last record, wherever its workers come from: no port, no page, no command line. */
import type { LastingScreen } from "../common/terminal/lasting_screen.ts";
import type { RecordOf } from "../runlog/records.ts";
import type { Cancel, Clock } from "../wire/clock.ts";
import { Console } from "./terminal/console.ts";
import type { RunConfig } from "./config/config.ts";
import type { ListedKeys } from "./fleet/admission/listed_keys.ts";
import type { CacheFolder } from "./data/cache/cache_folder.ts";
import { SharedMemory } from "./fleet/memory/shared_memory.ts";
import { Fleet } from "./fleet/fleet.ts";
import { prepare, type Prepared, type PrepareOptions } from "./run/prepare.ts";
import { watchKeyList } from "./fleet/admission/key_list.ts";
import { readingOn } from "./terminal/reading_line.ts";
import { FirstError } from "./run/first_error.ts";
import { introductionOf } from "./run/introduction.ts";
import { openRecorder } from "./run/open_recorder.ts";
import type { Recorder } from "./run/recorder.ts";
import { ConsoleSink } from "./run/records/console_sink.ts";
import { FileSink } from "./run/records/file_sink.ts";
import { FleetLog } from "./run/records/fleet_log.ts";
import type { OpenSinks } from "./run/records/open_sinks.ts";
import { RunLog } from "./run/records/run_log.ts";
import { watchForWorkers } from "./run/worker_watch.ts";
import { trainLocally } from "./training/local_rounds.ts";
import { StreamedUpdate } from "./training/streamed_update.ts";
import { isDone, publishAll, train, type Training } from "./training/train.ts";

export interface ConductOptions extends Omit<PrepareOptions, "reading"> {
  /** Proofs of workers. */
  readonly token: string;
  /** What lets people look, if anything: a worker that proves this one is told so. */
  readonly read_token?: string | undefined;
  /** Keys that let workers in, besides the token; absent or null: the token alone does. */
  readonly allowed_keys?: ListedKeys | null;
  readonly min_workers: number;
  /** Seconds without enough workers after which the run stops; null: never. */
  readonly give_up_after_s: number | null;
  /** Advice for a person while there are no workers; "" if there is none. */
  readonly advice: string;
  /** Where decoded pictures are kept for later runs; absent: nowhere. */
  readonly picture_cache?: CacheFolder | null;
  /** True if workers on this machine may share memory with this process. */
  readonly shares_memory: boolean;
  /** True if somebody starts it again after a signal: workers then wait. */
  readonly comes_back?: boolean;
  /** Aborted by Ctrl-C: the step under way is finished, the state saved. */
  readonly signal: AbortSignal;
}

/** Events around a run. */
export interface Around {
  /** More who see its records, after the log's file and before the terminal. */
  readonly sinks: OpenSinks;
  /** Workers may come from now on. */
  readonly opened: (open: OpenRun) => void | Promise<void>;
  /** There are enough workers: the first step begins. */
  readonly started?: () => void;
  /** Called after each step, whose record every sink has seen. What it throws stops the run. */
  readonly committed?: () => void | Promise<void>;
}

/** A run that workers may come to. */
export interface OpenRun {
  readonly run: Prepared;
  readonly fleet: Fleet;
  readonly console: Console;
  readonly elapsed_ms: () => number;
}

/** How a run came to its end. */
export interface Conducted {
  readonly run: Prepared;
  readonly record: RecordOf<"end">;
  /** True if more steps would change anything: the learning rate has not fallen to 0. */
  readonly learns_on: boolean;
  /** The error that stopped it, if any. */
  readonly error: unknown;
}

/** Stops a run because it was asked to. */
class Stop extends Error {
  override name = "Stop";
}

/** Trains. Throws {@linkcode UserError} for what is wrong before the first step. */
export async function conduct(
  options: ConductOptions,
  around: Around,
  screen: LastingScreen,
  clock: Clock,
): Promise<Conducted> {
  const now_ms = () => clock.now_ms();
  const run = await prepare({
    ...options,
    reading: { ...readingOn(screen, now_ms, options.signal), cache: options.picture_cache ?? null },
  });
  await using lock = run.lock;
  const console = openConsole(run, screen, now_ms);
  const sinks = await around.sinks(run, (line) => console.line(line));
  const started_ms = now_ms();
  const elapsed_ms = () => now_ms() - started_ms;
  const failure = new FirstError();
  // Whoever sees records, in this order.
  const log = new RunLog([
    new FileSink(run.log, clock, (error) => failure.set(error)),
    ...sinks,
    new ConsoleSink(console, clock),
  ]);
  const { state, config: { shards: num_shards, learners } } = run;
  const observer = new FleetLog({ log, console, num_shards, learners, state, clock, wall_ms: Date.now });
  using _results = run.results;
  // Learners' states go through sockets: once a round.
  const shares_memory = options.shares_memory && run.config.local_steps === null;
  using shared_memory = shares_memory ? openSharedMemory(run) : null;
  const fleet = openFleet(run, options, shared_memory, observer, clock);
  const { allowed_keys = null } = options;
  const say = (line: string) => console.line(line);
  const unwatch = allowed_keys && watchKeyList(allowed_keys, { clock, members: () => fleet.members, say });
  const recorder = openRecorder({ run, fleet, log, console, observer, failure, clock, elapsed_ms });
  void screen.lost.then((reason) =>
    observer.fault({ what: "console lost", worker: null, decision: "continued without it", reason })
  );
  lock.onlost = (error) => {
    failure.set(error);
    fleet.abandonIdle(error);
  };
  for (const line of introductionOf(run)) console.line(line);
  try {
    await around.opened({ run, fleet, console, elapsed_ms });
    return await trainToEnd({ run, fleet, recorder, console, clock }, options, around);
  } finally {
    unwatch?.();
    await Promise.all(sinks.map((sink) => sink.close?.()));
  }
}

function openConsole(run: Prepared, screen: LastingScreen, now_ms: () => number): Console {
  const { config: { steps: total_steps, batch }, data, estimates_distance } = run;
  const epoch_steps = data.plan.steps_per_epoch;
  return new Console(screen, now_ms, { total_steps, batch, epoch_steps, estimates_distance });
}

function openFleet(
  { facts, data, config, checkpoint, results, packed, chunks }: Prepared,
  { token, read_token, allowed_keys }: Pick<ConductOptions, "token" | "read_token" | "allowed_keys">,
  shared_memory: SharedMemory | null,
  observer: FleetLog,
  clock: Clock,
): Fleet {
  const classes = checkpoint?.numeric_classes ?? [];
  const { exact } = config;
  const options = {
    token,
    read_token,
    allowed_keys,
    clock,
    exact,
    classes,
    shared_memory,
    memory: results,
    packed,
    chunks,
  };
  return new Fleet(facts, data, options, observer);
}

/** Resources that workers on this machine share with this process. */
function openSharedMemory({ state: { critic, generator }, results }: Prepared): SharedMemory | null {
  const weights = { critic: critic.given, generator: generator.given };
  return SharedMemory.open(weights, (worker, path) => results.share(worker, path));
}

/** A run under way. */
interface UnderWay {
  readonly run: Prepared;
  readonly fleet: Fleet;
  readonly recorder: Recorder;
  readonly console: Console;
  readonly clock: Clock;
}

async function trainToEnd(parts: UnderWay, options: ConductOptions, around: Around): Promise<Conducted> {
  const { run, fleet, recorder, clock } = parts;
  const { signal } = options;
  const stopWatch = watch(parts, options);
  const stop = () => fleet.abandonIdle(new Stop());
  signal.addEventListener("abort", stop);
  let error: unknown = null;
  try {
    // Asked before there was anybody to hear it, while the data were read.
    if (signal.aborted) throw new Stop();
    await fleet.waitFor(options.min_workers);
    around.started?.();
    if (signal.aborted) throw new Stop();
    recorder.start();
    const { config, state, tree, facts: { manifest } } = run;
    const now_ms = () => clock.now_ms();
    await trainAs(config, {
      ...{ config, manifest, state, fleet, tree, now_ms },
      // The norm of a gradient is that of all its chunks.
      streamed: run.chunks && config.clip_grad_norm === null
        ? new StreamedUpdate({ config, manifest, state, fleet, memory: run.chunks, now_ms })
        : null,
      epoch_steps: run.data.plan.steps_per_epoch,
      committed: async (report) => {
        await recorder.committed(report);
        await around.committed?.();
        return !signal.aborted;
      },
    });
    if (isDone(run.config, run.state)) await recorder.finish();
  } catch (caught) {
    error = caught;
  } finally {
    stopWatch();
    signal.removeEventListener("abort", stop);
  }
  return await windUp(parts, error, options);
}

/** Trains step by step, or in rounds of local steps. */
async function trainAs({ local_steps }: RunConfig, training: Training): Promise<void> {
  if (local_steps !== null) return await trainLocally(training);
  publishAll(training.state, training.fleet);
  await train(training);
}

/** Says what is waited for, and touches the log all the while. */
function watch({ run, fleet, console, clock }: UnderWay, options: ConductOptions): Cancel {
  const { min_workers, give_up_after_s, advice } = options;
  const touch = () => {
    const now = new Date();
    if (run.folder !== null) void Deno.utime(run.folder.log, now, now).catch(() => {});
  };
  return watchForWorkers({ fleet, console, clock, min_workers, give_up_after_s, advice, touch });
}

/** Saves, says goodbye, writes the last record. A save that fails is an error of its own. */
async function windUp(
  { run, fleet, recorder, console }: UnderWay,
  caught: unknown,
  { comes_back = false }: Pick<ConductOptions, "comes_back">,
): Promise<Conducted> {
  console.clear();
  let error = caught instanceof Stop ? null : caught;
  try {
    await recorder.save();
  } catch (failure) {
    error ??= failure;
  }
  // The folder is another's: not a word more goes into it.
  if (run.lock.lost !== null) {
    await fleet.finish(run.lock.lost.message);
    throw run.lock.lost;
  }
  const finished = isDone(run.config, run.state) && error === null;
  const reason = error !== null ? "failed" : finished ? "finished" : "interrupted";
  const detail = error instanceof Error ? error.message : finished ? recorder.stopped ?? "" : "";
  const at = `${reason} at step ${run.state.step.toLocaleString("en-US")}`;
  await fleet.finish(error === null ? at : `${at}: ${detail}`, comes_back && reason === "interrupted");
  let record: RecordOf<"end">;
  try {
    record = await recorder.end(reason, detail);
  } catch (failure) {
    throw error ?? failure;
  }
  const { decay_steps } = run.config;
  const learns_on = decay_steps === 0 || run.state.step < decay_steps;
  return { run, record, learns_on, error };
}

/** One coordinator from start to end: prepares the run, lets workers in, trains, leaves everything in order. */
import { removeRendezvous, writeRendezvous } from "../common/process/rendezvous.ts";
import type { LastingScreen } from "../common/terminal/lasting_screen.ts";
import { objectiveOf } from "../models/objectives/objectives.ts";
import type { RecordOf } from "../runlog/records.ts";
import { type Cancel, type Clock, SYSTEM_CLOCK } from "../wire/clock.ts";
import { listen, type Listener, type ListenOptions } from "../wire/ws_socket.ts";
import { loopbackFor, ownNames, urlHost } from "./terminal/addresses.ts";
import { Console } from "./terminal/console.ts";
import { Exchange } from "./fleet/memory/exchange.ts";
import { Fleet } from "./fleet/fleet.ts";
import { answerText, type LiveServer } from "./live/live_server.ts";
import type { Diagnosis, LiveRun } from "./live/live_run.ts";
import { judgeUpgrade, visitOf } from "./live/visitor.ts";
import { openLiveRun, openPage, type PageOptions } from "./live/open_page.ts";
import { prepare, type Prepared, type PrepareOptions } from "./run/prepare.ts";
import { readingOn } from "./terminal/reading_line.ts";
import { FirstError } from "./run/first_error.ts";
import { introductionOf } from "./run/introduction.ts";
import { openRecorder } from "./run/open_recorder.ts";
import type { Recorder } from "./run/recorder.ts";
import { ConsoleSink } from "./run/records/console_sink.ts";
import { FileSink } from "./run/records/file_sink.ts";
import { FleetLog } from "./run/records/fleet_log.ts";
import { RunLog } from "./run/records/run_log.ts";
import { watchForWorkers } from "./run/worker_watch.ts";
import { isDone, publishAll, train } from "./training/train.ts";

export interface CoordinateOptions extends Omit<PrepareOptions, "reading">, PageOptions {
  readonly port: number;
  /** What workers prove. */
  readonly token: string;
  /** Seconds without enough workers after which the run stops; null: never. */
  readonly give_up_after_s: number | null;
  /** Called once the door is open. */
  readonly listening: (opening: Opening, terminal: Console) => void | Promise<void>;
  /** Aborted by Ctrl-C: the step under way is finished, the state saved. */
  readonly signal: AbortSignal;
}

/** Where the door is, and for how many shards. */
export interface Opening {
  readonly url: string;
  readonly port: number;
  readonly shards: number;
}

/** How a run came to its end. */
export interface Ending {
  readonly record: RecordOf<"end">;
  readonly folder: string;
  /** Of one example. */
  readonly example_shape: readonly number[];
  /** Whether more steps would change anything: the learning rate has not fallen to 0. */
  readonly learns_on: boolean;
  readonly diagnosis: Diagnosis;
  /** What stopped it, if it failed. */
  readonly error: unknown;
}

/** Stops a run because it was asked to. */
class Stop extends Error {
  override name = "Stop";
}

/** Time and the network, as a coordinator has them. */
export interface Outside {
  readonly clock: Clock;
  readonly listen: (options: ListenOptions) => Promise<Listener>;
}

const SYSTEM: Outside = { clock: SYSTEM_CLOCK, listen };

/** Runs a coordinator. Throws {@linkcode UserError} for what is wrong before the first step. */
export async function coordinate(
  options: CoordinateOptions,
  screen: LastingScreen,
  { clock, listen }: Outside = SYSTEM,
): Promise<Ending> {
  const { host, port } = options;
  const { promise: fleet, resolve } = Promise.withResolvers<Fleet>();
  let page: LiveServer | null = null;
  // The door first: where it cannot be had, no run folder is left behind. Who comes early waits.
  const listener = await listen({
    host,
    port,
    onsocket: (socket, peer) => void fleet.then((opened) => opened.accept(socket, peer)),
    judgeUpgrade: (request) => judgeUpgrade(visitOf(request), ownNames(host)),
    onrequest: (request, response) => {
      if (page) page.handle(request, response);
      else answerText(response, 503, "The coordinator is starting: look again", { "retry-after": "1" });
    },
  });
  const open = (fleet: Fleet, opened: LiveServer) => {
    page = opened;
    resolve(fleet);
    return opened;
  };
  try {
    return await coordinateAt(listener.port, open, options, screen, clock);
  } finally {
    await (page as LiveServer | null)?.close();
    await listener.close();
  }
}

/** `open` is given the fleet that takes in whoever comes to the port, and the page for who only looks. */
async function coordinateAt(
  port: number,
  open: (fleet: Fleet, page: LiveServer) => void,
  options: CoordinateOptions,
  screen: LastingScreen,
  clock: Clock,
): Promise<Ending> {
  const now_ms = () => clock.now_ms();
  const run = await prepare({ ...options, reading: readingOn(screen, now_ms, options.signal) });
  await using lock = run.lock;
  const terminal = openConsole(run, screen, now_ms);
  const live = await openLiveRun(run);
  const started_ms = now_ms();
  const elapsed_ms = () => now_ms() - started_ms;
  const failure = new FirstError();
  // Whoever sees records, in this order.
  const log = new RunLog([
    new FileSink(run.log, clock, (error) => failure.set(error)),
    live,
    new ConsoleSink(terminal, clock),
  ]);
  const observer = new FleetLog({ log, console: terminal, state: run.state, clock, wall_ms: Date.now });
  using _results = run.results;
  using exchange = openExchange(run);
  const fleet = openFleet(run, options.token, exchange, observer, clock);
  const recorder = openRecorder({ run, fleet, log, console: terminal, observer, failure, clock, elapsed_ms });
  void screen.lost.then((reason) =>
    observer.fault({ what: "console lost", worker: null, decision: "went on without it", reason })
  );
  lock.onlost = (error) => {
    failure.set(error);
    fleet.abandonIdle(error);
  };
  for (const line of introductionOf(run)) terminal.line(line);
  open(fleet, openPage({ run, live, fleet, elapsed_ms, port, options, clock }));
  const url = `ws://${urlHost(options.host)}:${port}`;
  const local = { url: `ws://${loopbackFor(options.host)}:${port}`, token: options.token };
  if (options.rendezvous) await writeRendezvous(local);
  try {
    await options.listening({ url, port, shards: run.config.shards }, terminal);
    return await trainToEnd({ run, fleet, recorder, live, terminal, clock }, options);
  } finally {
    if (options.rendezvous) await removeRendezvous(local);
  }
}

function openConsole({ config, data }: Prepared, screen: LastingScreen, now_ms: () => number): Console {
  const { steps: total_steps, batch } = config;
  const epoch_steps = data.plan.steps_per_epoch;
  const { estimates_distance } = objectiveOf(config);
  return new Console(screen, now_ms, { total_steps, batch, epoch_steps, estimates_distance });
}

function openFleet(
  { facts, data, config, checkpoint, results }: Prepared,
  token: string,
  exchange: Exchange | null,
  observer: FleetLog,
  clock: Clock,
): Fleet {
  const classes = checkpoint?.numeric_classes ?? [];
  const { exact } = config;
  return new Fleet(facts, data, { token, clock, exact, classes, exchange, memory: results }, observer);
}

/** What workers on this machine share with this process. */
function openExchange({ state: { critic, generator }, results }: Prepared): Exchange | null {
  const weights = { critic: critic.kept, generator: generator.kept };
  return Exchange.open(weights, (worker, path) => results.share(worker, path));
}

/** A run under way. */
interface UnderWay {
  readonly run: Prepared;
  readonly fleet: Fleet;
  readonly recorder: Recorder;
  readonly live: LiveRun;
  readonly terminal: Console;
  readonly clock: Clock;
}

async function trainToEnd(parts: UnderWay, options: CoordinateOptions): Promise<Ending> {
  const { run, fleet, recorder, live, clock } = parts;
  const { signal } = options;
  const stopWatch = watch(parts, options);
  const stop = () => fleet.abandonIdle(new Stop());
  signal.addEventListener("abort", stop);
  let error: unknown = null;
  try {
    // Asked before there was anybody to hear it, while the data were read.
    if (signal.aborted) throw new Stop();
    await fleet.waitFor(options.min_workers);
    live.started = true;
    if (signal.aborted) throw new Stop();
    publishAll(run.state, fleet);
    recorder.start();
    await train({
      config: run.config,
      manifest: run.facts.manifest,
      state: run.state,
      fleet,
      tree: run.tree,
      epoch_steps: run.data.plan.steps_per_epoch,
      now_ms: () => clock.now_ms(),
      committed: async (report) => {
        await recorder.committed(report);
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
  return await windUp(parts, error);
}

/** Says what is waited for, and touches the log all the while. */
function watch({ run, fleet, terminal, clock }: UnderWay, options: CoordinateOptions): Cancel {
  const { min_workers, give_up_after_s, task } = options;
  const touch = () => {
    const now = new Date();
    void Deno.utime(run.folder.log, now, now).catch(() => {});
  };
  const advice = task === "coordinator" ? "start one with deno task worker" : "";
  return watchForWorkers({ fleet, console: terminal, clock, min_workers, give_up_after_s, advice, touch });
}

/** Saves, says goodbye, writes the last record. A save that fails is an error of its own. */
async function windUp(
  { run, fleet, recorder, live, terminal, clock }: UnderWay,
  caught: unknown,
): Promise<Ending> {
  terminal.clear();
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
  await fleet.finish(error === null ? at : `${at}: ${detail}`);
  let record: RecordOf<"end">;
  try {
    record = await recorder.end(reason, detail);
  } catch (failure) {
    throw error ?? failure;
  }
  const { decay_steps } = run.config;
  const learns_on = decay_steps === 0 || run.state.step < decay_steps;
  // A log that cannot be read again has been written all the same.
  const diagnosis = await live.conclude(run.folder.path).catch(() => live.diagnosis(clock.now_ms()));
  const { example_shape } = run.data.data;
  return { record, folder: run.folder.path, example_shape, learns_on, diagnosis, error };
}

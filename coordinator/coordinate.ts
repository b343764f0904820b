/** One coordinator from start to end: prepares the run, lets workers in, trains, leaves everything in order. */
import { UserError } from "../common/errors.ts";
import { removeRendezvous, writeRendezvous } from "../common/process/rendezvous.ts";
import type { LastingScreen } from "../common/terminal/lasting_screen.ts";
import { things } from "../common/text/things.ts";
import { objectiveOf } from "../models/objectives/objectives.ts";
import type { RecordOf } from "../runlog/records.ts";
import { isFarOut, type ValueRange } from "../runlog/value_range.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { listen } from "../wire/ws_socket.ts";
import { loopbackFor, ownNames, urlHost } from "./terminal/addresses.ts";
import { Console } from "./terminal/console.ts";
import { Exchange } from "./fleet/memory/exchange.ts";
import { Fleet } from "./fleet/fleet.ts";
import { answerText, type LiveServer } from "./live/live_server.ts";
import type { LiveRun } from "./live/live_run.ts";
import { judgeUpgrade, visitOf } from "./live/visitor.ts";
import { openLiveRun, openPage, type PageOptions } from "./live/open_page.ts";
import { numSlots } from "../wire/shared_ring.ts";
import { prepare, type Prepared, type PrepareOptions } from "./run/prepare.ts";
import { readingOn } from "./terminal/reading_line.ts";
import { Recorder } from "./run/recorder.ts";
import { resultSize } from "./run/run_graphs.ts";
import { isDone, publishAll, train } from "./training/train.ts";
import { missingWorkers, waitingReason } from "./fleet/waiting.ts";

/** A log that nobody touches looks like that of a coordinator that was killed, however long a step takes. */
const TOUCH_MS = 30_000;

export interface CoordinateOptions extends Omit<PrepareOptions, "reading">, PageOptions {
  readonly port: number;
  /** What workers prove. */
  readonly token: string;
  /** Seconds without enough workers after which the run stops; null: never. */
  readonly give_up_after_s: number | null;
  /** Called once the door is open. */
  readonly listening: (opening: Opening, console: Console) => void | Promise<void>;
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
  /** Whether more steps would change anything: the learning rate has not fallen to 0. */
  readonly learns_on: boolean;
  /** What stopped it, if it failed. */
  readonly error: unknown;
}

/** Stops a run because it was asked to. */
class Stop extends Error {
  override name = "Stop";
}

/** Runs a coordinator. Throws {@linkcode UserError} for what is wrong before the first step. */
export async function coordinate(options: CoordinateOptions, screen: LastingScreen): Promise<Ending> {
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
    return await coordinateAt(listener.port, open, options, screen);
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
): Promise<Ending> {
  const now_ms = () => performance.now();
  const run = await prepare({ ...options, reading: readingOn(screen, now_ms, options.signal) });
  await using lock = run.lock;
  const { steps: total_steps, batch } = run.config;
  const epoch_steps = run.data.plan.steps_per_epoch;
  const { estimates_distance } = objectiveOf(run.config);
  const console = new Console(screen, now_ms, { total_steps, batch, epoch_steps, estimates_distance });
  const live = await openLiveRun(run);
  const recorder = new Recorder(run, console, now_ms, live);
  const classes = run.checkpoint?.numeric_classes ?? [];
  const { token } = options;
  using exchange = openExchange(run);
  const fleet = new Fleet(run.facts, run.data, {
    token,
    clock: SYSTEM_CLOCK,
    exact: run.config.exact,
    classes,
    exchange,
    largest: (values) => run.buffers.largest(values),
  }, recorder);
  recorder.attach(fleet);
  void screen.lost.then((reason) => recorder.consoleLost(reason));
  lock.onlost = (error) => {
    recorder.fail(error);
    fleet.abandonIdle(error);
  };
  introduce(run, console);
  open(fleet, openPage({ run, live, fleet, recorder, port, options }));
  const url = `ws://${urlHost(options.host)}:${port}`;
  const local = { url: `ws://${loopbackFor(options.host)}:${port}`, token };
  if (options.rendezvous) await writeRendezvous(local);
  try {
    await options.listening({ url, port, shards: run.config.shards }, console);
    return await trainToEnd(run, fleet, recorder, live, console, options);
  } finally {
    if (options.rendezvous) await removeRendezvous(local);
  }
}

/** What workers on this machine share with this process. */
function openExchange({ state: { critic, generator }, facts, config, buffers }: Prepared): Exchange | null {
  const max_bytes = 4 * resultSize(facts.manifest);
  const results = { buffers, max_bytes, num_slots: numSlots(config.shards) };
  return Exchange.open({ critic: critic.kept, generator: generator.kept }, results);
}

async function trainToEnd(
  run: Prepared,
  fleet: Fleet,
  recorder: Recorder,
  live: LiveRun,
  console: Console,
  options: CoordinateOptions,
): Promise<Ending> {
  const { signal } = options;
  const stopWatch = watchForWorkers(fleet, console, run.folder.log, options);
  const stop = () => fleet.abandonIdle(new Stop());
  signal.addEventListener("abort", stop);
  let error: unknown = null;
  try {
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
      now_ms: () => performance.now(),
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
  return await windUp(run, fleet, recorder, console, error);
}

/** Saves, says goodbye, writes the last record. A save that fails is an error of its own. */
async function windUp(
  run: Prepared,
  fleet: Fleet,
  recorder: Recorder,
  console: Console,
  caught: unknown,
): Promise<Ending> {
  console.clear();
  let error = caught instanceof Stop ? null : caught;
  try {
    await recorder.checkpoint();
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
  return { record, folder: run.folder.path, learns_on, error };
}

/** Says what is waited for, and gives up when that was asked for. Touches the log all the while. */
function watchForWorkers(
  fleet: Fleet,
  console: Console,
  log: string,
  options: CoordinateOptions,
): () => void {
  const { min_workers, give_up_after_s, task } = options;
  const advice = task === "coordinator" ? "start one with deno task worker" : "";
  let since_ms: number | null = performance.now();
  let next_touch_ms = since_ms + TOUCH_MS;
  let started = false;
  const timer = setInterval(() => {
    const count = fleet.members.length;
    started ||= count >= min_workers;
    const standing = { started, num_workers: count, min_workers, asked: [], now_ms: performance.now() };
    const { now_ms } = standing;
    const { required, missing } = missingWorkers(standing);
    if (now_ms >= next_touch_ms) {
      next_touch_ms = now_ms + TOUCH_MS;
      const now = new Date();
      void Deno.utime(log, now, now).catch(() => {});
    }
    if (missing === 0) {
      since_ms = null;
      console.goesOn();
      return;
    }
    since_ms ??= now_ms;
    const waited_s = (now_ms - since_ms) / 1000;
    if (give_up_after_s !== null && waited_s >= give_up_after_s) {
      const reason = `Gave up: ${things(required, "worker")} must join within ` +
        `${give_up_after_s} s (--give-up-after), found ${count}; start one with deno task worker`;
      fleet.abandonIdle(new UserError(reason));
    } else console.waiting(waitingReason(standing)!, waited_s, advice);
  }, 250);
  return () => clearInterval(timer);
}

function introduce(run: Prepared, console: Console): void {
  const { config, data, facts, state, checkpoint } = run;
  const { data: set, plan } = data;
  const { layouts } = facts.manifest;
  const count = (n: number) => n.toLocaleString("en-US");
  const what = config.preset === set.name ? set.name : `${config.preset} on ${set.name}`;
  const shape = set.example_shape;
  const one = shape.length === 1 ? `${shape[0]} numbers` : shape.join(" x ");
  console.line(
    `Training ${what}: ${things(set.num_examples - plan.holdout.length, "example")} of ${one}, ` +
      `${things(config.steps, "critic step")} of ${config.batch} in ${things(config.shards, "shard")}, ` +
      `seed ${config.seed}`,
  );
  console.line(describeValues(run.values));
  const { generator, critic } = layouts;
  const sizes = `Generator ${count(generator.size)} parameters, critic ${count(critic.size)}`;
  console.line(`${sizes}; run folder ${run.folder.path}`);
  for (const note of run.notes) console.line(note);
  for (const { file, reason } of run.passed_over) console.line(`Passed over checkpoint ${file}: ${reason}`);
  if (facts.incarnation > 0) {
    const from = checkpoint ? `checkpoint ${checkpoint.file}` : "the start (no good checkpoint)";
    console.line(`Resuming at step ${count(state.step)} from ${from}`);
  }
}

/** The range of the data, as the networks see them. */
export function describeValues(values: ValueRange): string {
  const number = (value: number) => String(Number(value.toPrecision(3)));
  const line =
    `Values from ${number(values.min)} to ${number(values.max)}, mean ${number(values.mean)}, standard ` +
    `deviation ${number(values.sd)}`;
  return isFarOut(values) ? `${line}: far outside -1 to 1, scale them first` : line;
}

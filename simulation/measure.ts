/** What a simulated run makes, and where its time goes, once its shards lie where they stay. */
import { SimulatedRun } from "./run.ts";
import type { Setup } from "./setup.ts";
import type { SimulatedWorker } from "./worker.ts";

/** Parts of a step that may bind it, in milliseconds of a mean critic step, its share of generator steps included. */
export interface Parts {
  /** The busiest worker's computing. */
  readonly computing: number;
  /** The busiest worker's link, the way that takes longer. */
  readonly worker_link: number;
  /** The coordinator's link, the way that takes longer; 0: without limit. */
  readonly coordinator_link: number;
  /** The coordinator's thread: messages, sums, updates. */
  readonly coordinator: number;
  /** Round trips. */
  readonly round_trips: number;
}

export type Part = keyof Parts;

export interface Simulated {
  readonly images_per_second: number;
  /** Of a critic step, its share of generator steps included. */
  readonly step_ms: number;
  /** Over all connections, both ways, in a mean critic step. */
  readonly step_bytes: number;
  readonly parts: Parts;
  /** Workers that compute, of all. */
  readonly num_working: number;
  /** Shards of a mean step, by group. */
  readonly shards: ReadonlyMap<string, number>;
  /** What the fleet told, the last first. */
  readonly told: readonly string[];
  readonly num_events: number;
}

/** The assignment counts as settled once shards have not moved for so long, and for so many steps. */
const SETTLED_MS = 15_000;
const SETTLED_STEPS = 15;
/** It is not waited for longer than so many times the warm-up. */
const MOST_WARMUPS = 10;

/** How long to look. The defaults let the assignment settle: it looks at speeds every 5 s, and tries teams. */
export interface Length {
  /** Simulated time before the figures, at least; 0: that of the fewest steps. */
  readonly warmup_ms: number;
  /** And simulated time and steps for them. */
  readonly measured_ms: number;
  readonly fewest_steps: number;
  /** More events than this are not waited for, once there are the fewest steps. */
  readonly most_events: number;
}

export const USUAL_LENGTH: Length = {
  warmup_ms: 60_000,
  measured_ms: 20_000,
  fewest_steps: 10,
  most_events: 8_000_000,
};

/** Totals so far. */
interface Totals {
  readonly at_ms: number;
  readonly bytes: number;
  readonly coordinator_ms: number;
  readonly link_ms: { readonly in: number; readonly out: number };
  readonly workers: readonly { readonly compute: number; readonly down: number; readonly up: number }[];
}

function totalsOf({ clock, fleet, coordinator, link, workers }: SimulatedRun): Totals {
  const { bytes } = fleet;
  return {
    at_ms: clock.now_ms(),
    bytes: bytes.in + bytes.out,
    coordinator_ms: coordinator.work_ms,
    link_ms: { in: link?.in.busy_ms ?? 0, out: link?.out.busy_ms ?? 0 },
    workers: workers.map((worker) => ({ compute: worker.compute_ms, ...worker.link_ms })),
  };
}

/** Simulates a run for so long. */
export async function simulate(setup: Setup, length: Length = USUAL_LENGTH): Promise<Simulated> {
  const run = new SimulatedRun(setup);
  const { warmup_ms, measured_ms, fewest_steps, most_events } = length;
  await takeSteps(run, fewest_steps, warmup_ms, most_events / 2);
  if (warmup_ms > 0) await settle(run, MOST_WARMUPS * warmup_ms, most_events / 2);
  const before = totalsOf(run), first = run.step;
  const shards = new Map<number, number>();
  await takeSteps(run, Math.max(fewest_steps, setup.n_critic), measured_ms, most_events, shards);
  const found = sumUp(setup, run, before, run.step - first, shards);
  await run.finish();
  return found;
}

/** Takes steps until shards have not moved for a while. */
async function settle(run: SimulatedRun, most_ms: number, most_events: number): Promise<void> {
  const moves = () => run.told.filter((line) => line.startsWith("uneven speeds")).length;
  let moved = moves(), at_ms = run.clock.now_ms(), at_step = run.step;
  const isSettled = () => run.clock.now_ms() - at_ms >= SETTLED_MS && run.step - at_step >= SETTLED_STEPS;
  while (!isSettled() || !run.ended_cycle) {
    if (run.clock.now_ms() >= most_ms || run.clock.num_events >= most_events) return;
    await run.takeStep();
    if (moves() === moved) continue;
    moved = moves();
    [at_ms, at_step] = [run.clock.now_ms(), run.step];
  }
}

/** Takes steps, whole cycles of critic and generator steps, and counts shards by worker. */
async function takeSteps(
  run: SimulatedRun,
  fewest: number,
  for_ms: number,
  most_events: number,
  shards: Map<number, number> | null = null,
): Promise<void> {
  const end_ms = run.clock.now_ms() + for_ms, first = run.step;
  while (
    run.step - first < fewest || !run.ended_cycle ||
    (run.clock.now_ms() < end_ms && run.clock.num_events < most_events)
  ) {
    const outcome = await run.takeStep();
    if (shards === null) continue;
    for (const [worker, share] of outcome.shares) {
      shards.set(worker, (shards.get(worker) ?? 0) + share.shards);
    }
  }
}

function sumUp(
  setup: Setup,
  run: SimulatedRun,
  before: Totals,
  steps: number,
  shards: ReadonlyMap<number, number>,
): Simulated {
  const after = totalsOf(run);
  const step_ms = (after.at_ms - before.at_ms) / steps;
  const most = (of: (totals: Totals["workers"][number]) => number) => {
    let found = 0;
    for (const [i, worker] of after.workers.entries()) {
      // What spare workers send, to be measured, holds nobody up.
      if (shards.has(run.workers[i]!.member.id)) found = Math.max(found, of(worker) - of(before.workers[i]!));
    }
    return found / steps;
  };
  const ofLink = (way: "in" | "out") => (after.link_ms[way] - before.link_ms[way]) / steps;
  const working = run.workers.filter(({ member }) => shards.has(member.id));
  return {
    images_per_second: 1000 * setup.batch / step_ms,
    step_ms,
    step_bytes: (after.bytes - before.bytes) / steps,
    parts: {
      computing: most(({ compute }) => compute),
      worker_link: Math.max(most(({ down }) => down), most(({ up }) => up)),
      coordinator_link: Math.max(ofLink("in"), ofLink("out")),
      coordinator: (after.coordinator_ms - before.coordinator_ms) / steps,
      round_trips: roundTrips(setup, working),
    },
    num_working: working.length,
    shards: byGroup(run.workers, shards, steps),
    told: run.told.toReversed(),
    num_events: run.clock.num_events,
  };
}

/** The longest round trip of those that compute, once for each round. */
function roundTrips({ n_critic }: Setup, working: readonly SimulatedWorker[]): number {
  let longest_ms = 0;
  for (const { group: { link } } of working) longest_ms = Math.max(longest_ms, link?.rtt_ms ?? 0);
  return longest_ms * (1 + 1 / n_critic);
}

function byGroup(
  workers: readonly SimulatedWorker[],
  shards: ReadonlyMap<number, number>,
  steps: number,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const { group: { name }, member } of workers) {
    found.set(name, (found.get(name) ?? 0) + (shards.get(member.id) ?? 0) / steps);
  }
  return found;
}

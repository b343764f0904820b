/** Workers behind links: what a run gains or loses by them, for each link, team and mode. */
import { readRun } from "../runlog/log/reader.ts";
import type { BenchContext } from "./context.ts";
import { farRun, type Shaping, type Team } from "./far/far_run.ts";
import { type FarSamples, farTables, farVerdicts, type Mode } from "./far/far_tables.ts";
import type { Link } from "../common/link.ts";
import { namespacesMissing } from "./far/namespaces.ts";
import type { Section } from "./report/report.ts";
import { trainingFolder } from "./training_run.ts";

/** What travels, as the run's options say: rounded sums in a group for each of the two workers at most that compute. */
export const MODES: readonly Mode[] = [
  { name: "float32", options: {} },
  { name: "bfloat16", options: { wire: "bfloat16", wire_groups: 2 } },
  { name: "int8", options: { wire: "int8", wire_groups: 2 } },
];
/** By name: near + far. */
export const TEAMS: Readonly<Record<string, Team>> = {
  "0+1": { near: 0, far: 1 },
  "0+2": { near: 0, far: 2 },
  "1+1": { near: 1, far: 1 },
  "1+2": { near: 1, far: 2 },
};
const ALONE: Team = { near: 1, far: 0 };
/** Of a run; by then shards lie where they stay. */
const WARMUP_SHARE = 0.5;

/** Every set-up of the table, first one near worker alone, which the others are compared with. */
function setupsOf(
  modes: readonly Mode[],
  links: readonly Link[],
  shapings: readonly Shaping[],
  teams: readonly Team[],
): FarSamples[] {
  return modes.flatMap((mode) => [
    { mode, setup: { ...ALONE, link: null, shaping: "relay" as const }, timings: [] },
    ...links.flatMap((link) =>
      shapings.flatMap((shaping) =>
        teams.map((team) => ({ mode, setup: { ...team, link, shaping }, timings: [] }))
      )
    ),
  ]);
}

/** All set-ups take turns; every other round goes backwards. */
async function measure(all: readonly FarSamples[], context: BenchContext): Promise<void> {
  const { run_rounds, data_file, scratch, far: { train_ms } } = context;
  for (let round = 0; round < run_rounds; round++) {
    for (const { mode, setup, timings } of round % 2 === 0 ? all : all.toReversed()) {
      const { near, far, link, shaping } = setup;
      const where = link === null ? "" : ` (${link.name}, ${shaping})`;
      context.say(`far, round ${round + 1} of ${run_rounds}: ${mode.name}, ${near} near, ${far} far${where}`);
      const options = { data_file, scratch, train_ms, warmup_ms: WARMUP_SHARE * train_ms };
      timings.push(await farRun(setup, { ...options, run_options: { preset: "wgan", ...mode.options } }));
    }
  }
}

/** Distance of samples to the data at the end of a run of `context.steps`: links do not change it, modes may. */
async function distances(modes: readonly Mode[], context: BenchContext): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { name, options } of modes) {
    context.say(`far: the distance after ${context.steps} steps, ${name}`);
    const folder = await trainingFolder({ ...options, sample_every: 0 }, context);
    for await (const record of readRun(folder)) {
      if (record.type === "evaluation") found.set(name, record.sliced_wasserstein);
    }
  }
  return found;
}

export async function benchFar(context: BenchContext): Promise<Section> {
  const { links, shapings, train_ms } = context.far;
  const modes = MODES.filter(({ name }) => context.far.modes.includes(name));
  const missing = shapings.includes("tbf") ? await namespacesMissing() : null;
  const usable = shapings.filter((shaping) => shaping !== "tbf" || missing === null);
  const all = setupsOf(modes, links, usable, context.far.teams.map((name) => TEAMS[name]!));
  await measure(all, context);
  const by_mode = await distances(modes, context);
  return {
    title: "Workers behind links",
    about:
      `\`--preset wgan\` on ${context.data_name}: a coordinator, near workers on its machine and far ones ` +
      "behind a link each, all processes with one compute thread on this machine. " +
      `${context.run_rounds} rounds in turns, each run of ${
        train_ms / 1000
      } s, its first half left out. A link is ` +
      "DOWN[:UP][/RTT[/JITTER]], down to the worker; it is made by a TCP relay in user space, or by a network namespace and " +
      "the kernel's tbf (with a relay for the round trip). Waiting is what a step waits beyond the slowest " +
      "worker's time from work to answer.",
    tables: farTables(all, by_mode, context.steps),
    verdicts: farVerdicts(all),
    notes: missing === null ? [] : [`Namespaces are left out: ${missing}`],
    samples: { runs: all, distances: Object.fromEntries(by_mode) },
  };
}

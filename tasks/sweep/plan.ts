/**
 * What a sweep is: options of `deno task train`, values that some of them take in turn, and seeds. Each combination is a
 * cell, a run of its own. `sweep.json` in the sweep's folder keeps the plan, so that a sweep can be resumed or enlarged.
 */
import { parseOptions } from "../../common/cli/cli.ts";
import { flagOf, type Option } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { TRAIN_OPTIONS } from "../../coordinator/config/options/options.ts";

/** Version of `sweep.json`. */
const FORMAT = 1;
export const PLAN_NAME = "sweep.json";
/** More cells than anybody waits for, so most likely a slip of the pen. */
const MAX_CELLS = 10_000;

/** Options that the sweep gives to each run, and how to say the same to the sweep. */
const DECIDED: Readonly<Record<string, string>> = {
  seed: "give --seeds before --",
  out: "give --out before --, for the folder of the sweep",
  workers: "give --workers before --",
  resume: "resume the sweep with --resume before --",
  auto_resume: "resume the sweep with --resume before --",
};

/** An option of train, in snake_case, and the values that it takes. */
export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

export interface SweepPlan {
  readonly format: typeof FORMAT;
  readonly axes: readonly Axis[];
  readonly seeds: readonly number[];
  /** Options of train that all runs share. */
  readonly train: readonly string[];
}

/** One run. */
export interface Cell {
  /** Values of the axes, in their order. */
  readonly values: readonly string[];
  /** The same in words, e.g. "lr=1e-4 n_critic=5"; "defaults" without axes. */
  readonly point: string;
  readonly seed: number;
  /** Name of its run folder in the sweep's. */
  readonly folder: string;
  /** Options of train, without --out. */
  readonly args: readonly string[];
}

/** Reads an axis: `lr=1e-4,2e-4`, or `betas=0,0.9;0.5,0.9` where values contain commas. Throws {@linkcode UserError}. */
export function parseAxis(text: string): Axis {
  const [flag, list] = text.split(/=(.*)/s, 2) as [string, string?];
  const name = flag.replaceAll("-", "_");
  const values = list?.split(list.includes(";") ? ";" : ",").map((value) => value.trim()) ?? [];
  if (values.length === 0 || values.includes("")) {
    throw new UserError(
      `Option --grid must be OPTION=VALUE,VALUE,…, e.g. lr=1e-4,2e-4: found ${JSON.stringify(text)}`,
    );
  }
  if (name in DECIDED) throw new UserError(`Cannot use ${flag} in --grid: ${DECIDED[name]}`);
  return { name, values: [...new Set(values)] };
}

/** Reads seeds: `1..3`, `1,2,7`, or both. Throws {@linkcode UserError}. */
export function parseSeeds(text: string): number[] {
  const refuse = (): never => {
    throw new UserError(
      `Option --seeds must be seeds such as 1..3 or 1,2,7 (at most ${MAX_CELLS}): found ${
        JSON.stringify(text)
      }`,
    );
  };
  const seeds = text.split(",").flatMap((part) => {
    const [, first, last = first] = /^\s*(\d{1,15})(?:\.\.(\d{1,15}))?\s*$/.exec(part) ?? refuse();
    const count = Number(last) - Number(first) + 1;
    if (count < 1 || count > MAX_CELLS) refuse();
    return Array.from({ length: count }, (_, i) => Number(first) + i);
  });
  return [...new Set(seeds)];
}

/** A plan whose options of train are checked. Throws {@linkcode UserError}. */
export function planSweep(
  grid: readonly string[],
  seeds: string,
  train: readonly string[],
): SweepPlan {
  const axes = grid.map(parseAxis);
  const twice = axes.find(({ name }, i) => axes.findIndex((axis) => axis.name === name) !== i);
  if (twice !== undefined) {
    throw new UserError(`Option --grid must name each option once: found ${twice.name} twice`);
  }
  const plan: SweepPlan = { format: FORMAT, axes, seeds: parseSeeds(seeds), train };
  check(plan);
  return plan;
}

/** The plan with more or other values and seeds. Throws {@linkcode UserError} where other options would vary. */
export function changedPlan(plan: SweepPlan, grid: readonly string[], seeds: string | undefined): SweepPlan {
  const axes = grid.length === 0 ? plan.axes : grid.map(parseAxis);
  const names = (of: readonly Axis[]) => of.map(({ name }) => name).join(", ") || "none";
  if (names(axes) !== names(plan.axes)) {
    throw new UserError(
      `Cannot change the sweep: --grid must vary the same options, ${names(plan.axes)}: found ${names(axes)}`,
    );
  }
  const changed = { ...plan, axes, seeds: seeds === undefined ? plan.seeds : parseSeeds(seeds) };
  check(changed);
  return changed;
}

function check(plan: SweepPlan): void {
  const num_cells = plan.axes.reduce((count, { values }) => count * values.length, plan.seeds.length);
  if (num_cells > MAX_CELLS) {
    throw new UserError(`A sweep must have at most ${MAX_CELLS} runs: found ${num_cells}`);
  }
  const options = TRAIN_OPTIONS;
  const { given } = parseOptions({ name: "deno task train", about: "", options }, plan.train);
  for (const [name, instead] of Object.entries(DECIDED)) {
    if (name in given) throw new UserError(`Cannot use ${flagOf(name)} behind --: ${instead}`);
  }
  const folders = new Set<string>();
  for (const { args, folder } of cellsOf(plan)) {
    parseOptions({ name: "deno task train", about: "", options }, args);
    if (folders.has(folder)) {
      throw new UserError(
        `Values of --grid must differ in letters, digits or ".+-,": found two runs for the folder ${folder}`,
      );
    }
    folders.add(folder);
  }
}

/** All runs: the seeds of the first combination, then those of the next. */
export function cellsOf({ axes, seeds, train }: SweepPlan): Cell[] {
  const points = axes.reduce<string[][]>(
    (points, { values }) => points.flatMap((point) => values.map((value) => [...point, value])),
    [[]],
  );
  return points.flatMap((values) => {
    const words = values.map((value, i) => `${axes[i]!.name}=${value}`);
    const varied = values.flatMap((value, i) => optionOf(axes[i]!.name, value));
    return seeds.map((seed): Cell => ({
      values,
      point: words.join(" ") || "defaults",
      seed,
      folder: [...words, `seed=${seed}`].join("_").replace(/[^\w.+,=-]/g, "-"),
      args: [...train, ...varied, "--seed", String(seed)],
    }));
  });
}

/** An option as train takes it; a switch is `--NAME` or `--no-NAME`. */
function optionOf(name: string, value: string): string[] {
  const option: Option | undefined = (TRAIN_OPTIONS as Readonly<Record<string, Option>>)[name];
  if (option?.kind !== "boolean") return [`${flagOf(name)}=${value}`];
  if (value === "on" || value === "true") return [flagOf(name)];
  if (value === "off" || value === "false") return [`--no-${flagOf(name).slice(2)}`];
  throw new UserError(`Values of ${name} in --grid must be on or off: found ${JSON.stringify(value)}`);
}

/** Reads the plan of a sweep. Throws {@linkcode UserError} where it is none. */
export function parsePlan(text: string, path: string): SweepPlan {
  const refuse = (found: string): never => {
    throw new UserError(
      `Cannot resume the sweep: ${path} must be the plan of a sweep of format ${FORMAT}, found ${found}`,
    );
  };
  let plan: Partial<SweepPlan> | null = null;
  try {
    plan = JSON.parse(text) as Partial<SweepPlan> | null;
  } catch {
    refuse("no JSON");
  }
  if (plan?.format !== FORMAT) refuse(`format ${JSON.stringify(plan?.format)}`);
  const { axes, seeds, train } = plan!;
  const areStrings = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === "string");
  if (
    !Array.isArray(axes) || !axes.every((axis) => typeof axis?.name === "string" && areStrings(axis.values))
  ) {
    refuse("no list of axes");
  }
  if (!Array.isArray(seeds) || !seeds.every(Number.isSafeInteger)) refuse("no list of seeds");
  if (!areStrings(train)) refuse("no options of train");
  return plan as SweepPlan;
}

/**
 * Finds hyperparameters of a toy preset: trains every point of a grid, one after the other, and prints a table of
 * modes covered and samples of high quality, the best first. The defaults of the toy presets should come from it.
 *
 *     deno run -A scripts/sweep_toys.ts --preset toy-wgan-gp --dataset 25gaussians --steps 20000 \
 *       --grid lr=1e-4,5e-4,1e-3 --grid penalty=0.1,1 --seeds 1,2 --out sweeps/gp
 *
 * Names in --grid are options of `deno task train`, with _ for -. Runs that are there and finished are not trained
 * again, so a sweep can be stopped and started anew, or be made larger.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../common/errors.ts";
import { noneSkipped, readRun } from "../runlog/log/reader.ts";
import { RunFold, type Summary } from "../runlog/summary/summary.ts";
import { taskCommand } from "../tasks/task_command.ts";

/** One run of the sweep: options of train by name. */
export type Point = Readonly<Record<string, string>>;

/** Every combination of the values; `axes`: e.g. ["lr=1e-4,5e-4", "clip=0.01"]. Throws {@linkcode UserError}. */
export function gridOf(axes: readonly string[]): Point[] {
  return axes.reduce<Point[]>((points, axis) => {
    const [, name, values] = /^([a-z_]+)=([^=]+)$/.exec(axis) ??
      refuse(`Option --grid must be NAME=VALUE,VALUE,…, found ${axis}`);
    return points.flatMap((point) => values!.split(",").map((value) => ({ ...point, [name!]: value })));
  }, [{}]);
}

/** Folder of a point's run: its options in words. */
export function folderOf(point: Point): string {
  return Object.entries(point).map(([name, value]) => `${name}=${value}`).join("_");
}

function refuse(message: string): never {
  throw new UserError(message);
}

async function summaryOf(folder: string): Promise<Summary | null> {
  const fold = new RunFold();
  try {
    for await (const record of readRun(folder)) fold.add(record);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
  return fold.summary(false, noneSkipped());
}

/** Trains a point unless that is done. */
async function trained(point: Point, folder: string): Promise<Summary> {
  const before = await summaryOf(folder);
  if (before?.state === "finished") return before;
  if (before) await Deno.remove(folder, { recursive: true });
  const options = Object.entries(point).flatMap(([name, value]) => [`--${name.replaceAll("_", "-")}`, value]);
  const args = [...taskCommand("train"), ...options, "--sample-every", "0", "--out", folder];
  const { code } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  if (code !== 0) refuse(`Cannot sweep: the run in ${folder} ended with exit code ${code}`);
  return (await summaryOf(folder))!;
}

/** Lines of the table, the best first: most modes covered, then most samples of high quality. */
export function table(results: readonly { readonly folder: string; readonly summary: Summary }[]): string[] {
  const rows = results.map(({ folder, summary }) => {
    const { modes, sliced_wasserstein } = summary.evaluations.at(-1)!;
    return {
      folder,
      covered: modes?.covered ?? 0,
      quality: modes?.high_quality ?? 0,
      sliced_wasserstein,
      modes,
    };
  });
  rows.sort((a, b) =>
    b.covered - a.covered || b.quality - a.quality || a.sliced_wasserstein - b.sliced_wasserstein
  );
  return [
    "| run | modes | high quality | sliced Wasserstein |",
    "| --- | ---: | ---: | ---: |",
    ...rows.map(({ folder, covered, quality, sliced_wasserstein, modes }) =>
      `| ${folder} | ${modes ? `${covered} of ${modes.count}` : "-"} | ${
        modes ? `${Math.round(100 * quality)} %` : "-"
      } | ${sliced_wasserstein.toFixed(4)} |`
    ),
  ];
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      preset: text,
      dataset: text,
      steps: text,
      seeds: { ...text, default: "1" },
      grid: { ...text, multiple: true, default: [] },
      out: { ...text, default: "sweeps" },
    },
  });
  const { preset, dataset, steps, seeds, grid, out } = values;
  if (!preset || !dataset || !steps) refuse("Options --preset, --dataset and --steps are required");
  const results = [];
  for (const chosen of gridOf([...grid, `seed=${seeds}`])) {
    const folder = folderOf(chosen);
    const summary = await trained({ preset, dataset, steps, ...chosen }, join(out, folder));
    results.push({ folder, summary });
  }
  for (const line of table(results)) console.log(line);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}

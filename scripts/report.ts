/** `deno task report`: one or more runs as one HTML file that needs nothing else. */
import { basename, dirname, join } from "node:path";
import { parseOptions, runMain } from "../common/cli.ts";
import { UserError } from "../common/errors.ts";
import type { Command } from "../common/options.ts";
import { type Picture, type Reported, reportPage } from "../inspect/html/report_page.ts";
import { findRun, summarize } from "../inspect/run_folders.ts";
import { latentWays } from "../random/latents.ts";
import { examine } from "../runlog/doctor/doctor.ts";
import { spread } from "../runlog/film.ts";
import { imageGrid } from "../runlog/grid.ts";
import { encodePng } from "../runlog/raster.ts";
import type { Summary } from "../runlog/summary.ts";
import { Generator } from "./generator.ts";

const OPTIONS = {
  out: { kind: "string", value: "FILE", default: "report.html", about: "The file to write" },
  pictures: {
    kind: "number",
    integer: true,
    min: 1,
    default: 24,
    unit: "pictures",
    about: "How many pictures of samples of each run, evenly spread",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder that holds the runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task report",
  about:
    "Writes one HTML file about one or more runs, side by side: curves, samples over time, what the doctor " +
    "finds, where the time went, configuration. It can be sent to anyone: it needs no network and no other file.",
  positionals: [{
    name: "RUN",
    about: 'Run folders, names of those in the folder of runs, or "latest"',
    repeated: true,
  }],
  options: OPTIONS,
  examples: [
    { line: "deno task report latest", about: "the newest run, as report.html" },
    { line: "deno task report RUN-A RUN-B --out both.html", about: "two runs side by side" },
  ],
};

const NUM_WAYS = 4;
const WAY_STEPS = 8;
const WAYS_SEED = 1;

async function picturesOf(folder: string, { samples }: Summary, count: number): Promise<Picture[]> {
  const there: Picture[] = [];
  const chosen = spread(samples.length, count).map((i) => samples[i]!);
  for (const { step, file } of chosen) {
    const png = await Deno.readFile(join(folder, file)).catch(() => null);
    if (png) there.push({ alt: `samples at step ${step}`, png });
  }
  return there;
}

/** Ways through the noise of a run's generator, where it draws grey or colour images. */
async function waysOf(folder: string): Promise<Picture | null> {
  const path = join(folder, "generator.onnx");
  if (!await Deno.stat(path).catch(() => null)) return null;
  const generator = await Generator.open(path);
  const [width, height, channels = 1] = generator.example_shape.toReversed();
  if (generator.value_range === null || height === undefined || (channels !== 1 && channels !== 3)) {
    return null;
  }
  const samples = await generator.draw(latentWays(WAYS_SEED, NUM_WAYS, generator.latent, WAY_STEPS));
  const grid = imageGrid(samples, { rows: NUM_WAYS, cols: WAY_STEPS, width: width!, height, channels });
  return { alt: `${NUM_WAYS} ways from one point of the noise to another`, png: encodePng(grid) };
}

async function main(args: readonly string[]): Promise<void> {
  const { values: { out, pictures, runs }, positionals } = parseOptions(COMMAND, args);
  if (positionals.length === 0) {
    throw new UserError("Cannot report: one run or more is required, found none; name it, or latest");
  }
  const folders = await Promise.all(positionals.map((name) => findRun(name, runs)));
  const distinct = new Set(folders.map((folder) => basename(folder))).size === folders.length;
  const reported: Reported[] = [];
  for (const folder of folders) {
    const summary = await summarize(folder, Date.now());
    reported.push({
      name: distinct ? basename(folder) : folder,
      summary,
      findings: examine(summary),
      samples: await picturesOf(folder, summary, pictures),
      ways: await waysOf(folder),
    });
  }
  const page = reportPage(reported, new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC");
  try {
    await Deno.mkdir(dirname(out), { recursive: true });
    await Deno.writeTextFile(out, page);
  } catch (error) {
    throw new UserError(`Cannot write ${out}: it must be a writable file, found ${(error as Error).message}`);
  }
  console.log(out);
}

if (import.meta.main) await runMain(main);

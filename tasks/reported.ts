/** All that a report shows of a run, read and drawn from its folder. */
import { join } from "node:path";
import { readRegular } from "../common/files/regular_file.ts";
import type { Picture, Reported } from "../inspect/html/reported.ts";
import { tonesOf } from "../common/values/tones.ts";
import { count } from "../inspect/numbers.ts";
import { runTitle } from "../common/text/run_title.ts";
import { summarize } from "../inspect/run_folders.ts";
import { latentWays } from "../random/latents.ts";
import { bestSample } from "../runlog/summary/best_sample.ts";
import { examine } from "../runlog/doctor/doctor.ts";
import { verdictOf } from "../runlog/doctor/verdict.ts";
import { spread } from "../pictures/animation.ts";
import { imageGrid, imageShape } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import { Generator } from "../library/generator.ts";
import { nearestNeighborsOf } from "./evaluate/nearest_neighbors.ts";
import { tableOfRun } from "./evaluate/table_of_run.ts";

const NUM_WAYS = 4;
const WAY_STEPS = 8;
const WAYS_SEED = 1;

async function picturesOf(folder: string, { samples }: Summary, at_most: number): Promise<Picture[]> {
  const there: Picture[] = [];
  const chosen = spread(samples.length, at_most).map((i) => samples[i]!);
  for (const { step, file } of chosen) {
    const png = await readRegular(join(folder, file)).catch(() => null);
    if (png) there.push({ alt: `samples at step ${count(step)}`, png });
  }
  return there;
}

/** Ways through the noise of a run's generator, where it draws grey or colour images. */
async function waysOf(generator: Generator): Promise<Picture | null> {
  const { value_range, example_shape } = generator;
  const shape = value_range === null ? null : imageShape(example_shape);
  if (value_range === null || shape === null) return null;
  const num_classes = generator.class_names?.length ?? 1;
  const labels = Uint32Array.from(
    { length: NUM_WAYS * WAY_STEPS },
    (_, i) => Math.floor(i / WAY_STEPS) % num_classes,
  );
  const samples = await generator.draw(latentWays(WAYS_SEED, NUM_WAYS, generator.latent, WAY_STEPS), labels);
  const grid = imageGrid(tonesOf(samples, value_range), { rows: NUM_WAYS, cols: WAY_STEPS, ...shape });
  return { alt: `${NUM_WAYS} interpolations between two points in latent space`, png: encodePng(grid) };
}

/** `num_pictures`: of samples over time, at most. Throws {@linkcode UserError} where the run cannot be read. */
export async function reportedOf(folder: string, name: string, num_pictures: number): Promise<Reported> {
  const summary = await summarize(folder, Date.now());
  const findings = examine(summary);
  const path = join(folder, "generator.onnx");
  const generator = await Deno.stat(path).then(() => Generator.open(path), () => null);
  return {
    name: runTitle(name, summary.name),
    summary,
    best: bestSample(summary),
    findings,
    verdict: verdictOf(summary, findings),
    samples: await picturesOf(folder, summary, num_pictures),
    ways: generator && await waysOf(generator),
    table: await tableOfRun(summary, generator),
    nearest_neighbors: await nearestNeighborsOf(summary, generator),
  };
}

/** When a page is made, for people. */
export function madeNow(): string {
  return new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC";
}

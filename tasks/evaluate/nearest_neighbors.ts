/** How near a run's samples come to its training images, and which images those are. */
import { wholeBytes } from "../../coordinator/data/files/example_bytes.ts";
import { UserError } from "../../common/errors.ts";
import { median } from "../../common/median.ts";
import { recordedConfig } from "../../coordinator/config/config.ts";
import type { DataSet } from "../../coordinator/data/data_set.ts";
import { ShardPlan } from "../../coordinator/data/plan.ts";
import { nearestExamples, type Searched } from "../../coordinator/evaluation/nearest_examples.ts";
import type { NearestNeighbors } from "../../inspect/html/reported.ts";
import { latents } from "../../random/latents.ts";
import { imageGrid, imageShape } from "../../pictures/grid.ts";
import { encodePng } from "../../pictures/png.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import type { Generator } from "../../library/generator.ts";
import { runData } from "./run_data.ts";

const SEED = 1;
/** Samples, and training images, whose distances are measured. */
const NUM_MEASURED = 32;
/** Samples that are shown, and the training images below each. */
const NUM_SHOWN = 8;
const NUM_NEIGHBOURS = 3;

/** The examples that the run trained on, those held out left out. */
function trainedOn(data: DataSet, { config }: Summary): Searched {
  const { shards: num_shards, batch, holdout, seed } = recordedConfig(config);
  const plan = new ShardPlan({ num_examples: data.num_examples, num_shards, batch, holdout, seed });
  return { bytes: wholeBytes(data.bytes), dimension: data.example_bytes, indices: plan.shards };
}

/** Values on the scale of bytes, as the samples have them. */
function tonesOf(values: Float32Array): Float32Array {
  return values.map((value) => (value + 1) * 127.5);
}

/**
 * The training images nearest to some samples of a run whose data are images, or why they cannot be had; null where
 * the data are no images.
 */
export async function nearestNeighborsOf(
  summary: Summary,
  generator: Generator | null,
): Promise<NearestNeighbors | null> {
  if (summary.data.encoding !== "uint8" || !imageShape(summary.data.example_shape)) return null;
  if (!generator) {
    return { missing: "There is no generator.onnx yet: it is written with the first checkpoint" };
  }
  try {
    const data = await runData(summary, "compare with the training images");
    return await compare(data, trainedOn(data, summary), generator);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // The report has no such option: the data must lie where the run found them.
    return { missing: error.message.replace(/; check --data$/, "; put it back to measure this") };
  }
}

async function compare(data: DataSet, searched: Searched, generator: Generator): Promise<NearestNeighbors> {
  const { bytes, dimension, indices } = searched;
  const tones = tonesOf(await generator.draw(latents(SEED, NUM_MEASURED, generator.latent)));
  const tonesAt = (i: number) => tones.subarray(i * dimension, (i + 1) * dimension);
  const near = Array.from(
    { length: NUM_MEASURED },
    (_, i) => nearestExamples(tonesAt(i), searched, NUM_NEIGHBOURS),
  );
  // The first shard's order is a permutation already.
  const chosen = [...indices[0]!.subarray(0, NUM_MEASURED)];
  const among = chosen.map((index) => {
    const image = bytes.subarray(index * dimension, (index + 1) * dimension);
    return nearestExamples(image, searched, 1, index);
  });
  const typical = (all: typeof near) => {
    const distances = all.flatMap(([first]) => first?.distance ?? []);
    return distances.length === 0 ? null : median(Float64Array.from(distances));
  };
  const images = new Uint8Array((1 + NUM_NEIGHBOURS) * NUM_SHOWN * dimension);
  for (let i = 0; i < NUM_SHOWN; i++) {
    images.set(Uint8ClampedArray.from(tonesAt(i)), i * dimension);
    near[i]!.forEach(({ index }, row) => {
      const image = bytes.subarray(index * dimension, (index + 1) * dimension);
      images.set(image, ((row + 1) * NUM_SHOWN + i) * dimension);
    });
  }
  const shape = { rows: 1 + NUM_NEIGHBOURS, cols: NUM_SHOWN, ...imageShape(data.example_shape)! };
  return {
    picture: {
      alt:
        `${NUM_SHOWN} samples in the first row; below each, the ${NUM_NEIGHBOURS} training images nearest to it`,
      png: encodePng(imageGrid(images, shape)),
    },
    num_measured: NUM_MEASURED,
    num_searched: indices.reduce((sum, part) => sum + part.length, 0),
    sample_distance: typical(near)!,
    training_distance: typical(among),
  };
}

/**
 * Networks with dropout that PyTorch exported in training mode (scripts/goldens/networks/make_import_goldens.py): with the masks
 * that PyTorch's step had, our training graphs give its losses and gradients; graphs for use drop nothing.
 */
import assert from "node:assert/strict";
import { droppedShares } from "../../../models/import/dropout.ts";
import {
  criticEvalGraph,
  criticTrainingGraph,
  type DropoutMask,
  generatorForwardGraph,
  generatorTrainingGraph,
  type Pair,
  samplerGraph,
} from "../../../models/training_graphs.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { bound, errorOf, golden, importFile, pairOf, type Precision, run } from "./imported_pair.ts";

const GOLDEN = golden("dropout.safetensors");
const of = (name: string) => GOLDEN.get(name)!;
const filesOf = (how: string) => [`drop_generator_${how}.onnx`, `drop_critic_${how}.onnx`] as const;
const HOW = ["script11", "script13", "script17", "dynamo"];

/** The graph with its masks, fed with those that PyTorch drew for this network's step. */
async function runWithMasks(
  pair: Pair,
  kind: "generator" | "critic",
  build: (masks: DropoutMask[]) => Graph,
  users: Readonly<Record<string, Float64Array>>,
  precision: Precision,
) {
  const masks: DropoutMask[] = [];
  const graph = build(masks);
  const drawn = masks.map(({ input }) => [input, of(`${kind}.${input}`)] as const);
  return {
    masks,
    results: await run(pair, graph, { ...users, ...Object.fromEntries(drawn) }, precision),
  };
}

/** Largest error of a training graph's loss and gradients. */
function stepError(results: ReadonlyMap<string, ArrayLike<number>>, kind: string, pair: Pair): number {
  const role = kind === "generator" ? "generator" : "critic";
  const names = pair[role].parameters.map(({ name }) => name);
  const expected = names.map((name) => {
    const own = name.replace(/^generator\.|^critic\./, "");
    return [name, GOLDEN.get(`${kind}.${role}.${own}`)!] as const;
  });
  const whole = Math.hypot(...expected.map(([, data]) => Math.hypot(...data)));
  return Math.max(
    Math.abs(results.get("loss")![0]! - of(`${kind}.loss`)[0]!),
    ...expected.map(([name, data]) => errorOf(results.get(`${name}_grad`)!, data, 1e-2 * whole)),
  );
}

/** Measured: 3.6e-6 and 1.3e-14. */
const TOLERANCES: Readonly<Record<Precision, number>> = { float32: 1e-5, float64: 1e-13 };

for (const how of HOW) {
  for (const objective of ["wgan", "wgan-gp"] as const) {
    Deno.test(`import ${how} with dropout: a ${objective} step with PyTorch's masks gives its gradients`, async () => {
      for (const precision of ["float32", "float64"] as const) {
        const pair = pairOf(filesOf(how), 4, [8, 8], objective);
        const noise = { noise: of("noise") };
        const step = { real: of("real"), fake: of("fake"), ...objective === "wgan-gp" && { mix: of("mix") } };
        const forward = await runWithMasks(
          pair,
          "generator",
          (masks) => generatorForwardGraph(pair, masks),
          noise,
          precision,
        );
        const critic = await runWithMasks(
          pair,
          "critic",
          (masks) => criticTrainingGraph(pair, undefined, masks),
          step,
          precision,
        );
        const generator = await runWithMasks(
          pair,
          "generator",
          (masks) => generatorTrainingGraph(pair, undefined, masks),
          noise,
          precision,
        );
        const errors = {
          fake: errorOf(forward.results.get("fake")!, of("fake")),
          critic: stepError(critic.results, objective.replace("-", "_"), pair),
          generator: stepError(generator.results, "generator", pair),
        };
        assert.ok(
          Math.max(...Object.values(errors)) <= TOLERANCES[precision],
          `${precision} is off: ${JSON.stringify(errors)}`,
        );
      }
    });
  }

  Deno.test(`import ${how} with dropout: nothing is dropped in scores and samples`, async () => {
    for (const precision of ["float32", "float64"] as const) {
      const pair = pairOf(filesOf(how), 4, [8, 8], "wgan");
      const samples = await run(pair, bound(samplerGraph(pair), 4), { noise: of("noise") }, precision);
      const scores = await run(pair, bound(criticEvalGraph(pair), 4), { real: of("real") }, precision);
      const found = Math.max(
        errorOf(samples.get("samples")!, of("samples")),
        errorOf(scores.get("scores")!, of("scores")),
      );
      assert.ok(found <= TOLERANCES[precision], `${precision} is off by ${found}`);
    }
  });

  Deno.test(`import ${how} with dropout: each pass of each layer has a mask of its own, of the file's ratio`, () => {
    const shares = filesOf(how).map((file) => droppedShares(importFile(file, "critic").graph));
    assert.deepEqual(shares, [[0.25, 0.4].map(Math.fround), [0.3, 0.5].map(Math.fround)]);
    const pair = pairOf(filesOf(how), 4, [8, 8], "wgan-gp");
    const masks: DropoutMask[] = [];
    criticTrainingGraph(pair, undefined, masks);
    const mask = (i: number, shape: number[], ratio: number) => ({
      input: `mask_${i}`,
      shape,
      ratio: Math.fround(ratio),
    });
    assert.deepEqual(masks, [
      mask(0, [8, 3, 4, 4], 0.3),
      mask(1, [8, 7], 0.5),
      mask(2, [4, 3, 4, 4], 0.3),
      mask(3, [4, 7], 0.5),
    ]);
  });
}

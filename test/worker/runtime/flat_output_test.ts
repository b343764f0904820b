import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { fillNormal } from "../../../random/philox.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { FLAT } from "../../../worker/runtime/flat_output.ts";
import { compileGraphs } from "../../../worker/compute/graph_runner.ts";
import { openNodeSession } from "../../../worker/runtime/node_session.ts";
import type { Session } from "../../../worker/runtime/runtime.ts";
import { MICRO_BATCH, testRun } from "../test_run.ts";

const { manifest, graphs } = await testRun();

for (const name of ["critic_training_model", "generator_training_model"] as const) {
  Deno.test(`${name}: one output holds what all hold, in the order of the result`, async () => {
    const entry = manifest.graphs[name], { layouts, latent, example_shape } = manifest;
    const example = numElements(example_shape);
    const normals = (length: number, counter: number) => {
      const data = new Float32Array(length);
      fillNormal(data, { seed: 1, purpose: "probe", counter, shard: 0 });
      return data;
    };
    const sources = {
      critic: normals(layouts.critic.size, 0),
      generator: normals(layouts.generator.size, 1),
      real: normals(MICRO_BATCH * example, 2),
      fake: normals(MICRO_BATCH * example, 3),
      noise: normals(MICRO_BATCH * latent, 4),
    };
    const results: Float32Array[] = [];
    for (const provider of ["cpu", "webgpu"] as const) {
      // As for that device, on the processor.
      const opened: Session[] = [];
      const runners = await compileGraphs(manifest, graphs, { provider, index: 0 }, async (bytes) => {
        opened.push(await openNodeSession(bytes, CPU));
        return opened.at(-1)!;
      });
      const flat = opened.filter(({ output_names }) => output_names.includes(FLAT));
      assert.equal(flat.length, provider === "cpu" ? 0 : 2);
      const result = new Float32Array(entry.size).fill(NaN);
      await runners[name].bind(sources, result, MICRO_BATCH).run();
      for (const session of opened) session.release();
      results.push(result);
    }
    assert.ok(results[0]!.every(Number.isFinite));
    assert.deepEqual(results[1], results[0]);
  });
}

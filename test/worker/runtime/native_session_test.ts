import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { GRAPH_NAMES } from "../../../models/manifest.ts";
import { fillNormal } from "../../../random/philox.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { NativeRuntime } from "../../../worker/runtime/native_session.ts";
import { openNodeSession } from "../../../worker/runtime/node_session.ts";
import type { TensorView } from "../../../worker/runtime/runtime.ts";
import { MICRO_BATCH, testRun } from "../test_run.ts";

const { manifest, graphs } = await testRun();
const native = NativeRuntime.open()!;

/** Tensors of the shapes of a graph's inputs or outputs, in arrays of their own. */
function tensors(of: readonly { name: string; shape: readonly (number | string)[] }[], seed: number) {
  return of.map(({ name, shape }, shard): TensorView => {
    const fixed = shape.map((extent) => typeof extent === "string" ? MICRO_BATCH : extent);
    const data = new Float32Array(numElements(fixed));
    if (seed > 0) fillNormal(data, { seed, purpose: "probe", counter: 0, shard });
    return { name, data: name.includes("var") ? data.map(Math.abs) : data, shape: fixed };
  });
}

for (const name of GRAPH_NAMES) {
  Deno.test(`${name}: the same bits as through onnxruntime-node, run after run as the buffers change`, async () => {
    const { inputs, outputs } = manifest.graphs[name];
    const sessions = [
      native.openSession(graphs[name], CPU),
      native.openSession(graphs[name], CPU, true),
      await openNodeSession(graphs[name], CPU),
    ];
    for (const session of sessions) {
      assert.deepEqual([...session.input_names].sort(), inputs.map((input) => input.name).sort());
      assert.deepEqual([...session.output_names].sort(), outputs.map((output) => output.name).sort());
    }
    const fed = tensors(inputs, 1);
    const results = sessions.map(() => tensors(outputs, 0));
    const bound = sessions.map((session, i) => session.bind(fed, results[i]!));
    const seen = new Set<string>();
    for (const seed of [1, 2, 3]) {
      tensors(inputs, seed).forEach(({ data }, i) => fed[i]!.data.set(data));
      for (const graph of bound) assert.ok(await graph.run() > 0);
      assert.deepEqual(results[0], results[2]);
      assert.deepEqual(results[1], results[2]);
      seen.add(JSON.stringify(results[0]!.map(({ data }) => data.slice(0, 4))));
    }
    assert.equal(seen.size, 3);
    for (const graph of bound) graph.release();
    for (const session of sessions) session.release();
  });
}

for (const copies of [false, true]) {
  Deno.test(`what the library refuses is thrown in its words${copies ? ", where runs copy, too" : ""}`, async () => {
    assert.throws(
      () => native.openSession(new Uint8Array([1, 2, 3]), CPU, copies),
      /protobuf parsing failed/i,
    );
    const session = native.openSession(graphs.sampler_model, CPU, copies);
    const { inputs, outputs } = manifest.graphs.sampler_model;
    const [first, ...others] = tensors(inputs, 1);
    const unknown = [{ ...first!, name: "nobody" }, ...others];
    await assert.rejects(async () => await session.bind(unknown, tensors(outputs, 0)).run(), /nobody/);
    const short = { ...first!, shape: [...first!.shape, 2] };
    assert.throws(() => session.bind([...others, short], []), /not enough|size/i);
    session.release();
  });
}

Deno.test("a run without one of its inputs fails, and the next one goes through", async () => {
  const session = native.openSession(graphs.critic_eval_model, CPU);
  const { inputs, outputs } = manifest.graphs.critic_eval_model;
  const fed = tensors(inputs, 1), result = tensors(outputs, 0);
  const partial = session.bind(fed.slice(1), result);
  await assert.rejects(partial.run(), /missing|input/i);
  const whole = session.bind(fed, result);
  assert.ok(await whole.run() > 0);
  assert.ok(result[0]!.data.some((value) => value !== 0));
});

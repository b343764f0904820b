/**
 * Operators that are written out while a file is imported: that they give what ONNX Runtime gives for the file
 * (scripts/goldens/networks/make_lowering_goldens.py), and gradients through them, first and second order.
 */
import assert from "node:assert/strict";
import { decompose } from "../../../../autodiff/decompose.ts";
import { gradients } from "../../../../autodiff/gradients.ts";
import { importGraph } from "../../../../models/import/import_graph.ts";
import { generatorNet, importedNetwork } from "../../../../models/import/imported_net.ts";
import { GraphBuilder } from "../../../../onnx/builder.ts";
import { readModel } from "../../../../onnx/codec.ts";
import { checkGraph } from "../../../../onnx/check.ts";
import { interpret } from "../../../reference/interpreter.ts";
import { refTensor, sizeOf } from "../../../reference/ref_tensor.ts";
import { relativeDifference } from "../../../reference/relative_difference.ts";
import { runInOnnxRuntime } from "../../../reference/onnxruntime.ts";
import { seededNumbers } from "../../../reference/seeded.ts";
import { differenceError, type Problem, secondOrder } from "../../../autodiff/checking.ts";

const read = (file: string) => Deno.readFileSync(new URL(`../files/lowering/${file}`, import.meta.url));
type Numbers = readonly [shape: readonly number[], data: readonly number[]];
const GOLDENS = JSON.parse(new TextDecoder().decode(read("lowering.json"))) as Record<
  string,
  { readonly x: Numbers; readonly y: Numbers }
>;

/** Float64 against ONNX Runtime's float32. Measured: 4.2e-7. */
const SAME = 2e-6;
/** Float64 gradients against central differences. Measured: first order 3.4e-11, second order 8.7e-10. */
const DIFFERENCES = { first: 2e-10, second: 5e-9 };

const imported = (name: string) => importGraph(readModel(read(`${name}.onnx`)), name, "generator");

/** loss = sum of w y^2 of two examples, by all weights and the input. */
function lossOf(name: string): Problem {
  const network = importedNetwork(imported(name), "generator", []);
  const net = generatorNet(network, { example_shape: network.output_shape, logits: false });
  const b = new GraphBuilder(name), batch = 2;
  const feeds = new Map<string, ReturnType<typeof refTensor>>();
  const input = (own: string, shape: readonly number[], values: Iterable<number>) => {
    feeds.set(own, refTensor("float32", shape, values));
    return b.input(own, "float32", shape);
  };
  const { x: [x_shape, x_data] } = GOLDENS[name]!, latent = sizeOf(x_shape) / x_shape[0]!;
  const x = input("x", [batch, latent], x_data.slice(0, batch * latent));
  for (const { name: own, shape, initialiser } of net.parameters) {
    assert.ok(initialiser.kind === "given");
    input(own, shape, initialiser.values);
  }
  const y = net.forwardEval(b, x), shape = y.type.shape as readonly number[];
  const weights = input("w", shape, seededNumbers(3, sizeOf(shape), 0.5, 1.5));
  b.output(b.op("ReduceSum", [b.op("Mul", [weights, b.op("Mul", [y, y])])], { keepdims: 0 }), "loss");
  return { graph: b.build(), feeds, wrt: ["x", ...net.parameters.map((parameter) => parameter.name)] };
}

for (const [name, { x, y }] of Object.entries(GOLDENS)) {
  Deno.test(`lowering ${name}: what is written out gives what the file gives, with right gradients`, async () => {
    const { graph, values } = imported(name);
    const weights = [...values].map(([own, { shape, data }]) =>
      [own, refTensor("float32", shape, Array.from(data, Number))] as const
    );
    const feeds = new Map([["x", refTensor("float32", ...x)], ...weights]);
    const expected = refTensor("float32", ...y);
    for (const found of [interpret(graph, feeds), await runInOnnxRuntime(decompose(graph), feeds)]) {
      const result = found.values().next().value!;
      assert.deepEqual(result.shape, expected.shape);
      const error = relativeDifference(expected, result);
      assert.ok(error <= SAME, `off by ${error}`);
    }
    const problem = lossOf(name);
    const first = {
      ...problem,
      graph: gradients(decompose(problem.graph), { loss: "loss", wrt: problem.wrt }),
    };
    checkGraph(first.graph);
    const error = differenceError(first, "loss", "_grad");
    assert.ok(error <= DIFFERENCES.first, `gradients are off by ${error}`);
    const second_error = differenceError(secondOrder(first), "second_loss", "_grad2");
    assert.ok(second_error <= DIFFERENCES.second, `second gradients are off by ${second_error}`);
  });
}

import assert from "node:assert/strict";
import { checkGraph } from "../../onnx/check.ts";
import type { Graph, Node } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { printGraph } from "../../onnx/text.ts";
import { smallModel } from "./fixtures.ts";

const { graph } = smallModel();

/** The graph with one node changed. */
function withNode(index: number, change: Partial<Node>): Graph {
  return { ...graph, nodes: graph.nodes.map((node, i) => i === index ? { ...node, ...change } : node) };
}

function withType(name: string, shape: readonly number[] | undefined): Graph {
  const types = new Map(graph.types);
  if (shape) types.set(name, { element: "float32", shape });
  else types.delete(name);
  return { ...graph, types };
}

/** Each way to break the graph, and the whole text of its refusal. */
const MUTATIONS: Readonly<Record<string, readonly [Graph, string]>> = {
  "unknown operator": [
    withNode(0, { op: "MatMull" }),
    "Cannot use node h (MatMull) of graph small: this operator is unknown; replace it by others, or add it to onnx/operators/",
  ],
  "name of a method of every object": [
    withNode(0, { op: "toString" }),
    "Cannot use node h (toString) of graph small: this operator is unknown; replace it by others, or add it to onnx/operators/",
  ],
  "foreign domain": [
    withNode(0, { domain: "com.microsoft" }),
    "Cannot use graph small: all operators must be of domain ai.onnx: found MatMul of com.microsoft",
  ],
  "order": [
    { ...graph, nodes: graph.nodes.toReversed() },
    'Cannot type node clip_0 (Clip) of graph small: no input, initializer or earlier node has the name of its input "transpose_0"',
  ],
  "missing input": [
    withNode(0, { inputs: ["x", "v"] }),
    'Cannot type node h (MatMul) of graph small: no input, initializer or earlier node has the name of its input "v"',
  ],
  "too few inputs": [
    withNode(0, { inputs: ["x"] }),
    "Cannot type node h (MatMul) of graph small on (float32[N,3]): it must have 2 inputs: found 1",
  ],
  "too many outputs": [
    withNode(0, { outputs: ["h", "i"] }),
    "Cannot type node h (MatMul) of graph small on (float32[N,3], float32[3,2]): it must have 1 outputs: found 2",
  ],
  "no outputs": [
    withNode(6, { outputs: [] }),
    "Cannot type node split_0 (Split) of graph small on (float32[3,2]): it must have 1 or more outputs: found 0",
  ],
  "written twice": [
    withNode(1, { outputs: ["h"] }),
    'Cannot use node leakyrelu_0 (LeakyRelu) of graph small: "h" is written twice',
  ],
  "an input written": [
    withNode(1, { outputs: ["x"] }),
    'Cannot use node leakyrelu_0 (LeakyRelu) of graph small: "x" is written twice',
  ],
  "an initializer written": [
    withNode(1, { outputs: ["w"] }),
    'Cannot use node leakyrelu_0 (LeakyRelu) of graph small: "w" is written twice',
  ],
  "written twice by one node": [
    withNode(6, { outputs: ["split_0_0", "split_0_0"] }),
    'Cannot use node split_0 (Split) of graph small: "split_0_0" is written twice',
  ],
  "one name for two nodes": [
    withNode(1, { name: "h" }),
    "Cannot use node h (LeakyRelu) of graph small: another node has this name",
  ],
  "unknown attribute": [
    withNode(1, { attributes: { beta: { kind: "float", value: 1 } } }),
    "Cannot type node leakyrelu_0 (LeakyRelu) of graph small on (float32[N,2]): unknown attribute beta",
  ],
  "attribute of another kind": [
    withNode(1, { attributes: { alpha: { kind: "int", value: 1 } } }),
    "Cannot type node leakyrelu_0 (LeakyRelu) of graph small on (float32[N,2]): attribute alpha must be of kind " +
    "float: found int",
  ],
  "wrong type": [
    withType("h", [4, 2]),
    'Cannot use graph small: "h", written by node h (MatMul) of graph small, must be of type float32[N,2]: found ' +
    "float32[4,2]",
  ],
  "type of an intermediate value missing": [
    withType("h", undefined),
    'Cannot use graph small: "h", written by node h (MatMul) of graph small, must be of type float32[N,2]: found ' +
    "none",
  ],
  "type of an input missing": [withType("x", undefined), 'Cannot use graph small: "x" must have a type'],
  "wrong type of an initializer": [
    withType("w", [2, 3]),
    'Cannot use graph small: "w", of an initializer, must be of type float32[3,2]: found float32[2,3]',
  ],
  "type of nothing": [
    withType("nobody", [1]),
    'Cannot use graph small: "nobody" has a type, but no input, initializer or node has this name',
  ],
  "negative extent": [
    withType("x", [-1, 3]),
    'Cannot use value "x" of graph small: it must have at most 64 extents, each of 0 or more or a name of at most ' +
    "200 characters, found float32[-1,3]",
  ],
  "data too short": [
    {
      ...graph,
      initializers: new Map([["w", { ...tensorOf("float32", [6], [1, 2, 3, 4, 5, 6]), shape: [7] }]]),
    },
    'Initializer "w" of graph small of shape [7] must have 7 elements: found 6',
  ],
  "data of another class": [
    {
      ...graph,
      initializers: new Map([["w", { element: "float32", shape: [1], data: Float64Array.of(1) }]]),
    },
    'Initializer "w" of graph small of float32 must have its data in Float32Array: found Float64Array',
  ],
  "an initializer that is an input": [
    { ...graph, inputs: ["x", "w"] },
    'Cannot use graph small: "w" must not be both an input and an initializer: ONNX Runtime would ignore the input',
  ],
  "an input twice": [
    { ...graph, inputs: ["x", "x"] },
    'Cannot use graph small: input names must be distinct: found "x"',
  ],
  "missing output": [
    { ...graph, outputs: ["z"] },
    'Cannot use graph small: output "z" must be the name of a value: no input, initializer or node has this name',
  ],
  "an output twice": [
    { ...graph, outputs: ["y", "y"] },
    'Cannot use graph small: output names must be distinct: found "y" twice',
  ],
  "no output": [{ ...graph, outputs: [] }, "Cannot use graph small: it must have an output"],
  "long names": [
    { ...graph, outputs: ["z".repeat(10_000)] },
    `Cannot use graph small: output "${"z".repeat(568)}…`,
  ],
  "line ends in names": [
    { ...graph, outputs: ["a\nb\u001b[31m"] },
    'Cannot use graph small: output "a?b?[31m" must be the name of a value: no input, initializer or node has this name',
  ],
};

Deno.test("a right graph passes the checker", () => checkGraph(graph));

for (const [name, [mutant, message]] of Object.entries(MUTATIONS)) {
  Deno.test(`the checker refuses: ${name}`, () => {
    assert.throws(() => checkGraph(mutant), { name: "GraphError", message });
  });
}

Deno.test("the text form of a graph", () => {
  assert.equal(
    printGraph(graph),
    `graph small
input x: float32[N,3]
constant w: float32[3,2] = 0 0.25 0.5 0.75 1 1.25
constant const_0: float32[] = 0.5
constant const_1: int64[2] = 4 200
h: float32[N,2] = MatMul(x, w)
leakyrelu_0: float32[N,2] = LeakyRelu(h) alpha=0.25
transpose_0: float32[2,N] = Transpose(leakyrelu_0) perm=[1,0]
y: float32[2,N] = Clip(transpose_0, _, const_0) # clip_0
names: string[2] = Constant() value_strings=["a","é"] # constant_0
zeros: int64[4,200] = ConstantOfShape(const_1) value=int64[1] = -3 # constantofshape_0
split_0_0: float32[3,1], split_0_1: float32[3,1] = Split(w) axis=1 num_outputs=2 # split_0
output y: float32[2,N]
output names: string[2]
output zeros: int64[4,200]
output split_0_1: float32[3,1]
`,
  );
});

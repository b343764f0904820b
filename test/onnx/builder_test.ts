import assert from "node:assert/strict";
import { GraphBuilder } from "../../onnx/builder.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { printGraph } from "../../onnx/text.ts";
import { smallModel } from "./fixtures.ts";

Deno.test("a graph continued and built again is the same graph", () => {
  const { graph } = smallModel();
  assert.deepEqual(GraphBuilder.from(graph).build(), graph);
});

Deno.test("a continued graph keeps its names and takes fresh ones for what is new", () => {
  const b = GraphBuilder.from(smallModel().graph);
  const y = b.value("y");
  assert.deepEqual(y.type, { element: "float32", shape: [2, "N"] });
  const clip = b.op("Clip", [y, b.scalar(7)]);
  assert.equal(clip.name, "clip_1");
  b.output(clip, "clipped");
  const graph = b.build();
  assert.deepEqual(graph.outputs, ["y", "names", "zeros", "split_0_1", "clipped"]);
  assert.equal(graph.initializers.size, 4);
});

Deno.test("unnamed equal constants are one, others are not", () => {
  const b = new GraphBuilder("g");
  const first = b.scalar(0);
  assert.equal(b.scalar(0).name, first.name);
  for (
    const other of [
      b.scalar(-0),
      b.scalar(0, "float64"),
      b.scalar(0, "int32"),
      b.constant(tensorOf("float32", [1], [0])),
      b.constant(tensorOf("float32", [], [0]), "named"),
    ]
  ) assert.notEqual(other.name, first.name);
});

Deno.test("optional inputs that are left out are named empty before others, and not at all at the end", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [2]);
  const inputs = (...values: Parameters<typeof b.op>[1]) => {
    const { name } = b.op("Clip", values);
    b.output(b.value(name), `${name}_out`);
    return b.build().nodes.find(({ op, outputs }) => op === "Clip" && outputs[0] === `${name}_out`)!.inputs;
  };
  const high = b.constant(tensorOf("float32", [], [1]), "high");
  assert.deepEqual(inputs(x, null, high), ["x", "", "high"]);
  assert.deepEqual(inputs(x, high, null), ["x", "high"]);
  assert.deepEqual(inputs(x, null, null), ["x"]);
});

Deno.test("outputs are renamed in place where that is possible, and copied where it is not", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [2]);
  const y = b.op("Neg", [x]);
  b.output(y, "renamed");
  b.output(y, "again");
  b.output(y);
  b.output(x, "input");
  b.output(b.op("Exp", [y], {}, { name: "exponential", output: "e" }));
  assert.equal(y.name, "neg_0");
  assert.equal(
    printGraph(b.build()),
    `graph g
input x: float32[2]
renamed: float32[2] = Neg(x) # neg_0
again: float32[2] = Identity(renamed) # identity_0
identity_1: float32[2] = Identity(renamed)
input: float32[2] = Identity(x) # identity_2
e: float32[2] = Exp(renamed) # exponential
output renamed: float32[2]
output again: float32[2]
output identity_1: float32[2]
output input: float32[2]
output e: float32[2]
`,
  );
});

Deno.test("plain attributes take the kind of the operator table", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [2, 3]);
  b.op("LeakyRelu", [x], { alpha: 1 });
  b.op("Softmax", [x], { axis: 1 });
  b.op("Softmax", [x], { axis: { kind: "int", value: 0 } });
  b.op("Constant", [], { value: tensorOf("int64", [], [4]) });
  b.output(x, "y");
  assert.deepEqual(b.build().nodes.slice(0, 4).map(({ attributes }) => attributes), [
    { alpha: { kind: "float", value: 1 } },
    { axis: { kind: "int", value: 1 } },
    { axis: { kind: "int", value: 0 } },
    { value: { kind: "tensor", value: tensorOf("int64", [], [4]) } },
  ]);
});

/** Misuse, and the whole text of its refusal. */
const MISUSE: readonly (readonly [(b: GraphBuilder) => unknown, string])[] = [
  [(b) => b.input("x", "float32", [1]), "Cannot add value x to graph g: another value has this name"],
  [(b) => b.input("", "float32", [1]), "Cannot add a value without name to graph g"],
  [(b) => b.value("z"), "Cannot find value z in graph g"],
  [(b) => b.op("Negg", [b.value("x")]), "Cannot use node negg_0 (Negg) of graph g: unknown operator"],
  [
    (b) => b.op("Neg", [b.value("x")], { axis: 1 }),
    "Cannot use node neg_0 (Neg) of graph g: unknown attribute axis",
  ],
  [
    (b) => b.op("Softmax", [b.value("x")], { axis: 0.5 }),
    "Cannot use node softmax_0 (Softmax) of graph g: attribute axis must be of kind int",
  ],
  [
    (b) => b.op("Softmax", [b.value("x")], { axis: { kind: "float", value: 1 } }),
    "Cannot use node softmax_0 (Softmax) of graph g: attribute axis must be of kind int",
  ],
  [
    (b) => b.op("Neg", [b.value("x")], {}, { output: "x" }),
    "Cannot add value x to graph g: another value has this name",
  ],
  [
    (b) => [1, 2].map((i) => b.op("Neg", [b.value("x")], {}, { name: "n", output: `y${i}` })),
    "Cannot add node n (Neg) to graph g: another node has this name",
  ],
  [
    (b) => {
      b.output(b.op("Neg", [b.value("x")]), "y");
      b.input("y", "float32", []);
    },
    "Cannot add value y to graph g: another value has this name",
  ],
  [
    (b) => b.op("Neg", [new GraphBuilder("other").input("foreign", "float32", [])]),
    'Cannot type node neg_0 (Neg) of graph g: no input, initializer or earlier node has the name of its input "foreign"',
  ],
  [
    (b) => b.scalar(1, "float16"),
    "Cannot make a float16 tensor from numbers: make a Tensor object with its data instead",
  ],
  [(b) => b.build(), "Cannot use graph g: it must have an output"],
];

Deno.test("misuse of the builder is refused by name", () => {
  for (const [misuse, message] of MISUSE) {
    const b = new GraphBuilder("g");
    b.input("x", "float32", [2, 2]);
    assert.throws(() => misuse(b), { name: "GraphError", message });
  }
});

/** The clean-up pass: fewer nodes, the same numbers. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { gradients } from "../../autodiff/gradients.ts";
import { type DifferentiableOp, GRADIENT_RULES } from "../../autodiff/rules.ts";
import { simplify } from "../../autodiff/simplify.ts";
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { ElementType, Graph } from "../../onnx/graph.ts";
import { GraphError } from "../../onnx/graph_error.ts";
import { elementCode, tensorOf } from "../../onnx/tensor.ts";
import { printGraph } from "../../onnx/text.ts";
import { interpret } from "../reference/interpreter.ts";
import { runInOnnxRuntime } from "../reference/onnxruntime.ts";
import { type RefTensor, refTensor, sizeOf } from "../reference/ref_tensor.ts";
import { seededNumbers } from "../reference/seeded.ts";
import { firstOrder, secondOrder } from "./checking.ts";
import { RULE_CASES } from "./rule_cases.ts";

type Build = (b: GraphBuilder, x: Value, y: Value) => Value;

/** The constants and nodes, as text, of what is left of f(x [2,3], y [3]). */
function left(build: Build): string {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [2, 3]), y = b.input("y", "float32", [3]);
  b.output(build(b, x, y), "out");
  const lines = printGraph(simplify(b.build())).trim().split("\n");
  const inner = lines.filter((line) => !/^(graph|input|output) /.test(line));
  return inner.map((line) => line.replace(/: (float32|int64|bool)(\[[\d,]*\])/, "$2").replace(/ #.*/, ""))
    .join("; ");
}

const patterns: Record<string, [Build, string]> = {
  "x 1": [(b, x) => b.op("Mul", [b.scalar(1), b.op("Mul", [x, b.scalar(1)])]), "out[2,3] = Identity(x)"],
  "x 1 that broadcasts": [
    (b, _, y) => b.op("Mul", [y, b.constant(tensorOf("float32", [2, 1], [1, 1]))]),
    "constant folded_1[2] = 2 3; out[2,3] = Expand(y, folded_1)",
  ],
  "x (-1)": [(b, x) => b.op("Mul", [b.scalar(-1), x]), "out[2,3] = Neg(x)"],
  "x + 0, x - 0, x / 1, x^1": [
    (b, x) => {
      const sum = b.op("Add", [b.scalar(0), b.op("Add", [x, b.scalar(0)])]);
      const quotient = b.op("Div", [b.op("Sub", [sum, b.scalar(0)]), b.scalar(1)]);
      return b.op("Pow", [quotient, b.scalar(1)]);
    },
    "out[2,3] = Identity(x)",
  ],
  "-(-x)": [(b, x) => b.op("Neg", [b.op("Neg", [x])]), "out[2,3] = Identity(x)"],
  "x + (-y)": [(b, x, y) => b.op("Add", [x, b.op("Neg", [y])]), "out[2,3] = Sub(x, y)"],
  "(-x) + y": [(b, x, y) => b.op("Add", [b.op("Neg", [x]), y]), "out[2,3] = Sub(y, x)"],
  "x - (-y)": [(b, x, y) => b.op("Sub", [x, b.op("Neg", [y])]), "out[2,3] = Add(x, y)"],
  "a chain of Identity": [
    (b, x) => b.op("Identity", [b.op("Identity", [b.op("Exp", [b.op("Identity", [x])])])]),
    "out[2,3] = Exp(x)",
  ],
  "two transpositions": [
    (b, x) => b.op("Exp", [b.op("Transpose", [b.op("Transpose", [x])], { perm: [1, 0] })]),
    "out[2,3] = Exp(x)",
  ],
  "transpositions that do not commute": [
    (b, x) => {
      const cube = b.op("Expand", [b.op("Exp", [x]), b.ints([4, 2, 3])]);
      return b.op("Transpose", [b.op("Transpose", [cube], { perm: [1, 2, 0] })], { perm: [1, 0, 2] });
    },
    "constant const_0[3] = 4 2 3; exp_0[2,3] = Exp(x); expand_0[4,2,3] = Expand(exp_0, const_0); out[3,2,4] = " +
    "Transpose(expand_0) perm=[2,1,0]",
  ],
  "a transposition of a column": [
    (b, _, y) => b.op("Exp", [b.op("Transpose", [b.op("Unsqueeze", [y, b.ints([1])])])]),
    "constant folded_0[2] = 1 3; reshape_1[1,3] = Reshape(y, folded_0); out[1,3] = Exp(reshape_1)",
  ],
  "reshapes in a row": [
    (b, x) => b.op("Flatten", [b.op("Unsqueeze", [b.op("Reshape", [x, b.ints([3, 2])]), b.ints([0])])]),
    "constant folded_1[2] = 1 6; out[1,6] = Reshape(x, folded_1)",
  ],
  "reshapes there and back": [
    (b, x) => b.op("Exp", [b.op("Reshape", [b.op("Reshape", [x, b.ints([6])]), b.ints([2, -1])])]),
    "out[2,3] = Exp(x)",
  ],
  "equal nodes": [
    (b, x, y) => b.op("Sub", [b.op("Exp", [b.op("Mul", [x, y])]), b.op("Exp", [b.op("Mul", [y, x])])]),
    "mul_0[2,3] = Mul(x, y); exp_0[2,3] = Exp(mul_0); out[2,3] = Sub(exp_0, exp_0)",
  ],
  "nodes that are equal but for the order of their inputs": [
    (b, x, y) => b.op("Mul", [b.op("Sub", [x, y]), b.op("Sub", [y, x])]),
    "sub_0[2,3] = Sub(x, y); sub_1[2,3] = Sub(y, x); out[2,3] = Mul(sub_0, sub_1)",
  ],
  "joined constants": [
    (b) => {
      const parts = [[1, 2], [3, 4]].map((values) => b.constant(tensorOf("float32", [2, 1], values)));
      return b.op("Concat", [...parts, b.op("Concat", parts, { axis: 1 })], { axis: -1 });
    },
    "constant const_0[2,1] = 1 2; constant const_1[2,1] = 3 4; concat_0[2,2] = Concat(const_0, const_1) axis=1; " +
    "out[2,4] = Concat(const_0, const_1, concat_0) axis=-1",
  ],
  "joined rows of constants": [
    (b, _, y) => {
      const parts = [[1, 2], [3]].map((values) => b.constant(tensorOf("float32", [values.length], values)));
      return b.op("Mul", [y, b.op("Concat", parts, { axis: 0 })]);
    },
    "constant folded_0[3] = 1 2 3; out[3] = Mul(y, folded_0)",
  ],
  "constants": [
    (b, x) => b.op("Add", [x, b.op("Sqrt", [b.op("Div", [b.scalar(9), b.scalar(4)])])]),
    "constant folded_1[] = 1.5; out[2,3] = Add(x, folded_1)",
  ],
  "an expansion within a larger result": [
    (b, x, y) => b.op("Mul", [x, b.op("Expand", [b.op("Neg", [y]), b.ints([2, 3])])]),
    "neg_0[3] = Neg(y); out[2,3] = Mul(x, neg_0)",
  ],
  "computing after expanding": [
    (b, _, y) => b.op("Mul", [b.op("Exp", [b.op("Expand", [y, b.ints([2, 3])])]), b.scalar(2)]),
    "constant const_1[] = 2; constant const_0[2] = 2 3; exp_1[3] = Exp(y); mul_1[3] = Mul(exp_1, " +
    "const_1); out[2,3] = Expand(mul_1, const_0)",
  ],
  "a constant full of one number": [
    (b, x) => b.op("Mul", [x, b.constant(tensorOf("float32", [2, 3], Array(6).fill(0.5)))]),
    "constant folded_0[] = 0.5; out[2,3] = Mul(x, folded_0)",
  ],
  "sums of negated numbers": [
    (b, x) => b.op("ReduceSum", [b.op("Neg", [x]), b.ints([0])], { keepdims: 0 }),
    "constant const_0[1] = 0; reducesum_1[3] = ReduceSum(x, const_0) keepdims=0; out[3] = Neg(reducesum_1)",
  ],
  "sums over extents of 1": [
    (b, _, y) =>
      b.op("ReduceSum", [b.op("Unsqueeze", [b.op("Exp", [y]), b.ints([1])]), b.ints([1])], { keepdims: 0 }),
    "out[3] = Exp(y)",
  ],
  "reduced axes that go at once": [
    (b, x) => b.op("Reshape", [b.op("ReduceSum", [x, b.ints([0])]), b.ints([3])]),
    "constant const_0[1] = 0; out[3] = ReduceSum(x, const_0) keepdims=0",
  ],
  "casts to the same type and single parts": [
    (b, x) => b.op("Cast", [b.op("Concat", [b.op("Exp", [x])], { axis: 0 })], { to: elementCode("float32") }),
    "out[2,3] = Exp(x)",
  ],
};

for (const [what, [build, expected]] of Object.entries(patterns)) {
  Deno.test(`simplify: ${what}`, () => assert.equal(left(build), expected));
}

Deno.test("simplify drops what no output needs, and keeps every input and output", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", ["N", 3]);
  b.input("unused", "float32", []);
  b.output(x, "same");
  const h = b.op("Exp", [x]);
  b.output(h, "h");
  b.output(b.op("Exp", [x]), "again");
  b.op("Log", [x]);
  b.output(b.op("Mul", [b.scalar(2), b.scalar(3)]), "six");
  assert.equal(
    printGraph(simplify(b.build())),
    `graph g
input x: float32[N,3]
input unused: float32[]
constant folded_0: float32[] = 6
h: float32[N,3] = Exp(x) # exp_0
same: float32[N,3] = Identity(x) # identity_0
again: float32[N,3] = Identity(h) # exp_1
six: float32[] = Identity(folded_0) # mul_0
output same: float32[N,3]
output h: float32[N,3]
output again: float32[N,3]
output six: float32[]
`,
  );
});

Deno.test("simplify keeps the parts of Split, by number or by name", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [4]);
  const [first, second] = b.ops("Split", [b.op("Exp", [x])], { num_outputs: 2 }, 2);
  b.output(b.op("Neg", [first!]), "low");
  b.output(second!, "high");
  const graph = b.build(), feeds = new Map([["x", refTensor("float32", [4], [1, 2, 3, 4])]]);
  const once = simplify(graph);
  assert.deepEqual(interpret(once, feeds), interpret(graph, feeds));
  assert.equal(printGraph(simplify(once)), printGraph(once));
});

/** Numbers without the sign of zeros. */
function numbers(results: ReadonlyMap<string, RefTensor>): unknown {
  return [...results].map((
    [name, { element, shape, data }],
  ) => [name, element, shape, [...data.map((v) => v + 0)]]);
}

function feedsFor(graph: Graph): Map<string, RefTensor> {
  return new Map(graph.inputs.map((name, i) => {
    const { element, shape } = graph.types.get(name)!;
    const fixed = shape as readonly number[];
    return [name, refTensor(element, fixed, seededNumbers(i + 1, sizeOf(fixed), -2, 2))];
  }));
}

Deno.test("simplify keeps the derivatives of every rule, to the bit", () => {
  for (const op of Object.keys(GRADIENT_RULES) as DifferentiableOp[]) {
    for (const i of RULE_CASES[op].keys()) {
      const { graph, feeds } = secondOrder(firstOrder(op, i, "float64"));
      const simpler = simplify(graph);
      assert.ok(simpler.nodes.length <= graph.nodes.length, `${op} ${i}`);
      assert.deepEqual(numbers(interpret(simpler, feeds)), numbers(interpret(graph, feeds)), `${op} ${i}`);
    }
  }
});

/** What a random graph may do to values of its pool; those that do not fit are left out. */
type Step = (b: GraphBuilder, a: Value, c: Value) => Value;
const STEPS: readonly Step[] = [
  ...["Neg", "Abs", "Relu", "Tanh", "Identity", "Transpose"].map((op): Step => (b, a) => b.op(op, [a])),
  ...["Add", "Sub", "Mul", "Max", "Div"].map((op): Step => (b, a, c) => b.op(op, [a, c])),
  (b, a, c) => b.op("Where", [b.op("Greater", [a, c]), a, c]),
  (b, a) => b.op("Expand", [a, b.ints([2, 3])]),
  (b, a) => b.op("Reshape", [a, b.ints([-1])]),
  (b, a) => b.op("Reshape", [a, b.ints([2, -1])]),
  (b, a) => b.op("Unsqueeze", [a, b.ints([0])]),
  (b, a) => b.op("Squeeze", [a]),
  (b, a, c) => b.op("Concat", [a, c], { axis: 0 }),
  (b, a, c) => b.op("Concat", [a, c], { axis: -1 }),
  (b, a) => b.op("Transpose", [a], { perm: [1, 2, 0] }),
  (b, a) => b.op("Transpose", [a], { perm: [0, 2, 1] }),
  (b, a) => b.op("ReduceSum", [a, b.ints([0])], { keepdims: 0 }),
  (b, a) => b.op("ReduceSum", [a, b.ints([-1])], { keepdims: 1 }),
  (b, a) => b.op("ReduceMax", [a], { keepdims: 0 }),
];

function randomGraph(element: ElementType, steps: readonly (readonly [number, number, number])[]): Graph {
  const b = new GraphBuilder("random");
  const filled = (shape: number[], value: number) =>
    b.constant(tensorOf(element, shape, Array(sizeOf(shape)).fill(value)));
  const pool = [b.input("x", element, [2, 3]), b.input("y", element, [3])];
  pool.push(...[0, 1, -1, 0.1].map((value) => b.scalar(value, element)), filled([2, 3], 1), filled([3], 3));
  for (const [which, i, j] of steps) {
    try {
      pool.push(STEPS[which]!(b, pool.at(-1 - i % pool.length)!, pool.at(-1 - j % pool.length)!));
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
    }
  }
  pool.slice(-3).forEach((value, i) => b.output(value, `out${i}`));
  return b.build();
}

/** The text of a graph but for the order of its constants. */
function sortedLines(graph: Graph): string[] {
  return printGraph(graph).split("\n").sort();
}

const index = fc.nat({ max: 12 });
const programs = fc.array(fc.tuple(fc.nat({ max: STEPS.length - 1 }), index, index), {
  minLength: 5,
  maxLength: 25,
});

Deno.test("simplify keeps the numbers of random graphs, and has nothing left to do", () => {
  fc.assert(
    fc.property(programs, (steps) => {
      const graph = randomGraph("float64", steps), simpler = simplify(graph);
      const feeds = feedsFor(graph);
      assert.deepEqual(numbers(interpret(simpler, feeds)), numbers(interpret(graph, feeds)));
      assert.deepEqual(sortedLines(simplify(simpler)), sortedLines(simpler));
    }),
    { seed: 1, numRuns: 400 },
  );
});

Deno.test("simplify keeps the float32 of ONNX Runtime, to the bit", async () => {
  await fc.assert(
    fc.asyncProperty(programs, async (steps) => {
      const graph = randomGraph("float32", steps), feeds = feedsFor(graph);
      const [simpler, whole] = [
        await runInOnnxRuntime(simplify(graph), feeds),
        await runInOnnxRuntime(graph, feeds),
      ];
      assert.deepEqual(numbers(simpler), numbers(whole));
    }),
    { seed: 2, numRuns: 100 },
  );
});

Deno.test("simplified gradients can be differentiated again", () => {
  const { graph } = firstOrder("Tanh", 0, "float64");
  const again = (g: Graph) => gradients(g, { loss: "loss", wrt: ["x0"], suffix: "_again" });
  const feeds = feedsFor(graph);
  assert.deepEqual(
    numbers(interpret(again(simplify(graph)), feeds)),
    numbers(interpret(again(graph), feeds)),
  );
});

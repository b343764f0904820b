/** The backward walk: what it adds to a graph, and what it refuses. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { gradients } from "../../autodiff/gradients.ts";
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { elementCode } from "../../onnx/tensor.ts";
import { printGraph } from "../../onnx/text.ts";
import { interpret } from "../reference/interpreter.ts";
import { type RefTensor, refTensor, sizeOf } from "../reference/ref_tensor.ts";
import { seededNumbers } from "../reference/seeded.ts";
import { differenceError, type Problem } from "./checking.ts";

/** y = relu(x w^T + c), loss = mean y; with an output that the loss does not need. */
function layer(): Graph {
  const b = new GraphBuilder("layer");
  const x = b.input("x", "float32", [2, 3]);
  const w = b.input("w", "float32", [4, 3]);
  const c = b.input("c", "float32", [4]);
  const y = b.op("Gemm", [x, w, c], { transB: 1 }, { output: "y" });
  b.output(b.op("ReduceMean", [b.op("Relu", [y], {}, { output: "h" })], { keepdims: 0 }), "loss");
  b.output(b.op("Exp", [y]), "exp_y");
  return b.build();
}

function scalarGraph(name: string, build: (b: GraphBuilder, x: Value) => Value): Graph {
  const b = new GraphBuilder(name);
  b.output(build(b, b.input("x", "float64", [])), "loss");
  return b.build();
}

function seededFeeds(graph: Graph, seed: number): Map<string, RefTensor> {
  return new Map(graph.inputs.map((name, i) => {
    const { element, shape } = graph.types.get(name)!;
    const fixed = shape as readonly number[];
    return [name, refTensor(element, fixed, seededNumbers(seed + i, sizeOf(fixed), -1, 1))];
  }));
}

Deno.test("gradients come after the outputs, in order, without work that is not asked for", () => {
  const derived = gradients(layer(), { loss: "loss", wrt: ["c", "w"] });
  assert.equal(
    printGraph(derived),
    `graph layer
input x: float32[2,3]
input w: float32[4,3]
input c: float32[4]
constant const_0: float32[] = 1
constant const_1: float32[] = 0.125
constant const_2: int64[2] = 2 4
constant const_3: float32[] = 0
constant const_4: int64[1] = 0
y: float32[2,4] = Gemm(x, w, c) transB=1 # gemm_0
h: float32[2,4] = Relu(y) # relu_0
loss: float32[] = ReduceMean(h) keepdims=0 # reducemean_0
exp_y: float32[2,4] = Exp(y) # exp_0
mul_0: float32[] = Mul(const_0, const_1)
expand_0: float32[2,4] = Expand(mul_0, const_2)
greater_0: bool[2,4] = Greater(y, const_3)
where_0: float32[2,4] = Where(greater_0, expand_0, const_3)
w_grad: float32[4,3] = Gemm(where_0, x) transA=1 # gemm_1
c_grad: float32[4] = ReduceSum(where_0, const_4) keepdims=0 # reducesum_0
output loss: float32[]
output exp_y: float32[2,4]
output c_grad: float32[4]
output w_grad: float32[4,3]
`,
  );
});

Deno.test("gradients by values inside the graph stop there", () => {
  const derived = gradients(layer(), { loss: "loss", wrt: ["h"], suffix: "_bar" });
  const feeds = seededFeeds(layer(), 1);
  assert.deepEqual([...interpret(derived, feeds).get("h_bar")!.data], Array(8).fill(1 / 8));
  assert.ok(!derived.nodes.some(({ op }) => op === "Greater"));
});

Deno.test("a value's gradient is the sum over all ways to the loss", () => {
  // loss = x^2 + exp(x) x + max(x, x), 5 times read, once by a node that reads it twice
  const graph = scalarGraph("ways", (b, x) => {
    const square = b.op("Mul", [x, x]);
    const product = b.op("Mul", [b.op("Exp", [x]), x]);
    return b.op("Add", [b.op("Add", [square, product]), b.op("Max", [x, x])]);
  });
  const derived = gradients(graph, { loss: "loss", wrt: ["x"] });
  const [found] = interpret(derived, new Map([["x", refTensor("float64", [], [0.7])]])).get("x_grad")!.data;
  const expected = 2 * 0.7 + Math.exp(0.7) * 1.7 + 1;
  assert.ok(Math.abs(found! - expected) <= 1e-15 * expected * 4, `${found} is not ${expected}`);
});

Deno.test("values that count as constants stop the gradient, and nothing else", () => {
  const graph = scalarGraph("stopped", (b, x) => {
    const factor = b.op("Exp", [x], {}, { output: "factor" });
    return b.op("Mul", [factor, b.op("Mul", [x, x])]);
  });
  const derived = gradients(graph, { loss: "loss", wrt: ["x"], constants: ["factor"] });
  const [found] = interpret(derived, new Map([["x", refTensor("float64", [], [0.5])]])).get("x_grad")!.data;
  assert.equal(found, 2 * 0.5 * Math.exp(0.5));
  const unknown = () => gradients(graph, { loss: "loss", wrt: ["x"], constants: ["factr"] });
  assert.throws(unknown, {
    message:
      'Cannot differentiate graph stopped: "factr" must be the name of a value: no input, initializer or node has this name',
  });
});

Deno.test("a seed stands for the gradient of the loss", () => {
  const b = new GraphBuilder("seeded");
  const x = b.input("x", "float64", [3]);
  b.input("dy", "float64", [3]);
  b.output(b.op("Mul", [x, x]), "y");
  const derived = gradients(b.build(), { loss: "y", wrt: ["x"], seed: "dy" });
  const feeds = new Map([
    ["x", refTensor("float64", [3], [1, 2, 3])],
    ["dy", refTensor("float64", [3], [1, 10, 100])],
  ]);
  assert.deepEqual([...interpret(derived, feeds).get("x_grad")!.data], [2, 40, 600]);
});

Deno.test("values with one gradient, and the loss itself, get outputs of their own", () => {
  const b = new GraphBuilder("sum");
  const [x, y] = ["x", "y"].map((name) => b.input(name, "float64", []));
  b.output(b.op("Add", [x!, y!]), "loss");
  const derived = gradients(b.build(), { loss: "loss", wrt: ["x", "y", "loss"] });
  assert.deepEqual(derived.outputs, ["loss", "x_grad", "y_grad", "loss_grad"]);
  const one = refTensor("float64", [], [1]);
  const results = interpret(derived, new Map([["x", one], ["y", one]]));
  assert.deepEqual(["x", "y", "loss"].map((name) => results.get(`${name}_grad`)!.data[0]), [1, 1, 1]);
});

Deno.test("broadcasting is undone for any two shapes that broadcast", () => {
  const extents = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean()), {
    maxLength: 3,
  });
  const shapes = fc.tuple(extents, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(shapes, ([axes, dropA, dropB]) => {
      const a = axes.map(([extent, one]) => one ? 1 : extent).slice(dropA);
      const c = axes.map(([extent, , one]) => one ? 1 : extent).slice(dropB);
      const b = new GraphBuilder("broadcast");
      const product = b.op("Mul", [b.input("a", "float64", a), b.input("c", "float64", c)]);
      b.output(b.op("ReduceSum", [product], { keepdims: 0 }), "loss");
      const graph = gradients(b.build(), { loss: "loss", wrt: ["a", "c"] });
      const error = differenceError(
        { graph, feeds: seededFeeds(graph, 5), wrt: ["a", "c"] },
        "loss",
        "_grad",
      );

      // Measured: 1.9e-13.
      assert.ok(error <= 1e-12, `[${a}] by [${c}]: ${error}`);
    }),
    { seed: 1, numRuns: 60 },
  );
});

/** WGAN-GP's penalty for a critic of two layers: (||d D(x) / d x|| - 1)^2 per example, averaged. */
function gradientPenalty(): Problem {
  const b = new GraphBuilder("penalty");
  const x = b.input("x", "float64", [3, 4]);
  const [w0, c0, w1] = [
    b.input("w0", "float64", [5, 4]),
    b.input("c0", "float64", [5]),
    b.input("w1", "float64", [1, 5]),
  ];
  const hidden = b.op("Softplus", [b.op("Gemm", [x, w0, c0], { transB: 1 })]);
  b.output(b.op("ReduceSum", [b.op("Gemm", [hidden, w1], { transB: 1 })], { keepdims: 0 }), "scores");
  const inner = GraphBuilder.from(gradients(b.build(), { loss: "scores", wrt: ["x"] }));
  const dx = inner.value("x_grad");
  const squares = inner.op("ReduceSum", [inner.op("Mul", [dx, dx]), inner.ints([1])], { keepdims: 0 });
  const norm = inner.op("Sqrt", [inner.op("Add", [squares, inner.scalar(1e-12, "float64")])]);
  const excess = inner.op("Sub", [norm, inner.scalar(1, "float64")]);
  inner.output(inner.op("ReduceMean", [inner.op("Mul", [excess, excess])], { keepdims: 0 }), "loss");
  const wrt = ["w0", "c0", "w1"];
  const graph = gradients(inner.build(), { loss: "loss", wrt });
  return { graph, feeds: seededFeeds(graph, 3), wrt };
}

Deno.test("the gradient of a gradient penalty is that of central differences", () => {
  const error = differenceError(gradientPenalty(), "loss", "_grad");

  assert.ok(error <= 5e-11, `off by ${error}, measured 9.5e-12`);
});

const refusals: Record<string, [() => unknown, string]> = {
  "an unknown loss": [
    () => gradients(layer(), { loss: "cost", wrt: ["w"] }),
    'Cannot differentiate graph layer: "cost" must be the name of a value: no input, initializer or node has this name',
  ],
  "a value asked for twice": [
    () => gradients(layer(), { loss: "loss", wrt: ["w", "w"] }),
    'Cannot differentiate graph layer: values to differentiate by must be distinct: found "w" twice',
  ],
  "a value that the loss does not depend on": [
    () => gradients(layer(), { loss: "loss", wrt: ["w", "exp_y"] }),
    'Cannot differentiate graph layer: loss "loss" must depend on "exp_y", found no path between them',
  ],
  "a loss of several elements without a seed": [
    () => gradients(layer(), { loss: "h", wrt: ["w"] }),
    'Cannot differentiate graph layer: loss "h" must have one element, unless a seed is given: found float32[2,4]',
  ],
  "a seed of another type": [
    () => gradients(layer(), { loss: "h", wrt: ["w"], seed: "c" }),
    'Cannot differentiate graph layer: seed "c" must be of the loss\'s type float32[2,4]: found float32[4]',
  ],
  "an operator without a rule": [
    () =>
      gradients(scalarGraph("g", (b, x) => b.op("Dropout", [x], {}, { name: "d" })), {
        loss: "loss",
        wrt: ["x"],
      }),
    "Cannot differentiate node d (Dropout) of graph g: Dropout has no gradient rule: it draws random numbers: " +
    "multiply by a mask that is an input instead (drop of Net.forwardTrain in models/nets/net.ts), or remove it from the path from the " +
    "parameters to the loss, or add a rule (autodiff/rules.ts)",
  ],
  "an operator that is flat": [
    () => gradients(scalarGraph("g", (b, x) => b.op("Sign", [x])), { loss: "loss", wrt: ["x"] }),
    'Cannot differentiate graph g: loss "loss" must depend on "x", found no path between them',
  ],
  "an operator that is to be decomposed first": [
    () =>
      gradients(scalarGraph("g", (b, x) => b.op("Mish", [x], {}, { name: "m" })), {
        loss: "loss",
        wrt: ["x"],
      }),
    "Cannot differentiate node m (Mish) of graph g: Mish has no gradient rule: decompose the graph first " +
    "(autodiff/decompose.ts), which writes it with operators that have rules",
  ],
  "a batch without a number": [
    () => {
      const b = new GraphBuilder("g");
      const x = b.input("x", "float32", ["N", 2]), w = b.input("w", "float32", [2]);
      b.output(b.op("ReduceMean", [b.op("Mul", [x, w], {}, { output: "y" })], { keepdims: 0 }), "loss");
      return gradients(b.build(), { loss: "loss", wrt: ["w"] });
    },
    'Cannot differentiate node reducemean_0 (ReduceMean) of graph g: "y" must have a fixed shape, found [N,2]: ' +
    "set its batch",
  ],
  "half precision": [
    () => {
      const graph = scalarGraph("g", (b, x) => {
        const half = b.op("Cast", [x], { to: elementCode("float16") }, { output: "half" });
        return b.op("Cast", [half], { to: elementCode("float64") }, { name: "back" });
      });
      return gradients(graph, { loss: "loss", wrt: ["x"] });
    },
    'Cannot differentiate node back (Cast) of graph g: "half" must be of float32 or float64: found float16',
  ],
  "axes that are not constant": [
    () => {
      const b = new GraphBuilder("g");
      const x = b.input("x", "float32", [2, 3]);
      const axes = b.op("Shape", [b.constant({ element: "float32", shape: [1], data: new Float32Array(1) })]);
      const sum = b.op("ReduceSum", [x, axes], { keepdims: 0 }, { name: "sum" });
      b.output(b.op("ReduceSum", [sum], { keepdims: 0 }), "loss");
      return gradients(b.build(), { loss: "loss", wrt: ["x"] });
    },
    'Cannot differentiate node sum (ReduceSum) of graph g: input "shape_0" must be constant',
  ],
};

for (const [what, [act, message]] of Object.entries(refusals)) {
  Deno.test(`gradients refuses ${what}`, () => assert.throws(act, { name: "GraphError", message }));
}

Deno.test("no gradient flows through conditions, integers and shapes", () => {
  const graph = scalarGraph("g", (b, x) => {
    const isLarge = b.op("Greater", [x, b.scalar(0, "float64")]);
    const whole = b.op("Cast", [b.op("Cast", [x], { to: elementCode("int64") })], {
      to: elementCode("float64"),
    });
    return b.op("Where", [isLarge, b.op("Mul", [whole, x]), x]);
  });
  const derived = gradients(graph, { loss: "loss", wrt: ["x"] });
  const at = (x: number) =>
    interpret(derived, new Map([["x", refTensor("float64", [], [x])]])).get("x_grad")!;
  assert.deepEqual([at(3.5).data[0], at(-2).data[0]], [3, 1]);
});

Deno.test("no gradient flows through steps: what they give counts as a constant", () => {
  for (
    const [op, at, step] of [["Sign", -3, -1], ["Floor", 2.5, 2], ["Ceil", 2.5, 3], [
      "Round",
      2.75,
      3,
    ]] as const
  ) {
    const graph = scalarGraph("g", (b, x) => b.op("Mul", [b.op(op, [x]), x]));
    const derived = gradients(graph, { loss: "loss", wrt: ["x"] });
    const found = interpret(derived, new Map([["x", refTensor("float64", [], [at])]])).get("x_grad")!;
    assert.equal(found.data[0], step, op);
  }
});

Deno.test("at kinks the derivative is the one that the rules state", () => {
  const slopes = (op: string, at: number, attributes = {}) => {
    const graph = scalarGraph("kink", (b, x) => b.op(op, [x], attributes));
    const derived = gradients(graph, { loss: "loss", wrt: ["x"] });
    return interpret(derived, new Map([["x", refTensor("float64", [], [at])]])).get("x_grad")!.data[0];
  };
  assert.deepEqual([slopes("Abs", 0), slopes("Relu", 0), slopes("LeakyRelu", 0, { alpha: 0.25 })], [
    0,
    0,
    0.25,
  ]);
  const b = new GraphBuilder("bounds");
  const [x, low, high] = ["x", "low", "high"].map((name) => b.input(name, "float64", []));
  b.output(b.op("Clip", [x!, low!, high!]), "loss");
  const derived = gradients(b.build(), { loss: "loss", wrt: ["x", "low", "high"] });
  const one = refTensor("float64", [], [1]);
  const results = interpret(derived, new Map([["x", one], ["low", one], ["high", one]]));
  assert.deepEqual(["x", "low", "high"].map((name) => results.get(`${name}_grad`)!.data[0]), [1, 0, 0]);
});

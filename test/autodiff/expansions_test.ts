/**
 * Every expansion: that it is the operator, in float64 against the operator itself in ONNX Runtime and in the
 * reference interpreter; and gradients through it, first and second order.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decompose, type ExpandedOp, EXPANSIONS } from "../../autodiff/decompose.ts";
import { gradients } from "../../autodiff/gradients.ts";
import { GRADIENT_RULES } from "../../autodiff/rules.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { ElementType, Graph } from "../../onnx/graph.ts";
import { interpret } from "../reference/interpreter.ts";
import { runInOnnxRuntime } from "../reference/onnxruntime.ts";
import { OPERATOR_CASES } from "../reference/operator_cases.ts";
import { operatorProblem } from "../reference/operator_problem.ts";
import { type RefTensor, refTensor, sizeOf } from "../reference/ref_tensor.ts";
import { relativeDifference } from "../reference/relative_difference.ts";
import { seededNumbers } from "../reference/seeded.ts";
import { differenceError, firstOrderExpanded, gradientError, type Problem, secondOrder } from "./checking.ts";
import { EXPANSION_CASES } from "./expansion_cases.ts";

/**
 * Expansion against operator: both in the interpreter, and both in ONNX Runtime in this element type. Measured:
 * 1.3e-15, 4.1e-16, 2.1e-7.
 */
const SAME = { interpreter: 1e-14, float64: 4e-15, float32: 2e-6 };
type Results = ReadonlyMap<string, RefTensor>;
/** Float64 gradients against central differences. Measured: first order 2.3e-10, second order 1.8e-9. */
const DIFFERENCES = { first: 2e-9, second: 1e-8 };
/** ONNX Runtime's float32 against float64. Measured: first order 1.4e-6, second order 4.8e-6. */
const FLOAT32 = { first: 1e-5, second: 1e-5 };

const OPS = Object.keys(EXPANSIONS) as ExpandedOp[];

/**
 * Compared in float32: ONNX Runtime has no float64 kernel for Erf, Celu, Mean and InstanceNormalization, and computes
 * the others with constants or moments of float32 inside.
 */
const FLOAT32_ONLY: readonly ExpandedOp[] = [
  "Gelu",
  "Celu",
  "Mean",
  "InstanceNormalization",
  "HardSwish",
  "GroupNormalization",
  "MeanVarianceNormalization",
];

/** Celu alone takes float32 only; the interpreter computes that in float64, too. */
function exactElement(op: ExpandedOp): ElementType {
  return op === "Celu" ? "float32" : "float64";
}

function largestDifference(found: Results, expected: Results): number {
  return Math.max(...[...expected].map(([name, value]) => relativeDifference(value, found.get(name)!)));
}

for (const op of OPS) {
  Deno.test(`the expansion of ${op} is the operator`, async () => {
    for (const [i, operatorCase] of OPERATOR_CASES[op].entries()) {
      const { graph, feeds } = operatorProblem(op, operatorCase, 100 * i + 1, exactElement(op));
      const error = largestDifference(interpret(decompose(graph), feeds), interpret(graph, feeds));
      assert.ok(error <= SAME.interpreter, `case ${i} is off by ${error} in the interpreter`);

      const element = FLOAT32_ONLY.includes(op) ? "float32" : "float64";
      const problem = operatorProblem(op, operatorCase, 100 * i + 1, element);
      const expected = await runInOnnxRuntime(problem.graph, problem.feeds, operatorCase.opset);
      const found = await runInOnnxRuntime(decompose(problem.graph), problem.feeds);
      const inRuntime = largestDifference(found, expected);
      assert.ok(inRuntime <= SAME[element], `case ${i} is off by ${inRuntime} in ONNX Runtime`);
    }
  });
}

/** Expansions that leave the batch open, as samplers have it; the others need numbers, or several inputs agree. */
const OPEN_BATCH: readonly ExpandedOp[] = [
  "Gelu",
  "Mish",
  "HardSwish",
  "BatchNormalization",
  "LayerNormalization",
  "InstanceNormalization",
  "GroupNormalization",
  "LpNormalization",
  "MeanVarianceNormalization",
];

for (const op of OPEN_BATCH) {
  Deno.test(`the expansion of ${op} leaves the batch open`, () => {
    const operatorCase = OPERATOR_CASES[op][0]!, operand = operatorCase.inputs[0]!;
    assert.ok("shape" in operand);
    const named = ["N", ...operand.shape.slice(1)];
    const { graph, feeds } = operatorProblem(op, { ...operatorCase, named }, 1, "float64");
    const expanded = decompose(graph);
    assert.deepEqual(expanded.types.get("y0"), graph.types.get("y0"));
    assert.equal(expanded.types.get("y0")!.shape[0], "N");
    assert.ok(largestDifference(interpret(expanded, feeds), interpret(graph, feeds)) <= SAME.interpreter);
  });
}

for (const [op, axes] of [["Pad", [0, 0, 2, 0, 0, 1]], ["ReduceProd", [-1]], ["Trilu", null]] as const) {
  Deno.test(`the expansion of ${op} leaves axes open that it does not work along`, () => {
    const b = new GraphBuilder("open");
    const inputs = [b.input("x", "float64", ["N", 3, 4]), ...(axes ? [b.ints(axes)] : [])];
    b.output(b.op(op, inputs, op === "Pad" ? { mode: "edge" } : {}), "y0");
    const graph = b.build(), expanded = decompose(graph);
    const feeds = new Map([["x", refTensor("float64", [2, 3, 4], seededNumbers(3, 24, -2, 2))]]);
    assert.ok(!expanded.nodes.some((node) => node.op === op));
    assert.ok(largestDifference(interpret(expanded, feeds), interpret(graph, feeds)) <= SAME.interpreter);
  });
}

Deno.test("what an expansion needs to know, and does not, is named", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", [2, 4, "W"]), c = b.input("c", "float32", [4]);
  b.output(b.op("GroupNormalization", [x, c, c], { num_groups: 2 }, { name: "norm" }), "y");
  assert.throws(() => decompose(b.build()), {
    name: "GraphError",
    message:
      "Cannot decompose node norm (GroupNormalization) of graph g: axis 2 must have a fixed size: found W",
  });
});

Deno.test("the expansion of Einsum is the operator for any equation", () => {
  const label = fc.constantFrom(..."abcd"), term = fc.array(label, { maxLength: 4 });
  const equations = fc.tuple(fc.array(term, { minLength: 1, maxLength: 3 }), fc.uniqueArray(label)).map(
    ([terms, result]) => ({ terms, result: result.filter((name) => terms.flat().includes(name)) }),
  );
  fc.assert(
    fc.property(equations, fc.nat(15), ({ terms, result }, ones) => {
      const b = new GraphBuilder("einsum");
      const feeds = new Map(terms.map((term, i) => {
        // One operand's axes may have extent 1 and broadcast, where it names each once.
        const isFlat = i === 0 && terms.length > 1 && new Set(term).size === term.length;
        const shape = term.map((name, axis) => isFlat && ones >> axis & 1 ? 1 : 2 + "abcd".indexOf(name) % 2);
        return [`x${i}`, refTensor("float64", shape, seededNumbers(i + 1, sizeOf(shape), -2, 2))];
      }));
      const inputs = [...feeds].map(([name, { shape }]) => b.input(name, "float64", shape));
      const equation = `${terms.map((term) => term.join("")).join()}->${result.join("")}`;
      b.output(b.op("Einsum", inputs, { equation }), "y");
      const graph = b.build(), expanded = decompose(graph);
      assert.ok(!expanded.nodes.some(({ op }) => op === "Einsum"));
      const error = largestDifference(interpret(expanded, feeds), interpret(graph, feeds));
      assert.ok(error <= 5e-15, `${equation} is off by ${error}, measured 5.8e-16`);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("x sigmoid(x), which is Silu or Swish, has its derivatives without an operator of its own", () => {
  const b = new GraphBuilder("silu");
  const x = b.input("x", "float64", [3]);
  const y = b.op("Mul", [x, b.op("Sigmoid", [x])]);
  b.output(b.op("ReduceSum", [y], { keepdims: 0 }), "loss");
  const points = [-3, 0.5, 2], feeds = new Map([["x", refTensor("float64", [3], points)]]);
  const graph = gradients(decompose(b.build()), { loss: "loss", wrt: ["x"] });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const expected = points.map((x) => sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x)));
  assert.deepEqual([...interpret(graph, feeds).get("x_grad")!.data], expected);
});

Deno.test("equal Dropout nodes stay two", () => {
  const b = new GraphBuilder("g");
  const x = b.op("Mish", [b.input("x", "float32", [2])]);
  const [one, two] = [0, 1].map(() => b.op("Dropout", [x]));
  b.output(b.op("Add", [one!, two!]), "y");
  assert.equal(decompose(b.build()).nodes.filter(({ op }) => op === "Dropout").length, 2);
});

/** Operators of nodes that write real numbers. */
function realOps(graph: Graph): Set<string> {
  const reals = graph.nodes.filter(({ outputs }) =>
    graph.types.get(outputs[0]!)!.element.startsWith("float")
  );
  return new Set(reals.map(({ op }) => op));
}

async function float32Error({ graph, feeds }: Problem): Promise<number> {
  return gradientError(await runInOnnxRuntime(graph, feeds), interpret(graph, feeds), graph.outputs);
}

for (const op of OPS) {
  Deno.test(`gradients through the expansion of ${op} are those that central differences give`, () => {
    for (const i of EXPANSION_CASES[op].keys()) {
      const problem = firstOrderExpanded(op, i, exactElement(op));
      const first = differenceError(problem, "loss", "_grad");
      const second = differenceError(secondOrder(problem), "second_loss", "_grad2");
      assert.ok(first <= DIFFERENCES.first, `case ${i}: first derivatives are off by ${first}`);
      assert.ok(second <= DIFFERENCES.second, `case ${i}: second derivatives are off by ${second}`);
    }
  });

  Deno.test(`gradients through the expansion of ${op} hold in ONNX Runtime's float32`, async () => {
    for (const i of EXPANSION_CASES[op].keys()) {
      const problem = firstOrderExpanded(op, i, "float32");
      const first = await float32Error(problem), second = await float32Error(secondOrder(problem));
      assert.ok(first <= FLOAT32.first, `case ${i}: first derivatives are off by ${first}`);
      assert.ok(second <= FLOAT32.second, `case ${i}: second derivatives are off by ${second}`);
    }
  });

  Deno.test(`the expansion of ${op} and its derivatives emit only operators that have rules`, () => {
    for (const i of EXPANSION_CASES[op].keys()) {
      const { graph } = secondOrder(firstOrderExpanded(op, i, "float32"));
      assert.deepEqual([...realOps(graph)].filter((emitted) => !Object.hasOwn(GRADIENT_RULES, emitted)), []);
    }
  });
}

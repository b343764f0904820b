/**
 * Every rule, first and second order: its gradient graph in float64 against central differences, in ONNX Runtime's
 * float32 against float64, and what it emits.
 */
import assert from "node:assert/strict";
import { EXPANSIONS } from "../../autodiff/decompose.ts";
import { type DifferentiableOp, GRADIENT_RULES, WITHOUT_RULE } from "../../autodiff/rules.ts";
import type { Graph } from "../../onnx/graph.ts";
import { OPERATORS } from "../../onnx/shapes.ts";
import { interpret } from "../reference/interpreter.ts";
import { runInOnnxRuntime } from "../reference/onnxruntime.ts";
import { differenceError, firstOrder, gradientError, type Problem, secondOrder } from "./checking.ts";
import { RULE_CASES } from "./rule_cases.ts";

/** Float64 gradients against central differences. Measured: first order 1.4e-9, second order 3.3e-9. */
const DIFFERENCES = { first: 1e-8, second: 2e-8 };
/** ONNX Runtime's float32 against float64. Measured: first order 2.0e-7, second order 4.4e-6. */
const FLOAT32 = { first: 2e-6, second: 1e-5 };

const OPS = Object.keys(GRADIENT_RULES) as DifferentiableOp[];

async function float32Error({ graph, feeds }: Problem): Promise<number> {
  return gradientError(await runInOnnxRuntime(graph, feeds), interpret(graph, feeds), graph.outputs);
}

/** Operators that write real numbers: what a further derivative has to go through. */
function realOps(graph: Graph): Set<string> {
  const reals = graph.nodes.filter(({ outputs }) =>
    graph.types.get(outputs[0]!)!.element.startsWith("float")
  );
  return new Set(reals.map(({ op }) => op));
}

Deno.test("every operator has a rule, an expansion, or a reason why it has neither", () => {
  const known = new Set([GRADIENT_RULES, EXPANSIONS, WITHOUT_RULE].flatMap((table) => Object.keys(table)));
  assert.deepEqual([...known].sort(), Object.keys(OPERATORS).toSorted());
});

for (const op of OPS) {
  Deno.test(`the rule of ${op} gives the derivatives that central differences give`, () => {
    for (const i of RULE_CASES[op].keys()) {
      const problem = firstOrder(op, i, "float64");
      const first = differenceError(problem, "loss", "_grad");
      const second = differenceError(secondOrder(problem), "second_loss", "_grad2");
      assert.ok(first <= DIFFERENCES.first, `case ${i}: first derivatives are off by ${first}`);
      assert.ok(second <= DIFFERENCES.second, `case ${i}: second derivatives are off by ${second}`);
    }
  });

  Deno.test(`the rule of ${op} holds in ONNX Runtime's float32`, async () => {
    for (const i of RULE_CASES[op].keys()) {
      const problem = firstOrder(op, i, "float32");
      const first = await float32Error(problem), second = await float32Error(secondOrder(problem));
      assert.ok(first <= FLOAT32.first, `case ${i}: first derivatives are off by ${first}`);
      assert.ok(second <= FLOAT32.second, `case ${i}: second derivatives are off by ${second}`);
    }
  });

  Deno.test(`the rule of ${op} emits only operators that have rules`, () => {
    for (const i of RULE_CASES[op].keys()) {
      const { graph } = secondOrder(firstOrder(op, i, "float32"));
      const strangers = [...realOps(graph)].filter((emitted) => !Object.hasOwn(GRADIENT_RULES, emitted));
      assert.deepEqual(strangers, []);
    }
  });
}

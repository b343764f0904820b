/**
 * Every rule, first and second order: its gradient graph in float64 against central differences, in ONNX Runtime's
 * float32 against float64, and what it emits.
 */
import assert from "node:assert/strict";
import { gradients } from "../../../models/autodiff/gradients.ts";
import type { Rules } from "../../../models/autodiff/rule.ts";
import { type DifferentiableOp, RULES, WITHOUT_RULE } from "../../../models/autodiff/rules.ts";
import type { ElementType, Graph } from "../../../models/onnx/graph.ts";
import { OPERATORS } from "../../../models/onnx/shapes.ts";
import { interpret } from "../../reference/interpreter.ts";
import { runInOnnxRuntime } from "../../reference/onnxruntime.ts";
import { centralDifferences, gradientError, type Problem, ruleProblem, secondProblem } from "./checking.ts";
import { RULE_CASES } from "./rule_cases.ts";

/** Float64 gradients against central differences. Measured: first order TBD, second order TBD. */
const DIFFERENCES = { first: 1e-6, second: 1e-6 };
/** ONNX Runtime's float32 against float64. Measured: first order TBD, second order TBD. */
const FLOAT32 = { first: 1e-5, second: 1e-5 };

const OPS = Object.keys(RULES) as DifferentiableOp[];

interface Orders {
  readonly first: Problem;
  readonly second: Problem;
}

/** The gradient graphs of a case: of its loss, and of a weighted sum of its gradients. */
function differentiate(op: DifferentiableOp, index: number, element: ElementType, rules?: Rules): Orders {
  const problem = ruleProblem(op, RULE_CASES[op][index]!, element, 100 * index + 1);
  const { wrt } = problem;
  const first = gradients(problem.graph, { loss: "loss", wrt, ...(rules && { rules }) });
  const second = secondProblem({ ...problem, graph: first }, 100 * index + 1);
  const twice = gradients(second.graph, {
    loss: "second_loss",
    wrt,
    suffix: "_grad2",
    ...(rules && { rules }),
  });
  return { first: { ...problem, graph: first }, second: { ...second, graph: twice } };
}

/** Errors of both orders against central differences. */
function differenceErrors({ first, second }: Orders): { first: number; second: number } {
  const error = ({ graph, feeds, wrt }: Problem, loss: string, suffix: string) =>
    gradientError(interpret(graph, feeds), centralDifferences({ graph, feeds, wrt }, loss), wrt, suffix);
  return { first: error(first, "loss", "_grad"), second: error(second, "second_loss", "_grad2") };
}

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

Deno.test("every operator has a rule or a reason why it has none", () => {
  const known = [...Object.keys(RULES), ...Object.keys(WITHOUT_RULE)];
  assert.deepEqual(known.toSorted(), Object.keys(OPERATORS).toSorted());
});

for (const op of OPS) {
  const indices = RULE_CASES[op].keys();
  Deno.test(`the rule of ${op} gives the derivatives that central differences give`, () => {
    for (const i of [...indices]) {
      const { first, second } = differenceErrors(differentiate(op, i, "float64"));
      assert.ok(first <= DIFFERENCES.first, `case ${i}: first derivatives are off by ${first}`);
      assert.ok(second <= DIFFERENCES.second, `case ${i}: second derivatives are off by ${second}`);
    }
  });

  Deno.test(`the rule of ${op} holds in ONNX Runtime's float32`, async () => {
    for (const i of RULE_CASES[op].keys()) {
      const orders = differentiate(op, i, "float32");
      const first = await float32Error(orders.first), second = await float32Error(orders.second);
      assert.ok(first <= FLOAT32.first, `case ${i}: first derivatives are off by ${first}`);
      assert.ok(second <= FLOAT32.second, `case ${i}: second derivatives are off by ${second}`);
    }
  });

  Deno.test(`the rule of ${op} emits only operators that have rules`, () => {
    for (const i of RULE_CASES[op].keys()) {
      const { second } = differentiate(op, i, "float32");
      const strangers = [...realOps(second.graph)].filter((emitted) => !Object.hasOwn(RULES, emitted));
      assert.deepEqual(strangers, []);
    }
  });
}

/** The reference interpreter's forward of every operator against ONNX Runtime. */
import assert from "node:assert/strict";
import { OPERATORS } from "../../onnx/shapes.ts";
import { interpret } from "./interpreter.ts";
import { runInOnnxRuntime } from "./onnxruntime.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { operatorProblem } from "./operator_problem.ts";
import { refTensor } from "./ref_tensor.ts";
import { relativeDifference } from "./relative_difference.ts";

/** Largest difference over the largest element of the result. Measured: 1.7e-7, of ReduceSum. */
const TOLERANCE = 1e-6;

for (const op of Object.keys(OPERATORS) as (keyof typeof OPERATORS)[]) {
  Deno.test(`the reference interpreter computes ${op} as ONNX Runtime does`, async () => {
    assert.ok(OPERATOR_CASES[op].length > 0, "no case");
    for (const [i, operatorCase] of OPERATOR_CASES[op].entries()) {
      const { graph, feeds } = operatorProblem(op, operatorCase, 100 * i + 1);
      const expected = await runInOnnxRuntime(graph, feeds, operatorCase.opset);
      for (const [name, tensor] of interpret(graph, feeds)) {
        const error = relativeDifference(expected.get(name)!, tensor);
        assert.ok(error <= TOLERANCE, `case ${i}: ${name} differs by ${error}`);
      }
    }
  });
}

Deno.test("the reference interpreter refuses a missing and a wrong feed", () => {
  const { graph, feeds } = operatorProblem("Add", OPERATOR_CASES.Add[0]!, 1);
  const without = new Map([...feeds].slice(1));
  assert.throws(() => interpret(graph, without), { message: '"x0" must be float32[3,4]: found nothing' });
  const wrong = new Map([...feeds, ["x1", refTensor("float32", [2], [1, 2])]]);
  assert.throws(() => interpret(graph, wrong), { message: '"x1" must be float32[3,4]: found float32[2]' });
});

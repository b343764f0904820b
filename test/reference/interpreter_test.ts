/** The reference interpreter's forward of every operator against ONNX Runtime. */
import assert from "node:assert/strict";
import { GraphBuilder, type Value } from "../../models/onnx/builder.ts";
import type { Graph } from "../../models/onnx/graph.ts";
import { OPERATORS } from "../../models/onnx/shapes.ts";
import { tensorOf } from "../../models/onnx/tensor.ts";
import { interpret } from "./interpreter.ts";
import { runInOnnxRuntime } from "./onnxruntime.ts";
import type { Operand, OperatorCase } from "./operator_case.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { type RefTensor, refTensor, sizeOf } from "./ref_tensor.ts";
import { seededNumbers } from "./seeded.ts";

/** Largest difference over the largest element of the result. Measured: 1.7e-7, of ReduceSum. */
const TOLERANCE = 1e-6;

interface Prepared {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, RefTensor>;
}

function prepare(op: string, operatorCase: OperatorCase, seed: number): Prepared {
  const b = new GraphBuilder(`${op}_case`);
  const feeds = new Map<string, RefTensor>();
  const inputs = operatorCase.inputs.map((operand, i) =>
    declare(b, operatorCase, operand, i, feeds, seed + i)
  );
  const outputs = b.ops(op, inputs, operatorCase.attributes ?? {}, operatorCase.num_outputs ?? 1);
  outputs.forEach((output, i) => b.output(output, `y${i}`));
  return { graph: b.build(), feeds };
}

function declare(
  b: GraphBuilder,
  { named }: OperatorCase,
  operand: Operand,
  index: number,
  feeds: Map<string, RefTensor>,
  seed: number,
): Value | null {
  if (operand === null) return null;
  if ("constant" in operand) {
    const { constant, element = "int64" } = operand;
    return b.constant(tensorOf(element, [constant.length], constant));
  }
  const { element, shape, low, high } = operand;
  const name = `x${index}`;
  feeds.set(name, refTensor(element, shape, operand.values ?? seededNumbers(seed, sizeOf(shape), low, high)));
  return b.input(name, element, index === 0 && named ? named : shape);
}

function difference(expected: RefTensor, found: RefTensor): number {
  assert.deepEqual([found.element, found.shape], [expected.element, expected.shape]);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  return expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - found.data[i]!)), 0) /
    largest;
}

for (const op of Object.keys(OPERATORS) as (keyof typeof OPERATORS)[]) {
  Deno.test(`the reference interpreter computes ${op} as ONNX Runtime does`, async () => {
    assert.ok(OPERATOR_CASES[op].length > 0, "no case");
    for (const [i, operatorCase] of OPERATOR_CASES[op].entries()) {
      const { graph, feeds } = prepare(op, operatorCase, 100 * i + 1);
      const expected = await runInOnnxRuntime(graph, feeds);
      for (const [name, tensor] of interpret(graph, feeds)) {
        const error = difference(expected.get(name)!, tensor);
        assert.ok(error <= TOLERANCE, `case ${i}: ${name} differs by ${error}`);
      }
    }
  });
}

Deno.test("the reference interpreter refuses a missing and a wrong feed", () => {
  const { graph, feeds } = prepare("Add", OPERATOR_CASES.Add[0]!, 1);
  const without = new Map([...feeds].slice(1));
  assert.throws(() => interpret(graph, without), { message: '"x0" must be float32[3,4]: found nothing' });
  const wrong = new Map([...feeds, ["x1", refTensor("float32", [2], [1, 2])]]);
  assert.throws(() => interpret(graph, wrong), { message: '"x1" must be float32[3,4]: found float32[2]' });
});

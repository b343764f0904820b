/** A graph of one operator from a case, with numbers to feed. */
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { ElementType, Graph } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import type { Operand, OperatorCase } from "./operator_case.ts";
import { type RefTensor, refTensor, sizeOf } from "./ref_tensor.ts";
import { seededNumbers } from "./seeded.ts";

export interface OperatorProblem {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, RefTensor>;
}

/** `real`: what float32 stands for in the case. */
export function operatorProblem(
  op: string,
  operatorCase: OperatorCase,
  seed: number,
  real: ElementType = "float32",
): OperatorProblem {
  const b = new GraphBuilder(`${op}_case`);
  const feeds = new Map<string, RefTensor>();
  const inputs = operatorCase.inputs.map((operand, i) =>
    declare(b, operatorCase, operand, i, feeds, seed + i, real)
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
  real: ElementType,
): Value | null {
  if (operand === null) return null;
  if ("constant" in operand) {
    const { constant, element = "int64" } = operand;
    return b.constant(tensorOf(element, [constant.length], constant));
  }
  const { shape, low, high } = operand, element = operand.element === "float32" ? real : operand.element;
  const name = `x${index}`;
  feeds.set(name, refTensor(element, shape, operand.values ?? seededNumbers(seed, sizeOf(shape), low, high)));
  return b.input(name, element, index === 0 && named ? named : shape);
}

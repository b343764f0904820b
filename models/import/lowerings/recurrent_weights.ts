/**
 * Weights of recurrent layers. Exporters that fold constants write those of PyTorch in another order of gates, the two
 * biases as one tensor, and the directions one behind the other: here they come apart again, so that what is trained is
 * what the layer has (weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, and the same with _reverse).
 */
import type { Value } from "../../../onnx/builder.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import type { LoweringSite } from "./lowering.ts";
import { numElements } from "../../../common/shape.ts";

/** Weights of one direction; G gates. */
export interface CellWeights {
  /** [G H, I] and [G H, H]. */
  readonly input: Value;
  readonly recurrent: Value;
  /** [G H] each. */
  readonly biases: readonly [own: Value, recurrent: Value] | null;
}

/** For each gate of PyTorch its place in ONNX: r, z, n of z, r, n, and i, f, g, o of i, o, f, g. */
const GATES: Readonly<Record<number, readonly number[]>> = { 1: [0], 3: [1, 0, 2], 4: [0, 2, 3, 1] };

/** The part of a direction of a tensor [D, ...], without that axis; null where it is left out. */
export function ofDirection(n: LoweringSite, index: number, direction: number, axis = 0): Value | null {
  if (!n.has(index)) return null;
  const x = n.x(index), count = x.type.shape[axis];
  if (typeof count !== "number") {
    return n.fail(`the first axis of its input ${index}, the directions, must have a fixed size`);
  }
  return n.squeeze(count === 1 ? x : n.slice(x, axis, direction, direction + 1), axis);
}

/** Parts one after the other along axis 0, in another order. */
function reordered(n: LoweringSite, x: Value, order: readonly number[]): Value {
  if (order.every((place, i) => place === i)) return x;
  const each = n.extent(x, 0) / order.length;
  const parts = n.split(x, 0, Array<number>(order.length).fill(each));
  return n.op("Concat", order.map((place) => parts[place]!), { axis: 0 });
}

/** One of several equal parts of a folded tensor, its gates as PyTorch has them, as a weight; in the order of ONNX. */
function unfolded(
  n: LoweringSite,
  index: number,
  part: number,
  shape: readonly number[],
  name: string,
): Value {
  const known = n.input(index), { data } = known.tensor!;
  const num_gates = gatesOf(n), order = GATES[num_gates]!, size = numElements(shape), each = size / num_gates;
  const numbers = Array.from(data.slice(part * size, (part + 1) * size), Number);
  const values = order.flatMap((gate) => numbers.slice(gate * each, (gate + 1) * each));
  const tensor = tensorOf("float32", shape, values);
  const weight = `${known.weight}.${name}`;
  const value = n.valueFor({ tensor, weight });
  return reordered(n, value, order.map((_, gate) => order.indexOf(gate)));
}

function gatesOf({ node }: LoweringSite): number {
  return node.op === "GRU" ? 3 : node.op === "LSTM" ? 4 : 1;
}

/** True if an input is an initializer that may be trained, as it stands in the file. */
function isFolded(n: LoweringSite, index: number): boolean {
  const { value, weight, tensor } = n.input(index);
  return value === undefined && weight !== undefined && tensor !== undefined;
}

/** [rows, ...] of one direction of a matrix. */
function matrix(n: LoweringSite, index: number, direction: number, name: string): Value {
  const shape = n.shapeAt(index).slice(1) as readonly number[];
  return isFolded(n, index)
    ? unfolded(n, index, direction, shape, name)
    : ofDirection(n, index, direction) ?? n.fail("its weights must be present");
}

/** `suffix`: what names of this direction end in. */
export function cellWeights(n: LoweringSite, direction: number, suffix: string): CellWeights {
  const input = matrix(n, 1, direction, `weight_ih${suffix}`);
  const recurrent = matrix(n, 2, direction, `weight_hh${suffix}`);
  if (!n.has(3)) return { input, recurrent, biases: null };
  const rows = gatesOf(n) * n.extent(recurrent, 1);
  if (!isFolded(n, 3)) {
    const [own, back] = n.split(ofDirection(n, 3, direction)!, 0, [rows, rows]);
    return { input, recurrent, biases: [own!, back!] };
  }
  const [own, back] = ["bias_ih", "bias_hh"].map((name, i) =>
    unfolded(n, 3, 2 * direction + i, [rows], name + suffix)
  );
  return { input, recurrent, biases: [own!, back!] };
}

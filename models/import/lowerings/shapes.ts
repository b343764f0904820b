/** Forms of layout operators in which exporters write shapes that hold the batch. */
import type { Dim } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { itemsOf, type Known } from "../known.ts";
import { uniformItem } from "../uniform.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";

/** Repeated by the batch along an axis of extent 1: broadcast to it. */
function tile(n: LoweringSite): readonly Known[] | null {
  const repeats = itemsOf(n.known[1]), shape = n.shapeAt(0);
  if (repeats === undefined || repeats.length !== shape.length) return null;
  const isName = (item: Dim) => typeof item === "string";
  if (!repeats.some(isName)) return null;
  const wide = repeats.findIndex((item, axis) => isName(item) && shape[axis] !== 1);
  if (wide >= 0) {
    n.fail(
      `an axis that is repeated for each example must have size 1: found ${shape[wide]}; export it with ` +
        "unsqueeze(0) and expand instead of repeat",
    );
  }
  const numbers = repeats.map((item) => typeof item === "number" ? item : 1);
  const x = n.x(0),
    tiled = numbers.some((times) => times !== 1) ? n.op("Tile", [x, n.intVector(numbers)]) : x;
  return [{ value: n.op("Expand", [tiled, n.shapeValue(repeats.map((item) => isName(item) ? item : 1))]) }];
}

/** Without axes every extent of 1 goes, and the batch stays. */
function squeeze(n: LoweringSite): readonly Known[] | null {
  const shape = n.shapeAt(0);
  if (n.has(1) || !shape.some((dim) => typeof dim === "string")) return null;
  const axes = [...shape.keys()].filter((axis) => shape[axis] === 1);
  return [{ value: axes.length === 0 ? n.x(0) : n.op("Squeeze", [n.x(0), n.intVector(axes)]) }];
}

/** ONNX Runtime has no kernel for triangles of booleans. */
function trilu(n: LoweringSite): readonly Known[] | null {
  const x = n.x(0), { element, shape } = x.type;
  if (element !== "bool") return null;
  const [k] = n.has(1) ? n.numbers(1, "diagonal (k)") : [0], upper = n.int("upper", 1) !== 0;
  const rows = n.extent(x, shape.length - 2), columns = n.extent(x, shape.length - 1);
  const kept = Array.from({ length: rows * columns }, (_, at) => {
    const diagonal = at % columns - Math.floor(at / columns);
    return Number(upper ? diagonal >= k! : diagonal <= k!);
  });
  return [{ value: n.op("And", [x, n.constant(tensorOf("bool", [rows, columns], kept))]) }];
}

/** Parts of a constant, which stay constant; others are split when the graph runs. */
function split(n: LoweringSite): readonly Known[] | null {
  const { constant, value, weight } = n.input(0);
  if (constant?.shape.length !== 1 || value || weight) return null;
  const num_parts = n.node.outputs.length, each = Math.ceil(constant.items.length / num_parts);
  const extents = n.has(1) ? n.numbers(1, "split") : Array<number>(num_parts).fill(each);
  let at = 0;
  return extents.map((extent) => {
    const items = constant.items.slice(at, at += extent);
    return { constant: { ...constant, shape: [items.length], items } };
  });
}

/** One row of a table of constants for each index: `on` at its place, `off` elsewhere. */
function oneHot(n: LoweringSite): readonly Known[] {
  const [depth] = n.numbers(1, "depth"), [off, on] = n.numbers(2, "values");
  const element = n.input(2).tensor?.element ?? n.input(2).constant!.element;
  if (!(depth! >= 1 && depth! <= MAX_DEPTH)) n.fail(`its depth must be 1 to ${MAX_DEPTH}: found ${depth}`);
  const rows = Array.from({ length: depth! ** 2 }, (_, at) => at % (depth! + 1) === 0 ? on! : off!);
  const table = n.constant(tensorOf(element, [depth!, depth!], rows));
  const indices = n.x(0), is_index = ["int64", "int32"].includes(indices.type.element);
  const places = is_index ? indices : n.op("Cast", [indices], { to: 7 });
  const y = n.op("Gather", [table, places], { axis: 0 });
  const rank = y.type.shape.length, given = n.int("axis", -1), axis = n.axisOf(given, rank);
  const perm = [...Array(rank - 1).keys()].toSpliced(axis, 0, rank - 1);
  return [{ value: n.transpose(y, perm) }];
}

const MAX_DEPTH = 4096;

/** Whole sequences the other way round, as tf2onnx writes tf.reverse. */
function reverseSequence(n: LoweringSite): readonly Known[] {
  const x = n.x(0), axis = n.int("time_axis", 0), length = uniformItem(n.known[1]);
  if (length !== n.extent(x, axis)) {
    n.fail(
      `all its sequence_lens must be ${x.type.shape[axis]}, the size of the axis; export it without ` +
        "separate lengths for each example",
    );
  }
  return [{ value: n.reversed(x, axis) }];
}

export const SHAPE_LOWERINGS = {
  ReverseSequence: reverseSequence,
  Tile: tile,
  Squeeze: squeeze,
  Trilu: trilu,
  Split: split,
  OneHot: oneHot,
} satisfies Lowerings;

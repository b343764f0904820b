/** Padding with elements of the tensor itself, and triangles, by way of slices and selections. */
import type { Value } from "../../onnx/builder.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import type { Expansions, ExpansionSite } from "../expansion.ts";

/** `count` elements that go before (or after) x along an axis. */
type Margin = (n: ExpansionSite, x: Value, axis: number, count: number) => Value;

/** Values beyond either end of an axis in each mode: before, after. */
const MARGINS: Readonly<Record<string, readonly [before: Margin, after: Margin]>> = {
  reflect: [
    (n, x, axis, count) => n.reversed(n.slice(x, axis, 1, count + 1), axis),
    (n, x, axis, count) => {
      const last = n.extent(x, axis) - 1;
      return n.reversed(n.slice(x, axis, last - count, last), axis);
    },
  ],
  edge: [
    (n, x, axis, count) => repeated(n, n.slice(x, axis, 0, 1), axis, count),
    (n, x, axis, count) => {
      const extent = n.extent(x, axis);
      return repeated(n, n.slice(x, axis, extent - 1, extent), axis, count);
    },
  ],
  wrap: [
    (n, x, axis, count) => {
      const extent = n.extent(x, axis);
      return n.slice(x, axis, extent - count, extent);
    },
    (n, x, axis, count) => n.slice(x, axis, 0, count),
  ],
};

function repeated(n: ExpansionSite, x: Value, axis: number, count: number): Value {
  const times = x.type.shape.map((_, at) => at === axis ? count : 1);
  return n.op("Expand", [x, n.intVector(times)]);
}

function padAxis(n: ExpansionSite, mode: string, x: Value, axis: number, counts: readonly number[]): Value {
  const [before, after] = MARGINS[mode]!.map((margin, i) =>
    counts[i]! > 0 ? [margin(n, x, axis, counts[i]!)] : []
  );
  const parts = [...before!, x, ...after!];
  return parts.length === 1 ? x : n.op("Concat", parts, { axis });
}

export const PAD_EXPANSIONS = {
  /** Mode constant has a rule. The others join slices of x to it, axis by axis. */
  Pad: (n) => {
    const mode = n.string("mode") ?? "constant";
    if (mode === "constant") return null;
    const x = n.x(0), rank = x.type.shape.length;
    const pads = n.constants(1), axes = n.has(3) ? n.constants(3) : [...Array(rank).keys()];
    if (pads.some((count) => count < 0)) {
      n.fail(`pads must be 0 or more in mode ${mode}: found [${pads.join(",")}]`);
    }
    return axes.reduce((padded, axis, i) => {
      const counts = [pads[i]!, pads[i + axes.length]!];
      return padAxis(n, mode, padded, axis < 0 ? axis + rank : axis, counts);
    }, x);
  },
  /** x where column - row >= k (upper) or <= k (lower), else 0 */
  Trilu: (n) => {
    const rank = n.x(0).type.shape.length;
    const rows = n.extent(n.x(0), rank - 2), columns = n.extent(n.x(0), rank - 1);
    const [k] = n.has(1) ? n.constants(1) : [0], upper = n.int("upper", 1) !== 0;
    const kept = Array.from({ length: rows * columns }, (_, at) => {
      const diagonal = at % columns - Math.floor(at / columns);
      return Number(upper ? diagonal >= k! : diagonal <= k!);
    });
    return n.where(n.constant(tensorOf("bool", [rows, columns], kept)), n.x(0), n.number(0));
  },
} satisfies Expansions;

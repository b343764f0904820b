/** Rules of operators that move, repeat, join or take elements. */
import type { Value } from "../../onnx/builder.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";

/** dx = dy in the shape of x */
const sameElements: InputRule = (n) => n.reshape(n.dy, n.shape(n.x(0)));

function joinedAxis(n: RuleSite, otherwise: number | undefined, like: Value): number {
  const axis = n.int("axis", otherwise ?? 0);
  return axis < 0 ? axis + like.type.shape.length : axis;
}

function join(n: RuleSite, parts: readonly Value[], axis: number): Value {
  const present = parts.filter(({ type }) => type.shape[axis] !== 0);
  return present.length === 1 ? present[0]! : n.op("Concat", present, { axis });
}

/** One axis of Slice: element k of the output is element start + k step of the input. */
interface Range {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
}

function sliceRanges(n: RuleSite): readonly Range[] {
  const shape = n.shape(n.x(0));
  const starts = n.constants(1);
  const axes = n.has(3) ? n.constants(3) : [...starts.keys()];
  const steps = n.has(4) ? n.constants(4) : starts.map(() => 1);
  return starts.map((given, i) => {
    const axis = axes[i]! < 0 ? axes[i]! + shape.length : axes[i]!;
    const extent = shape[axis]!, step = steps[i]!;
    const start = given < 0 ? given + extent : given;
    return { axis, start: Math.max(0, Math.min(start, step > 0 ? extent : extent - 1)), step };
  });
}

/** Elements in their order along the input's axis: reversed where the step is negative. */
function forwards(n: RuleSite, dy: Value, { axis, start, step }: Range): { dy: Value; range: Range } {
  if (step > 0) return { dy, range: { axis, start, step } };
  const last = start + (n.shape(dy)[axis]! - 1) * step;
  const reversed = n.reversed(dy, axis);
  return { dy: reversed, range: { axis, start: last, step: -step } };
}

/** step - 1 zeros after each element along an axis. */
function dilated(n: RuleSite, dy: Value, axis: number, step: number): Value {
  const shape = n.shape(dy), length = shape[axis]!;
  const before = shape.slice(0, axis), after = shape.slice(axis + 1);
  const columns = n.reshape(dy, [...before, length, 1, ...after]);
  const zeros = n.zeros([...before, length, step - 1, ...after]);
  return n.reshape(join(n, [columns, zeros], axis + 1), [...before, length * step, ...after]);
}

/** dy put back where Slice took it from along one axis, zeros elsewhere. */
function putBack(n: RuleSite, dy: Value, taken: Range, extent: number): Value {
  const { dy: ordered, range: { axis, start, step } } = forwards(n, dy, taken);
  const room = extent - start;
  let inner = step === 1 ? ordered : dilated(n, ordered, axis, step);
  if (n.shape(inner)[axis]! > room) inner = n.slice(inner, axis, 0, room);
  const shape = n.shape(inner);
  const zeros = (length: number) => n.zeros(shape.with(axis, length));
  const rest = room - shape[axis]!;
  return join(n, [...(start > 0 ? [zeros(start)] : []), inner, ...(rest > 0 ? [zeros(rest)] : [])], axis);
}

export const SHAPE_RULES = {
  Reshape: [sameElements, null],
  Squeeze: [sameElements, null],
  Unsqueeze: [sameElements, null],
  Flatten: [sameElements],
  /** dx = dy, which the walk sums over the repeated axes */
  Expand: [(n) => n.dy, null],
  /** dx = dy with the axes back in place */
  Transpose: [(n) => {
    const perm = n.ints("perm") ?? [...n.dy.type.shape.keys()].reverse();
    return n.op("Transpose", [n.dy], { perm: perm.map((_, axis) => perm.indexOf(axis)) });
  }],
  /** dx_i = the part of dy that came from x_i */
  Concat: (n, index) => {
    const axis = joinedAxis(n, undefined, n.y);
    const starts = n.starts(axis);
    return n.slice(n.dy, axis, starts[index]!, starts[index + 1]!);
  },
  /** dx = the parts' gradients, joined */
  Split: [(n) => {
    const axis = joinedAxis(n, 0, n.x(0));
    return join(n, n.node.outputs.map((_, i) => n.dyOf(i)), axis);
  }, null],
  /** dx = dy where it was taken from, 0 elsewhere */
  Slice: [
    (n) => {
      const shape = n.shape(n.x(0));
      if (n.shape(n.dy).includes(0)) return n.zeros(shape);
      return sliceRanges(n).reduce((dy, range) => putBack(n, dy, range, shape[range.axis]!), n.dy);
    },
    null,
    null,
    null,
    null,
  ],
} satisfies Rules;

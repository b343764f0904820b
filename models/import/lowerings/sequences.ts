/** Sequences of tensors, as exporters write chunk, split and lists: known part by part, so that none is left. */
import type { Known } from "../known.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";

function sequence(n: LoweringSite, index: number): readonly Known[] {
  return n.input(index).sequence ?? n.fail(`its input ${index} must be a sequence`);
}

/** A place in a sequence of this length; `most`: the largest. */
function place(n: LoweringSite, index: number, length: number, most: number): number {
  const [given] = n.numbers(index, "position");
  const at = given! < 0 ? given! + length : given!;
  return at >= 0 && at <= most ? at : n.fail(`its position must be ${-length} to ${most}: found ${given}`);
}

/** Extents of the parts: given, equal ones of a given size (the last may be smaller), or 1 each. */
function partExtents(n: LoweringSite, extent: number): readonly number[] {
  if (!n.has(1)) return Array<number>(extent).fill(1);
  const given = n.numbers(1, "split"), [size] = given;
  if (n.shapeAt(1).length > 0) return given;
  if (!(size! > 0)) n.fail(`its split must be above 0: found ${size}`);
  const whole = Array<number>(Math.floor(extent / size!)).fill(size!);
  return extent % size! === 0 ? whole : [...whole, extent % size!];
}

function splitToSequence(n: LoweringSite): readonly Known[] {
  const shape = n.shapeAt(0), given = n.int("axis", 0);
  const axis = n.axisOf(given, shape.length), extent = shape[axis];
  if (typeof extent !== "number") {
    return n.fail(
      `the axis that it splits must have a fixed size: found ${extent}; export it with fixed sizes`,
    );
  }
  const extents = partExtents(n, extent);
  if (extents.length === 0) n.fail("it must have at least one part, found none");
  const drops = !n.has(1) && n.int("keepdims", 1) === 0;
  const parts = n.split(n.x(0), axis, extents);
  return [{ sequence: parts.map((part) => ({ value: drops ? n.squeeze(part, axis) : part })) }];
}

function concatFromSequence(n: LoweringSite): readonly Known[] {
  const parts = sequence(n, 0);
  if (parts.length === 0) n.fail("its sequence must have at least one part, found none");
  const axis = n.int("axis", 0), is_new = n.int("new_axis", 0) !== 0;
  const values = parts.map((part) => n.valueFor(part));
  const joined = is_new ? values.map((value) => n.unsqueeze(value, axis)) : values;
  return [{ value: n.op("Concat", joined, { axis }) }];
}

export const SEQUENCE_LOWERINGS = {
  SplitToSequence: splitToSequence,
  SequenceAt: (n) => {
    const parts = sequence(n, 0);
    return [parts[place(n, 1, parts.length, parts.length - 1)]!];
  },
  SequenceConstruct: (n) => [{ sequence: n.known.map((_, i) => n.input(i)) }],
  SequenceEmpty: () => [{ sequence: [] }],
  SequenceInsert: (n) => {
    const parts = sequence(n, 0);
    const at = n.has(2) ? place(n, 2, parts.length, parts.length) : parts.length;
    return [{ sequence: parts.toSpliced(at, 0, n.input(1)) }];
  },
  SequenceErase: (n) => {
    const parts = sequence(n, 0);
    const at = n.has(1) ? place(n, 1, parts.length, parts.length - 1) : parts.length - 1;
    return [{ sequence: parts.toSpliced(at, 1) }];
  },
  SequenceLength: (n) => [{
    constant: { element: "int64", shape: [], items: [sequence(n, 0).length] },
  }],
  ConcatFromSequence: concatFromSequence,
} satisfies Lowerings;

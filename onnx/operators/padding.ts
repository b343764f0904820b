/** Operators that pad, repeat or blank out along axes. */
import type { Dim, TensorType } from "../graph.ts";
import { formatShape, product } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { ALL, INDICES } from "../element_sets.ts";

const PAD_MODES = ["constant", "reflect", "edge", "wrap"];

/** Elements added before and after each axis; below 0 they are cut off. */
function padWidths(site: Site): readonly (readonly [before: number, after: number])[] {
  const rank = site.shape(0).length;
  const pads = site.numbers(1, "pads");
  const axes = site.has(3) ? site.axes(site.numbers(3, "axes"), rank) : [...Array(rank).keys()];
  if (pads.length !== 2 * axes.length) {
    site.fail(`pads must be ${2 * axes.length} numbers, two for each axis: found ${pads.length}`);
  }
  return Array.from({ length: rank }, (_, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 0] : [pads[at]!, pads[at + axes.length]!];
  });
}

function paddedExtent(
  site: Site,
  mode: string,
  extent: Dim,
  [before, after]: readonly [number, number],
): Dim {
  if (before === 0 && after === 0) return extent;
  if (typeof extent === "string") return site.fail(`padded axes must have fixed sizes: found ${extent}`);
  const most = Math.max(before, after), room = mode === "reflect" ? extent - 1 : extent;
  if (mode === "edge" && extent === 0 || (mode === "reflect" || mode === "wrap") && most > room) {
    site.fail(
      `in mode ${mode}, an axis of ${extent} elements can be padded by at most ${room}: found ${most}`,
    );
  }
  const padded = extent + before + after;
  return padded >= 0 ? padded : site.fail(`sizes must be 0 or more after padding: found ${padded}`);
}

function inferPad(site: Site): readonly TensorType[] {
  const { element, shape } = site.typeIn(0, ALL);
  const mode = site.string("mode") ?? "constant";
  if (!PAD_MODES.includes(mode)) site.fail(`attribute mode must be ${PAD_MODES.join(", ")}: found ${mode}`);
  if (site.has(2)) {
    const value = site.type(2);
    if (value.element !== element || product(value.shape) !== 1) {
      site.fail(`constant_value must be one ${element}: found ${value.element}${formatShape(value.shape)}`);
    }
  }
  const widths = padWidths(site);
  return [{ element, shape: shape.map((extent, axis) => paddedExtent(site, mode, extent, widths[axis]!)) }];
}

function inferTile(site: Site): readonly TensorType[] {
  const { element, shape } = site.type(0);
  const repeats = site.numbers(1, "repeats");
  if (repeats.length !== shape.length || repeats.some((count) => count < 0)) {
    site.fail(`repeats must be ${shape.length} numbers of 0 or more: found [${repeats.join(",")}]`);
  }
  return [{ element, shape: shape.map((extent, axis) => product([extent, repeats[axis]!])) }];
}

function inferTrilu(site: Site): readonly TensorType[] {
  const type = site.typeIn(0, ALL);
  if (type.shape.length < 2) site.fail("input 0 must have rank 2 or more");
  return [type];
}

/** True if an integer input is one number, of rank 0 or 1. */
function isOne(site: Site, index: number): boolean {
  return INDICES.includes(site.type(index).element) && product(site.shape(index)) === 1;
}

export const PADDING = {
  /** Inputs data, pads, constant_value, axes. Mode wrap is of opset 19. */
  Pad: { inputs: [2, 4], outputs: [1, 1], attributes: { mode: "string" }, infer: inferPad },
  Tile: { inputs: [2, 2], outputs: [1, 1], attributes: {}, infer: inferTile },
  /** Keeps the upper (or lower) triangle of matrices, from the k-th diagonal on. */
  Trilu: {
    inputs: [1, 2],
    outputs: [1, 1],
    attributes: { upper: "int" },
    infer: (site) =>
      !site.has(1) || isOne(site, 1) ? inferTrilu(site) : site.fail("k (input 1) must be one integer"),
  },
} satisfies Record<string, Operator>;

/** Resize by nearest neighbour or linear interpolation. */
import type { Dim, TensorType } from "../graph.ts";
import { formatShape, sameShape } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { ALL } from "../element_sets.ts";

/** Allowed values of string attributes; the default comes first. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ["nearest", "linear"],
  coordinate_transformation_mode: ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"],
  nearest_mode: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
  keep_aspect_ratio_policy: ["stretch"],
};

function checkAttributes(site: Site): void {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = site.string(name) ?? choices[0]!;
    if (!choices.includes(value)) {
      site.fail(`attribute ${name} must be ${choices.join(", ")}: found ${value}`);
    }
  }
  for (const name of ["antialias", "exclude_outside"]) {
    if (site.int(name, 0) !== 0) site.fail(`attribute ${name} must be 0: found ${site.int(name)}`);
  }
}

/** True if an optional input is there; an empty one counts as omitted. */
function isGiven(site: Site, index: number): boolean {
  return site.has(index) && site.shape(index)[0] !== 0;
}

/** The extent of an axis times its scale, rounded down, in float32 as ONNX Runtime does it. */
function scaled(site: Site, extent: Dim, scale: number): Dim {
  if (!(scale > 0)) return site.fail(`scales must be above 0: found ${scale}`);
  if (scale === 1) return extent;
  if (typeof extent === "number") return Math.floor(Math.fround(extent * scale));
  return site.fail(`an axis that is resized must have a fixed size: found ${extent}`);
}

/** An axis of unknown extent must stay as it is. */
function sized(site: Site, extent: Dim, size: Dim): Dim {
  if (extent === size || (typeof extent === "number" && typeof size === "number" && size > 0)) return size;
  return site.fail(`an axis of size ${extent} cannot be resized: found size ${size}`);
}

function inferResize(site: Site): readonly TensorType[] {
  checkAttributes(site);
  const { element, shape } = site.typeIn(0, ALL);
  const axes = site.axes(site.ints("axes") ?? [...shape.keys()], shape.length);
  const by_scale = isGiven(site, 2);
  if (by_scale === isGiven(site, 3)) site.fail("either input 2 (scales) or input 3 (sizes) must be present");
  const asked = by_scale ? site.floats(2, "scales") : site.contents(3, "sizes");
  if (asked.length !== axes.length) {
    site.fail(`scales or sizes must be ${axes.length} numbers: found ${formatShape(asked)}`);
  }
  const resized = [...shape];
  for (const [i, axis] of axes.entries()) {
    resized[axis] = by_scale
      ? scaled(site, shape[axis]!, asked[i] as number)
      : sized(site, shape[axis]!, asked[i]!);
  }
  const idle = by_scale && sameShape(shape, resized) ? asked.find((scale) => scale !== 1) : undefined;
  if (idle !== undefined) {
    site.fail(
      `a scale that does not change the size of an axis must be 1, because devices disagree otherwise: found ${idle}`,
    );
  }
  return [{ element, shape: resized }];
}

export const RESIZE = {
  /** Inputs x, roi (unused), scales or sizes. No cubic interpolation, no antialiasing, no cropping. */
  Resize: {
    inputs: [1, 4],
    outputs: [1, 1],
    attributes: {
      antialias: "int",
      axes: "ints",
      coordinate_transformation_mode: "string",
      cubic_coeff_a: "float",
      exclude_outside: "int",
      extrapolation_value: "float",
      keep_aspect_ratio_policy: "string",
      mode: "string",
      nearest_mode: "string",
    },
    infer: inferResize,
  },
} satisfies Record<string, Operator>;

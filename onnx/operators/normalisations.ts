/** Normalisations: subtract a mean, divide by a deviation, scale and shift. */
import type { Dim, Shape, TensorType } from "../graph.ts";
import { formatShape, product, quotient } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { CLASSIC_FLOATS, FLOATS } from "../element_sets.ts";

/** Each of these inputs must be a vector of this extent. */
function vectors(site: Site, indices: readonly number[], extent: Dim): void {
  for (const i of indices) {
    const { shape } = site.typeIn(i, FLOATS);
    if (shape.length !== 1 || shape[0] !== extent) {
      site.fail(`input ${i} must have shape [${extent}]: found ${formatShape(shape)}`);
    }
  }
}

/** Type of input 0, [N, C, ...]: at least this rank. */
function channelled(site: Site, allowed = FLOATS, rank = 2): TensorType {
  const type = site.typeIn(0, allowed);
  if (type.shape.length < rank) site.fail(`input 0 must have rank ${rank} or more`);
  return type;
}

/** Training form (training_mode 1): y, and the new running mean and variance; else y alone. */
function inferBatchNormalization(site: Site): readonly TensorType[] {
  const x = channelled(site);
  const channels = x.shape[1]!;
  vectors(site, [1, 2, 3, 4], channels);
  if (site.int("training_mode", 0) === 0) return [x];
  const running = { element: site.type(3).element, shape: [channels] };
  return [x, running, running];
}

/** Over the axes from `axis` on: y, mean and inverse deviation. These two are float32, whatever x is. */
function inferLayerNormalization(site: Site): readonly TensorType[] {
  const { element, shape } = site.typeIn(0, FLOATS);
  site.commonElement(FLOATS);
  const axis = site.axis(site.int("axis", -1), shape.length);
  const normalised = shape.slice(axis);
  for (const i of [1, 2]) {
    if (!site.has(i)) continue;
    const out = site.broadcast([normalised, site.shape(i)]);
    if (out.length > normalised.length || out.some((dim, at) => dim !== normalised[at])) {
      site.fail(
        `input ${i} must broadcast to ${formatShape(normalised)}: found ${formatShape(site.shape(i))}`,
      );
    }
  }
  const kept: Shape = shape.map((dim, at) => at < axis ? dim : 1);
  const statistic: TensorType = { element: "float32", shape: kept };
  return [{ element, shape }, statistic, statistic];
}

function inferInstanceNormalization(site: Site): readonly TensorType[] {
  const x = channelled(site, CLASSIC_FLOATS, 3);
  vectors(site, [1, 2], x.shape[1]!);
  return [x];
}

/** Scale and bias are per channel as of opset 21, and were per group at 18. */
function inferGroupNormalization(site: Site): readonly TensorType[] {
  const x = channelled(site);
  const channels = x.shape[1]!, groups = site.int("num_groups");
  if (groups < 1 || quotient(channels, groups) === undefined) {
    site.fail(`num_groups must divide the ${channels} channels: found ${groups}`);
  }
  const is_per_group = site.shape(1)[0] === groups;
  vectors(site, [1, 2], is_per_group ? groups : channels);
  return [x];
}

function inferLpNormalization(site: Site): readonly TensorType[] {
  const type = site.typeIn(0, CLASSIC_FLOATS);
  site.axis(site.int("axis", -1), type.shape.length);
  const p = site.int("p", 2);
  if (p !== 1 && p !== 2) site.fail(`attribute p must be 1 or 2: found ${p}`);
  return [type];
}

function inferMeanVarianceNormalization(site: Site): readonly TensorType[] {
  const type = site.typeIn(0, FLOATS);
  const axes = site.axes(site.ints("axes") ?? [0, 2, 3], type.shape.length);
  if (product(axes.map((axis) => type.shape[axis]!)) === 0) site.fail("normalised axes must not have size 0");
  return [type];
}

export const NORMALISATIONS = {
  BatchNormalization: {
    inputs: [5, 5],
    outputs: [1, 3],
    attributes: { epsilon: "float", momentum: "float", training_mode: "int" },
    infer: inferBatchNormalization,
  },
  LayerNormalization: {
    inputs: [2, 3],
    outputs: [1, 3],
    attributes: { axis: "int", epsilon: "float", stash_type: "int" },
    infer: inferLayerNormalization,
  },
  InstanceNormalization: {
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { epsilon: "float" },
    infer: inferInstanceNormalization,
  },
  /** Opset 21. */
  GroupNormalization: {
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { epsilon: "float", num_groups: "int", stash_type: "int" },
    infer: inferGroupNormalization,
  },
  LpNormalization: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { axis: "int", p: "int" },
    infer: inferLpNormalization,
  },
  /** Default axes: 0, 2, 3. */
  MeanVarianceNormalization: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { axes: "ints" },
    infer: inferMeanVarianceNormalization,
  },
} satisfies Record<string, Operator>;

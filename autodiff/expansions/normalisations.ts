/**
 * Normalisations by way of means, products and roots. Legend of shapes: N batch, C channels, G groups, S everything
 * after the channels.
 */
import type { Value } from "../../onnx/builder.ts";
import type { Dim } from "../../onnx/graph.ts";
import { elementCode } from "../../onnx/tensor.ts";
import type { Expansions, ExpansionSite } from "../expansion.ts";

const EPSILON = 1e-5;

/** x minus its mean over these axes, and what that mean and the variance (biased) are, with the axes kept. */
interface Moments {
  readonly centred: Value;
  readonly mean: Value;
  readonly variance: Value;
}

function moments(n: ExpansionSite, x: Value, axes: readonly number[]): Moments {
  const mean = n.mean(x, axes, true);
  const centred = n.sub(x, mean);
  return { centred, mean, variance: n.mean(n.mul(centred, centred), axes, true) };
}

/** 1 / sqrt(variance + epsilon) */
function inverseDeviation(n: ExpansionSite, variance: Value): Value {
  const epsilon = n.number(n.float("epsilon", EPSILON));
  return n.op("Reciprocal", [n.op("Sqrt", [n.add(variance, epsilon)])]);
}

/** A vector over the channels [C], so that it broadcasts to [N, C, S]. */
function perChannel(n: ExpansionSite, vector: Value, rank: number): Value {
  return n.reshape(vector, [n.shape(vector)[0]!, ...Array(rank - 2).fill(1)]);
}

function rankOf(x: Value): number {
  return x.type.shape.length;
}

function axesFrom(first: number, rank: number): number[] {
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

/** The form with the running statistics: (x - mean) (scale / sqrt(variance + epsilon)) + bias */
function batchInference(n: ExpansionSite): Value {
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => n.x(i));
  const channel = (vector: Value) => perChannel(n, vector, rankOf(x!));
  const factor = n.mul(scale!, inverseDeviation(n, variance!));
  return n.add(n.mul(n.sub(x!, channel(mean!)), channel(factor)), channel(bias!));
}

/** The form with the moments of this batch, and the running ones after it: r = momentum r + (1 - momentum) m. */
function batchTraining(n: ExpansionSite): readonly Value[] {
  const [x, scale, bias] = [n.x(0), n.x(1), n.x(2)];
  const rank = rankOf(x), channels = n.shape(scale)[0]!;
  const { centred, mean, variance } = moments(n, x, [0, ...axesFrom(2, rank)]);
  const factor = n.mul(perChannel(n, scale, rank), inverseDeviation(n, variance));
  const y = n.add(n.mul(centred, factor), perChannel(n, bias, rank));
  const momentum = n.float("momentum", 0.9);
  const moved = (running: Value, moment: Value) =>
    n.add(
      n.mul(running, n.number(momentum)),
      n.mul(n.reshape(moment, [channels]), n.number(1 - momentum)),
    );
  return [y, moved(n.x(3), mean), moved(n.x(4), variance)];
}

/** A shape as Reshape takes it: a name stands at axis 0 alone, and is copied there. */
function reshaped(n: ExpansionSite, value: Value, shape: readonly Dim[]): Value {
  const extents = shape.map((dim, axis) =>
    typeof dim === "number"
      ? dim
      : axis === 0
      ? 0
      : n.fail(`axis ${axis} must have a fixed size: found ${dim}`)
  );
  return n.op("Reshape", [value, n.intVector(extents)]);
}

/** [N, C, S] as [N, G, C / G, S], normalised over the last two; scale and bias per channel or, at opset 18, group. */
function groupNormalization(n: ExpansionSite): Value {
  const x = n.x(0), rank = rankOf(x), groups = n.int("num_groups", 1);
  const rows = reshaped(n, x, [x.type.shape[0]!, groups, -1]);
  const { centred, variance } = moments(n, rows, [2]);
  const normal = n.mul(centred, inverseDeviation(n, variance));
  const affine = (y: Value) =>
    n.add(n.mul(y, perChannel(n, n.x(1), rankOf(y))), perChannel(n, n.x(2), rankOf(y)));
  const is_per_group = n.shape(n.x(1))[0] === groups;
  if (is_per_group) return reshaped(n, affine(normal), x.type.shape);
  return affine(rank === 3 && groups === x.type.shape[1] ? normal : reshaped(n, normal, x.type.shape));
}

export const NORMALISATION_EXPANSIONS = {
  /** (x - m) scale / sqrt(v + epsilon) + bias with running or batch moments m, v (Ioffe, Szegedy 2015) */
  BatchNormalization: (n) => n.int("training_mode", 0) === 0 ? batchInference(n) : batchTraining(n),
  /** Moments over the axes from `axis` on (Ba, Kiros, Hinton 2016) */
  LayerNormalization: (n) => {
    const x = n.x(0), rank = rankOf(x), axis = n.int("axis", -1);
    const { centred, mean, variance } = moments(n, x, axesFrom(axis < 0 ? axis + rank : axis, rank));
    const inverse = inverseDeviation(n, variance);
    const scaled = n.mul(n.mul(centred, inverse), n.x(1));
    const statistic = (value: Value) =>
      value.type.element === "float32" ? value : n.op("Cast", [value], { to: elementCode("float32") });
    return [n.has(2) ? n.add(scaled, n.x(2)) : scaled, statistic(mean), statistic(inverse)];
  },
  /** Moments of each channel of each example (Ulyanov, Vedaldi, Lempitsky 2016) */
  InstanceNormalization: (n) => {
    const x = n.x(0), rank = rankOf(x);
    const { centred, variance } = moments(n, x, axesFrom(2, rank));
    const scaled = n.mul(n.mul(centred, inverseDeviation(n, variance)), perChannel(n, n.x(1), rank));
    return n.add(scaled, perChannel(n, n.x(2), rank));
  },
  /** Moments of each group of channels of each example (Wu, He 2018) */
  GroupNormalization: groupNormalization,
  /** x / ||x||_p, 0 where the norm is 0 */
  LpNormalization: (n) => {
    const x = n.x(0), axis = n.int("axis", -1);
    const norm = n.int("p", 2) === 1
      ? n.sum(n.op("Abs", [x]), [axis], true)
      : n.op("ReduceL2", [x, n.intVector([axis])]);
    const is_zero = n.op("Equal", [norm, n.number(0)]);
    return n.div(x, n.where(is_zero, n.number(1), norm));
  },
  /** (x - m) / (sqrt(v) + 1e-9), where 1e-9 is the specification's */
  MeanVarianceNormalization: (n) => {
    const { centred, variance } = moments(n, n.x(0), n.ints("axes") ?? [0, 2, 3]);
    return n.div(centred, n.add(n.op("Sqrt", [variance]), n.number(1e-9)));
  },
} satisfies Expansions;

/** Reference kernels of normalisations, element by element after the ONNX operator specifications. */
import type { Kernel } from "./kernel.ts";
import { at, broadcastAt, generate, indicesOf, positive, type RefTensor } from "./ref_tensor.ts";

interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Mean and biased variance of all elements that `key` puts together. */
function momentsBy(x: RefTensor, key: (index: readonly number[]) => string): ReadonlyMap<string, Moments> {
  const groups = new Map<string, number[]>();
  for (const index of indicesOf(x.shape)) {
    const group = groups.get(key(index)) ?? [];
    group.push(at(x, index));
    groups.set(key(index), group);
  }
  return new Map([...groups].map(([group, values]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return [group, { mean, variance }];
  }));
}

/** scale (x - mean) / sqrt(variance + epsilon) + bias, each of them per channel (axis 1) */
const batchNormalization: Kernel = (call) => {
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => call.x(i));
  const isTraining = call.int("training_mode", 0) !== 0;
  const epsilon = call.float("epsilon", 1e-5), momentum = call.float("momentum", 0.9);
  const batch = momentsBy(x!, ([, channel]) => `${channel}`);
  const used = (channel: number): Moments =>
    isTraining
      ? batch.get(`${channel}`)!
      : { mean: mean!.data[channel]!, variance: variance!.data[channel]! };
  const y = generate(x!.element, x!.shape, (index) => {
    const channel = index[1]!, of = used(channel);
    const normal = (at(x!, index) - of.mean) / Math.sqrt(of.variance + epsilon);
    return normal * scale!.data[channel]! + bias!.data[channel]!;
  });
  const moved = (running: RefTensor, which: keyof Moments): RefTensor => ({
    ...running,
    data: running.data.map((old, channel) => momentum * old + (1 - momentum) * used(channel)[which]),
  });
  return isTraining ? [y, moved(mean!, "mean"), moved(variance!, "variance")] : [y];
};

const layerNormalization: Kernel = (call) => {
  const x = call.x(0), scale = call.x(1), bias = call.inputs[2];
  const axis = positive(call.int("axis", -1), x.shape.length), epsilon = call.float("epsilon", 1e-5);
  const row = (index: readonly number[]) => index.slice(0, axis).join();
  const moments = momentsBy(x, row);
  const inverse = ({ variance }: Moments) => 1 / Math.sqrt(variance + epsilon);
  const y = generate(x.element, x.shape, (index) => {
    const of = moments.get(row(index))!, inner = index.slice(axis);
    const scaled = (at(x, index) - of.mean) * inverse(of) * broadcastAt(scale, inner);
    return scaled + (bias ? broadcastAt(bias, inner) : 0);
  });
  const kept = x.shape.map((extent, i) => i < axis ? extent : 1);
  const statistic = (of: (moments: Moments) => number) =>
    generate("float32", kept, (index) => of(moments.get(row(index))!));
  return [y, statistic(({ mean }) => mean), statistic(inverse)];
};

const instanceNormalization: Kernel = (call) => {
  const [x, scale, bias] = [0, 1, 2].map((i) => call.x(i)), epsilon = call.float("epsilon", 1e-5);
  const plane = ([example, channel]: readonly number[]) => `${example},${channel}`;
  const moments = momentsBy(x!, plane);
  return generate(x!.element, x!.shape, (index) => {
    const { mean, variance } = moments.get(plane(index))!, channel = index[1]!;
    return (at(x!, index) - mean) / Math.sqrt(variance + epsilon) * scale!.data[channel]! +
      bias!.data[channel]!;
  });
};

/** Scale and bias per channel (opset 21) or per group (18). */
const groupNormalization: Kernel = (call) => {
  const [x, scale, bias] = [0, 1, 2].map((i) => call.x(i)), epsilon = call.float("epsilon", 1e-5);
  const groups = call.int("num_groups", 1), size = x!.shape[1]! / groups;
  const group = ([example, channel]: readonly number[]) => `${example},${Math.floor(channel! / size)}`;
  const moments = momentsBy(x!, group);
  return generate(x!.element, x!.shape, (index) => {
    const { mean, variance } = moments.get(group(index))!;
    const place = scale!.data.length === groups ? Math.floor(index[1]! / size) : index[1]!;
    return (at(x!, index) - mean) / Math.sqrt(variance + epsilon) * scale!.data[place]! + bias!.data[place]!;
  });
};

const lpNormalization: Kernel = (call) => {
  const x = call.x(0), axis = positive(call.int("axis", -1), x.shape.length), p = call.int("p", 2);
  return generate(x.element, x.shape, (index) => {
    const line = Array.from({ length: x.shape[axis]! }, (_, i) => Math.abs(at(x, index.with(axis, i))));
    const norm = line.reduce((sum, value) => sum + value ** p, 0) ** (1 / p);
    return norm === 0 ? 0 : at(x, index) / norm;
  });
};

const meanVarianceNormalization: Kernel = (call) => {
  const x = call.x(0), axes = call.attribute("axes", "ints") ?? [0, 2, 3];
  const reduced = axes.map((axis) => positive(axis, x.shape.length));
  const rest = (index: readonly number[]) => index.filter((_, axis) => !reduced.includes(axis)).join();
  const moments = momentsBy(x, rest);
  return generate(x.element, x.shape, (index) => {
    const { mean, variance } = moments.get(rest(index))!;
    return (at(x, index) - mean) / (Math.sqrt(variance) + 1e-9);
  });
};

export const NORMALISATION_KERNELS = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
} satisfies Record<string, Kernel>;

/**
 * Convolutions and pools with attributes that ONNX allows and ONNX Runtime does not take, written with explicit padding:
 * https://github.com/microsoft/onnxruntime/issues/14208 for output_padding.
 */
import type { Value } from "../../../onnx/builder.ts";
import { isFixed } from "../../../onnx/dims.ts";
import type { Known } from "../known.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";

/** Numbers of an attribute, one for each spatial axis. */
function spatial(n: LoweringSite, name: string, rank: number, otherwise: number): readonly number[] {
  const values = n.ints(name) ?? Array<number>(rank).fill(otherwise);
  return values.length === rank
    ? values
    : n.fail(`its ${name} must be ${rank} numbers: found ${values.length}`);
}

function spatialExtents(n: LoweringSite, index: number): readonly number[] {
  const extents = n.shapeAt(index).slice(2);
  return isFixed(extents)
    ? extents
    : n.fail(`its input ${index} must have a fixed shape; export it with fixed sizes`);
}

/** Modulated convolutions of StyleGAN take examples for groups, each with weights of its own. */
function checkWeights(n: LoweringSite): void {
  const weights = n.has(1) ? n.shapeAt(1) : [];
  if (isFixed(weights)) return;
  n.fail(
    `its weights must not depend on the example: found [${weights}]; export it without fused modulation ` +
      "(fused_modconv=False), so that it scales the examples instead of the weights",
  );
}

/** Half each; of an odd number SAME_UPPER puts more at the end. */
function halves(total: number, auto_pad: string): readonly [number, number] {
  const less = Math.floor(total / 2);
  return auto_pad === "SAME_UPPER" ? [less, total - less] : [total - less, less];
}

function isSame(n: LoweringSite): boolean {
  return (n.string("auto_pad") ?? "").startsWith("SAME_");
}

/** Attributes of the node but for these, and others beside. */
function attributesWith(n: LoweringSite, names: readonly string[], more: Record<string, readonly number[]>) {
  const kept = Object.entries(n.node.attributes).filter(([name]) => !names.includes(name));
  return { ...Object.fromEntries(kept), ...more };
}

/**
 * TensorFlow makes a convolution over one axis one over two, of height 1: that axis is none of the layer's weights, and
 * is put in when the graph runs. Null where the weights are as they should be.
 */
function heightened(n: LoweringSite): Value | null {
  const { tensor, weight, value } = n.input(1);
  if (value || !weight?.includes("/ExpandDims") || tensor?.shape.length !== 4 || tensor.shape[2] !== 1) {
    return null;
  }
  return n.unsqueeze(n.valueFor({ weight, tensor: { ...tensor, shape: tensor.shape.toSpliced(2, 1) } }), 2);
}

/** auto_pad SAME beside dilations: the padding that gives one window for each stride. Null where it is not that. */
function explicitPads(n: LoweringSite, kernel: readonly number[]): readonly number[] | null {
  const extents = spatialExtents(n, 0), rank = extents.length;
  const dilations = spatial(n, "dilations", rank, 1), strides = spatial(n, "strides", rank, 1);
  if (!isSame(n) || dilations.every((dilation) => dilation === 1)) return null;
  const pads = extents.map((extent, i) => {
    const reach = dilations[i]! * (kernel[i]! - 1) + 1, count = Math.ceil(extent / strides[i]!);
    return halves(Math.max(0, strides[i]! * (count - 1) + reach - extent), n.string("auto_pad")!);
  });
  return [...pads.map(([begin]) => begin), ...pads.map(([, end]) => end)];
}

/** The node with other padding, or with another value for its weights; null where it stays as it is. */
function windowed(
  n: LoweringSite,
  pads: readonly number[] | null,
  weights: Value | null,
): readonly Known[] | null {
  if (pads === null && weights === null) return null;
  const attributes = pads === null ? n.node.attributes : attributesWith(n, ["auto_pad"], { pads });
  const inputs = n.known.map((known, i) => known && (i === 1 && weights ? weights : n.valueFor(known)));
  const operands = inputs.map((value) => value ?? null);
  return n.ops(n.node.op as "Conv", operands, attributes, n.node.outputs.length).map((value) => ({ value }));
}

function convolution(n: LoweringSite): readonly Known[] | null {
  checkWeights(n);
  return windowed(n, explicitPads(n, spatialExtents(n, 1)), heightened(n));
}

function pool(n: LoweringSite): readonly Known[] | null {
  return windowed(
    n,
    explicitPads(n, n.ints("kernel_shape") ?? n.fail("its kernel_shape must be present")),
    null,
  );
}

/** The padding of a transposed convolution: what is cut off each end, and what is added behind the last window. */
function transposedPads(n: LoweringSite, counts: readonly number[]) {
  const rank = counts.length, kernel = spatialExtents(n, 1), auto_pad = n.string("auto_pad") ?? "NOTSET";
  const strides = spatial(n, "strides", rank, 1), dilations = spatial(n, "dilations", rank, 1);
  const added = spatial(n, "output_padding", rank, 0),
    pads = n.ints("pads") ?? Array<number>(2 * rank).fill(0);
  const asked = n.ints("output_shape")?.slice(-rank);
  return counts.map((count, i) => {
    const stride = strides[i]!, reach = dilations[i]! * (kernel[i]! - 1) + 1;
    const whole = stride * (count - 1) + reach + added[i]!;
    const extent = asked?.[i] ?? (isSame(n) ? count * stride : undefined);
    if (extent !== undefined && extent > whole) {
      n.fail(
        `the output may have at most ${whole} positions on this axis, found ${extent}: add output_padding`,
      );
    }
    const [begin, end] = extent === undefined
      ? [pads[i]!, pads[i + rank]!]
      : halves(whole - extent, auto_pad);
    return { begin, end: end - added[i]!, isOurs: added[i]! < stride };
  });
}

/** y with its end cut off, or longer by zeros, to which the bias is added in the end. */
function transposed(n: LoweringSite): readonly Known[] | null {
  checkWeights(n);
  const counts = spatialExtents(n, 0), rank = counts.length, axes = transposedPads(n, counts);
  const weights = heightened(n);
  if (axes.every(({ isOurs }) => isOurs)) return windowed(n, null, weights);
  const cut = (pad: number) => Math.max(pad, 0), grown = (pad: number) => Math.max(-pad, 0);
  const attributes = attributesWith(n, ["auto_pad", "output_padding", "output_shape"], {
    pads: [...axes.map(({ begin }) => cut(begin)), ...axes.map(({ end }) => cut(end))],
  });
  const y = n.op("ConvTranspose", [n.x(0), weights ?? n.x(1)], attributes);
  const pads = [0, 0, ...axes.map(({ begin }) => grown(begin)), 0, 0, ...axes.map(({ end }) => grown(end))];
  const padded = pads.every((pad) => pad === 0) ? y : n.op("Pad", [y, n.intVector(pads)]);
  if (!n.has(2)) return [{ value: padded }];
  const bias = n.x(2);
  return [{ value: n.add(padded, n.reshape(bias, [n.extent(bias, 0), ...Array<number>(rank).fill(1)])) }];
}

export const WINDOW_LOWERINGS = {
  Conv: convolution,
  MaxPool: pool,
  AveragePool: pool,
  ConvTranspose: transposed,
} satisfies Lowerings;

/** Windows of convolutions and pools, after the formulas of the ONNX operator specifications. */
import type { Call } from "./kernel.ts";
import { flatten, indicesOf, sizeOf } from "./ref_tensor.ts";

/** One spatial axis: the covered side, the number of windows, and where they lie. */
export interface Axis {
  readonly covered: number;
  readonly windows: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and after. */
  readonly pads: readonly [number, number];
}

/** Half of the padding each, the odd one after (SAME_UPPER) or before. */
export function sharedPads(total: number, auto_pad: string): [number, number] {
  const half = Math.floor(total / 2);
  return auto_pad === "SAME_UPPER" ? [half, total - half] : [total - half, half];
}

/** The axes of Conv and of pools, by kernel and input extents. */
export function windowAxes(
  call: Call,
  inputs: readonly number[],
  kernel: readonly number[],
): readonly Axis[] {
  const auto_pad = call.attribute("auto_pad", "string") ?? "NOTSET";
  const isCeil = call.int("ceil_mode", 0) === 1;
  return inputs.map((covered, i) => {
    const axis = axisOf(call, i, kernel);
    const span = (kernel[i]! - 1) * axis.dilation + 1;
    if (auto_pad.startsWith("SAME")) {
      const windows = Math.ceil(covered / axis.stride);
      const total = Math.max((windows - 1) * axis.stride + span - covered, 0);
      return { ...axis, covered, windows, pads: sharedPads(total, auto_pad) };
    }
    const steps = (covered + axis.pads[0] + axis.pads[1] - span) / axis.stride;
    return { ...axis, covered, windows: (isCeil ? Math.ceil(steps) : Math.floor(steps)) + 1 };
  });
}

/** The axes of ConvTranspose, by its kernel and input extents. */
export function transposedAxes(
  call: Call,
  inputs: readonly number[],
  kernel: readonly number[],
): readonly Axis[] {
  const auto_pad = call.attribute("auto_pad", "string") ?? "NOTSET";
  const given = call.attribute("output_shape", "ints");
  return inputs.map((windows, i) => {
    const axis = axisOf(call, i, kernel);
    const added = call.attribute("output_padding", "ints")?.[i] ?? 0;
    const whole = axis.stride * (windows - 1) + added + (kernel[i]! - 1) * axis.dilation + 1;
    const asked = given?.[i] ?? (auto_pad.startsWith("SAME") ? windows * axis.stride : undefined);
    if (asked === undefined) return { ...axis, windows, covered: whole - axis.pads[0] - axis.pads[1] };
    return { ...axis, windows, covered: asked, pads: sharedPads(whole - asked, auto_pad) };
  });
}

function axisOf(call: Call, i: number, kernel: readonly number[]): Omit<Axis, "covered" | "windows"> {
  const isExplicit = (call.attribute("auto_pad", "string") ?? "NOTSET") === "NOTSET";
  const pads = isExplicit ? call.attribute("pads", "ints") : undefined;
  return {
    kernel: kernel[i]!,
    stride: call.attribute("strides", "ints")?.[i] ?? 1,
    dilation: call.attribute("dilations", "ints")?.[i] ?? 1,
    pads: [pads?.[i] ?? 0, pads?.[i + kernel.length] ?? 0],
  };
}

/** For each window, in row-major order, the covered places of its elements in turn; -1 in the padding. */
export function windowPlaces(axes: readonly Axis[]): readonly Int32Array[] {
  const extents = axes.map(({ covered }) => covered), kernel = axes.map((axis) => axis.kernel);
  const offsets = [...indicesOf(kernel)];
  return [...indicesOf(axes.map(({ windows }) => windows))].map((window) =>
    Int32Array.from(offsets, (offset) => {
      const index = axes.map(({ stride, dilation, pads }, i) =>
        window[i]! * stride - pads[0] + offset[i]! * dilation
      );
      return index.every((at, i) => at >= 0 && at < extents[i]!) ? flatten(index, extents) : -1;
    })
  );
}

/** Runs of `size` elements: the planes of a tensor [N, C, ...] when size is that of its spatial extents. */
export function planesOf(data: Float64Array, extents: readonly number[]): readonly Float64Array[] {
  const size = sizeOf(extents);
  return Array.from(
    { length: size === 0 ? 0 : data.length / size },
    (_, i) => data.subarray(i * size, (i + 1) * size),
  );
}

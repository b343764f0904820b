/** Reference kernels of convolutions: sums over windows, as the ONNX operator specifications write them. */
import type { Call, Kernel } from "./kernel.ts";
import { type RefTensor, sizeOf } from "./ref_tensor.ts";
import { type Axis, planesOf, transposedAxes, windowAxes, windowPlaces } from "./window.ts";

/** An output of zeros, or of the bias of each channel. */
function filled(call: Call, channels: number, extents: readonly number[]): RefTensor {
  const { element, shape: [batch] } = call.x(0), bias = call.inputs[2];
  const shape = [batch!, channels, ...extents];
  const data = new Float64Array(sizeOf(shape));
  planesOf(data, extents).forEach((plane, i) => plane.fill(bias?.data[i % channels] ?? 0));
  return { element, shape, data };
}

/** Planes of one window element for each window, and of the covered places: what a weight kernel connects. */
type Connect = (small: Float64Array, large: Float64Array, kernel: Float64Array) => void;

/** small += sum of kernel x large over each window. */
function gathering(axes: readonly Axis[]): Connect {
  const windows = windowPlaces(axes);
  return (small, large, kernel) =>
    windows.forEach((places, i) => {
      let sum = 0;
      for (let k = 0; k < places.length; k++) if (places[k]! >= 0) sum += kernel[k]! * large[places[k]!]!;
      small[i]! += sum;
    });
}

/** large += kernel x small, put where each window lies. */
function scattering(axes: readonly Axis[]): Connect {
  const windows = windowPlaces(axes);
  return (small, large, kernel) =>
    windows.forEach((places, i) => {
      for (let k = 0; k < places.length; k++) {
        if (places[k]! >= 0) large[places[k]!]! += kernel[k]! * small[i]!;
      }
    });
}

/** Weights [out, in / group, kernel ...]: output channel m sees the input channels of its group. */
const conv: Kernel = (call) => {
  const x = call.x(0), w = call.x(1), group = call.int("group", 1);
  const [out, each, ...kernel] = w.shape as [number, number, ...number[]];
  const extents = x.shape.slice(2);
  const axes = windowAxes(call, extents, kernel);
  const y = filled(call, out, axes.map(({ windows }) => windows));
  const connect = gathering(axes);
  const [inputs, kernels] = [planesOf(x.data, extents), planesOf(w.data, kernel)];
  planesOf(y.data, y.shape.slice(2)).forEach((plane, i) => {
    const example = Math.floor(i / out), m = i % out, first = Math.floor(m / (out / group)) * each;
    for (let c = 0; c < each; c++) {
      connect(plane, inputs[example * each * group + first + c]!, kernels[m * each + c]!);
    }
  });
  return y;
};

/** Weights [in, out / group, kernel ...]: input channel c is put on the output channels of its group. */
const convTranspose: Kernel = (call) => {
  const x = call.x(0), w = call.x(1), group = call.int("group", 1);
  const [channels, each, ...kernel] = w.shape as [number, number, ...number[]];
  const extents = x.shape.slice(2);
  const axes = transposedAxes(call, extents, kernel);
  const y = filled(call, each * group, axes.map(({ covered }) => covered));
  const connect = scattering(axes);
  const [outputs, kernels] = [planesOf(y.data, y.shape.slice(2)), planesOf(w.data, kernel)];
  planesOf(x.data, extents).forEach((plane, i) => {
    const example = Math.floor(i / channels), c = i % channels;
    const first = Math.floor(c / (channels / group)) * each;
    for (let m = 0; m < each; m++) {
      connect(plane, outputs[example * each * group + first + m]!, kernels[c * each + m]!);
    }
  });
  return y;
};

export const CONVOLUTION_KERNELS = { Conv: conv, ConvTranspose: convTranspose } satisfies Record<
  string,
  Kernel
>;

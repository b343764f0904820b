/** Reference kernels of pools, as the ONNX operator specifications write them. */
import type { Call, Kernel } from "./kernel.ts";
import { sizeOf, unflatten } from "./ref_tensor.ts";
import { type Axis, planesOf, windowAxes, windowPlaces } from "./window.ts";

/** An element for each window, from the elements of the window that are no padding. */
type Pool = (elements: readonly number[], window: readonly number[], axes: readonly Axis[]) => number;

function pooling(of: (call: Call) => Pool): Kernel {
  return (call) => {
    const x = call.x(0), extents = x.shape.slice(2);
    const axes = windowAxes(call, extents, call.attribute("kernel_shape", "ints")!);
    const counts = axes.map(({ windows }) => windows);
    const pool = of(call), windows = windowPlaces(axes);
    const data = planesOf(x.data, extents).flatMap((plane) =>
      windows.map((places, i) => {
        const elements = [...places].filter((place) => place >= 0).map((place) => plane[place]!);
        return pool(elements, unflatten(i, counts), axes);
      })
    );
    return { element: x.element, shape: [...x.shape.slice(0, 2), ...counts], data: Float64Array.from(data) };
  };
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** With padding counted, what the window covers of the padded axes, and nothing beyond them. */
function paddedSize(window: readonly number[], axes: readonly Axis[]): number {
  return sizeOf(axes.map(({ covered, kernel, stride, pads }, i) => {
    const start = window[i]! * stride - pads[0];
    return Math.min(start + kernel, covered + pads[1]) - start;
  }));
}

const averagePool = pooling((call) => {
  const countsPads = call.int("count_include_pad", 0) === 1;
  return (elements, window, axes) =>
    sumOf(elements) / (countsPads ? paddedSize(window, axes) : elements.length);
});

function globally(of: (plane: Float64Array) => number): Kernel {
  return (call) => {
    const { element, shape, data } = call.x(0);
    const pooled = planesOf(data, shape.slice(2)).map(of);
    return { element, shape: shape.map((extent, i) => i < 2 ? extent : 1), data: Float64Array.from(pooled) };
  };
}

export const POOL_KERNELS = {
  AveragePool: averagePool,
  MaxPool: pooling(() => (elements) => Math.max(...elements)),
  GlobalAveragePool: globally((plane) => sumOf(plane) / plane.length),
  GlobalMaxPool: globally((plane) => Math.max(...plane)),
} satisfies Record<string, Kernel>;

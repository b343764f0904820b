/** Reference kernels of activations beyond the elementary functions, after the ONNX operator specifications. */
import { erf, softplus } from "./elementwise.ts";
import type { Call, Kernel } from "./kernel.ts";
import { broadcastAt, broadcastShapes, generate, type RefTensor } from "./ref_tensor.ts";

function map(call: Call, of: (value: number) => number): RefTensor {
  const { element, shape, data } = call.x(0);
  return { element, shape, data: data.map(of) };
}

function folded(of: (sum: number, count: number) => number): Kernel {
  return (call) => {
    const inputs = call.inputs.map((_, i) => call.x(i));
    return generate(
      inputs[0]!.element,
      broadcastShapes(...inputs.map(({ shape }) => shape)),
      (index) => of(inputs.reduce((sum, input) => sum + broadcastAt(input, index), 0), inputs.length),
    );
  };
}

const gelu: Kernel = (call) =>
  map(call, (x) => {
    const cdf = call.attribute("approximate", "string") === "tanh"
      ? Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))
      : erf(x / Math.sqrt(2));
    return 0.5 * x * (1 + cdf);
  });

const prelu: Kernel = (call) => {
  const x = call.x(0), slope = call.x(1);
  return generate(x.element, x.shape, (index) => {
    const value = broadcastAt(x, index);
    return value < 0 ? broadcastAt(slope, index) * value : value;
  });
};

function hardSigmoid(x: number, alpha: number, beta: number): number {
  return Math.max(0, Math.min(1, alpha * x + beta));
}

/** As in inference: everything is kept. */
const dropout: Kernel = (call) => {
  if (call.inputs[2]?.data[0]) throw new Error("The reference interpreter does not drop");
  const x = call.x(0);
  return [x, { element: "bool", shape: x.shape, data: x.data.map(() => 1) }];
};

export const ACTIVATION_KERNELS = {
  Sin: (call) => map(call, Math.sin),
  Cos: (call) => map(call, Math.cos),
  Atan: (call) => map(call, Math.atan),
  Softsign: (call) => map(call, (x) => x / (1 + Math.abs(x))),
  Celu: (call) => {
    const alpha = call.float("alpha", 1);
    return map(call, (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)));
  },
  HardSigmoid: (call) => map(call, (x) => hardSigmoid(x, call.float("alpha", 0.2), call.float("beta", 0.5))),
  HardSwish: (call) => map(call, (x) => x * hardSigmoid(x, 1 / 6, 0.5)),
  ThresholdedRelu: (call) => map(call, (x) => x > call.float("alpha", 1) ? x : 0),
  Mish: (call) => map(call, (x) => x * Math.tanh(softplus(x))),
  PRelu: prelu,
  Gelu: gelu,
  Dropout: dropout,
  Sum: folded((sum) => sum),
  Mean: folded((sum, count) => sum / count),
} satisfies Record<string, Kernel>;

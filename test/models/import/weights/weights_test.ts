/** What is a weight: networks as exporters write them, against the same networks written out by hand. */
import type { Tensor } from "../../../../onnx/graph.ts";
import { tensorOf } from "../../../../onnx/tensor.ts";
import { seededNumbers } from "../../../reference/seeded.ts";
import { checkCritic, type CriticCase } from "../critic_case.ts";
import { type FileNode, placeholderOf } from "../file_model.ts";

const floats = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensorOf("float32", shape, values);
const ints = (...values: readonly number[]): Tensor => tensorOf("int64", [values.length], values);
const numbers = (seed: number, count: number) => Array.from(seededNumbers(seed, count, -1, 1), Math.fround);

/** W x + b, with W [outputs, inputs] as PyTorch keeps it. */
function linear(weight: readonly number[], bias: readonly number[], x: readonly number[]): number[] {
  return bias.map((b, i) => x.reduce((sum, value, j) => sum + weight[i * x.length + j]! * value, b));
}

/** W x with W [inputs, outputs]. */
function product(weight: readonly number[], x: readonly number[]): number[] {
  const outputs = weight.length / x.length;
  return Array.from(
    { length: outputs },
    (_, i) => x.reduce((sum, v, j) => sum + v * weight[j * outputs + i]!, 0),
  );
}

const prelu = (slope: readonly number[], x: readonly number[]) =>
  x.map((value, i) => value >= 0 ? value : value * slope[i % slope.length]!);

const line = (output: string, aten: string, ...inputs: readonly string[]) =>
  `%${output} : [num_users=1] = call_function[target=torch.ops.aten.${aten}.default](args = (${
    inputs.map((name) => `%${name}`).join(", ")
  }), kwargs = {})`;

/** As `dynamo=True` writes it by default: weights transposed, a slope in another shape, e^t and a constant folded. */
function optimized(): CriticCase {
  const parameters = {
    "l1.weight": numbers(11, 12),
    "l1.bias": numbers(12, 4),
    "act.weight": [0.25, 0.5, 0.125, 0.75],
    "l2.weight": numbers(13, 4),
    "t": [0.375],
  };
  return {
    parameters,
    slots: { "l1.weight": "val_1", "act.weight": "val_4", "l2.weight": "val_5" },
    scores: (p, batch) =>
      batch.map((x) => {
        const scaled = x.map((value, i) => value * [1, 2, 0.5][i]!);
        const first = product(p["l1.weight"]!, scaled).map((value, i) => value + p["l1.bias"]![i]!);
        const hidden = prelu(p["act.weight"]!, first);
        return linear(p["l2.weight"]!, [0], hidden)[0]! * Math.exp(p.t![0]!) * 0.5;
      }),
    file: {
      opset: 18,
      extents: [3],
      producer: "pytorch",
      nodes: [
        ["Mul", ["x", "ones"], ["scaled"]],
        ["MatMul", ["scaled", "val_1"], ["val_2"]],
        ["Add", ["val_2", "l1.bias"], ["linear"]],
        ["PRelu", ["linear", "val_4"], ["prelu"]],
        ["MatMul", ["prelu", "val_5"], ["score"]],
        ["Mul", ["score", "exp"], ["tempered"]],
        ["Mul", ["tempered", "val_9"], ["y"]],
      ],
      initializers: {
        ones: floats([3], [1, 2, 0.5]),
        val_1: floats([3, 4], parameters["l1.weight"]),
        "l1.bias": floats([4], parameters["l1.bias"]),
        val_4: floats([1, 4], parameters["act.weight"]),
        val_5: floats([4, 1], parameters["l2.weight"]),
        exp: floats([], [Math.exp(0.375)]),
        val_9: floats([], [0.5]),
      },
      dynamo: {
        signature: Object.fromEntries(Object.keys(parameters).map((name) => [name, "PARAMETER"])),
        folded: {
          ones: ["val_0", "val_3"],
          val_1: ["l1.weight"],
          val_4: ["act.weight", "val_6"],
          val_5: ["l2.weight"],
          exp: ["t"],
        },
      },
    },
  };
}

/** Layers that begin equal, x + W x + b three times, the last two alike; merged by the optimizer. */
function merged(program: boolean): CriticCase {
  const weight = numbers(21, 9), bias = program ? numbers(22, 3) : [0, 0, 0];
  const parameters = {
    "a.weight": numbers(23, 9),
    "a.bias": numbers(24, 3),
    "b.weight": weight,
    "b.bias": bias,
    ...program && { "c.weight": weight },
    "c.bias": bias,
  };
  const layers = ["a", "b", "c"];
  const weightOf = (layer: string) => layer === "c" && !program ? "b.weight" : `${layer}.weight`;
  return {
    parameters,
    scores: (p, batch) =>
      batch.map((x) => {
        const last = layers.reduce<readonly number[]>((h, layer) => {
          const change = linear(p[weightOf(layer)]!, p[`${layer}.bias`]!, h);
          return h.map((value, i) => value + Math.tanh(change[i]!));
        }, x);
        return last[0]! + last[1]! + last[2]!;
      }),
    file: {
      opset: 18,
      extents: [3],
      producer: "pytorch",
      nodes: [
        ...layers.flatMap((layer, i): FileNode[] => {
          const own = layer === "a" ? "a" : "b", x = i === 0 ? "x" : `sum_${i - 1}`;
          return [
            ["Gemm", [x, `${own}.weight`, `${own}.bias`], [`linear_${i}`], { transB: 1 }],
            ["Tanh", [`linear_${i}`], [`tanh_${i}`]],
            ["Add", [x, `tanh_${i}`], [`sum_${i}`]],
          ];
        }),
        ["ReduceSum", ["sum_2", "axes"], ["y"]],
      ],
      initializers: {
        "a.weight": floats([3, 3], parameters["a.weight"]),
        "a.bias": floats([3], parameters["a.bias"]),
        "b.weight": floats([3, 3], weight),
        "b.bias": floats([3], bias),
        axes: ints(1),
      },
      dynamo: {
        signature: Object.fromEntries(Object.keys(parameters).map((name) => [name, "PARAMETER"])),
        ...program && {
          program: Object.fromEntries(layers.map((layer, i) => [
            `linear_${i}`,
            line(
              `linear_${i}`,
              "linear",
              "h",
              placeholderOf(`${layer}.weight`),
              placeholderOf(`${layer}.bias`),
            ),
          ])),
        },
      },
    },
  };
}

/** As TorchScript writes it: an Identity for a merged tensor, none for a shared one, literals in Constant nodes. */
function torchscript(): CriticCase {
  const weight = numbers(31, 9);
  const parameters = {
    "a.weight": weight,
    "b.weight": weight,
    "act.weight": [0.25],
    "shift": [0.5],
    "gain": [1.5],
  };
  return {
    parameters,
    scores: (p, batch) =>
      batch.map((x) => {
        const once = prelu(
          p["act.weight"]!,
          linear(
            p["a.weight"]!,
            [0, 0, 0],
            x.map((v, i) => v + [1, 2, 3][i]!),
          ),
        );
        const twice = prelu(p["act.weight"]!, linear(p["b.weight"]!, [0, 0, 0], once));
        return (twice[0]! + twice[1]! + twice[2]! + p.shift![0]!) * p.gain![0]!;
      }),
    file: {
      opset: 17,
      extents: [3],
      producer: "pytorch",
      nodes: [
        ["Identity", ["a.weight"], ["b.weight"]],
        ["Constant", [], ["/Constant_output_0"], {
          value: { kind: "tensor", value: floats([3], [1, 2, 3]) },
        }],
        ["Add", ["x", "/Constant_output_0"], ["moved"]],
        ["Gemm", ["moved", "a.weight"], ["one"], { transB: 1 }],
        ["PRelu", ["one", "act.weight"], ["two"]],
        ["Gemm", ["two", "b.weight"], ["three"], { transB: 1 }],
        ["PRelu", ["three", "act.weight"], ["four"]],
        ["ReduceSum", ["four", "axes"], ["five"]],
        ["Add", ["five", "shift"], ["six"]],
        ["Mul", ["six", "gain"], ["y"]],
      ],
      initializers: {
        "a.weight": floats([3, 3], weight),
        "act.weight": floats([1], [0.25]),
        axes: ints(1),
        shift: floats([1, 1], [0.5]),
        gain: floats([], [1.5]),
      },
    },
  };
}

/** float16 behind a Cast, and bias and weight in Constant nodes of another exporter. */
function stored(): CriticCase {
  const parameters = { "w_half": [1, -0.5, 2 ** -24, 0.099975586], "bias_0": [0.5, -1], "last": [2, 3] };
  const halves = {
    element: "float16",
    shape: [2, 2],
    data: Uint16Array.of(0x3c00, 0xb800, 0x0001, 0x2e66),
  } as const;
  return {
    parameters,
    scores: (p, batch) =>
      batch.map((x) => {
        const hidden = linear(p.w_half!, p.bias_0!, x).map(Math.tanh);
        return linear(p.last!, [0], hidden)[0]!;
      }),
    file: {
      opset: 17,
      extents: [2],
      nodes: [
        ["Cast", ["w_half"], ["w"], { to: 1 }],
        ["Constant", [], ["bias_0"], { value: { kind: "tensor", value: floats([2], [0.5, -1]) } }],
        ["Constant", [], ["last"], { value: { kind: "tensor", value: floats([2, 1], [2, 3]) } }],
        ["Gemm", ["x", "w", "bias_0"], ["a"], { transB: 1 }],
        ["Tanh", ["a"], ["b"]],
        ["MatMul", ["b", "last"], ["y"]],
      ],
      initializers: { w_half: halves },
    },
  };
}

const U = [0.6, -0.8, 0].map(Math.fround), V = [0.28, 0.96].map(Math.fround);

/** W / (u^T W v) by PyTorch's parametrization, its vectors buffers. */
function spectral(exporter: "dynamo" | "torchscript"): CriticCase {
  const stem = "0.parametrizations.weight", last = numbers(42, 3);
  const parameters = { [`${stem}.original`]: [0.5, 1, -0.25, -0.75, 0.5, 0.125], "1.weight": last };
  const signature = {
    [`${stem}.original`]: "PARAMETER",
    [`${stem}.0._u`]: "BUFFER",
    [`${stem}.0._v`]: "BUFFER",
    "1.weight": "PARAMETER",
  };
  return {
    parameters,
    scores: (p, batch) => {
      const weight = p[`${stem}.original`]!;
      const sigma = linear(weight, [0, 0, 0], V).reduce((sum, value, i) => sum + U[i]! * value, 0);
      return batch.map((x) =>
        linear(p["1.weight"]!, [0], linear(weight.map((w) => w / sigma), [0, 0, 0], x).map(Math.tanh))[0]!
      );
    },
    file: {
      opset: 18,
      extents: [2],
      producer: "pytorch",
      nodes: [
        ["MatMul", [`${stem}.original`, `${stem}.0._v`], ["mv"]],
        ["MatMul", [`${stem}.0._u`, "mv"], ["vdot"]],
        ["Div", [`${stem}.original`, "vdot"], ["div"]],
        ["Gemm", ["x", "div"], ["linear"], { transB: 1 }],
        ["Tanh", ["linear"], ["tanh"]],
        ["Gemm", ["tanh", "1.weight"], ["y"], { transB: 1 }],
      ],
      initializers: {
        [`${stem}.original`]: floats([3, 2], parameters[`${stem}.original`]!),
        [`${stem}.0._u`]: floats([3], U),
        [`${stem}.0._v`]: floats([2], V),
        "1.weight": floats([1, 3], last),
      },
      ...exporter === "dynamo" && { dynamo: { signature } },
    },
  };
}

/** The standard deviation over the batch as another feature (Karras et al. 2018), x^2 less the mean's. */
function minibatchDeviation(): CriticCase {
  const weight = numbers(51, 3);
  return {
    parameters: { w: weight },
    scores: (p, batch) => {
      const deviations = [0, 1].map((i) => {
        const mean = batch.reduce((sum, x) => sum + x[i]!, 0) / batch.length;
        return Math.sqrt(batch.reduce((sum, x) => sum + (x[i]! - mean) ** 2, 0) / batch.length);
      });
      const feature = (deviations[0]! + deviations[1]!) / 2;
      return batch.map((x) => linear(p.w!, [0], [...x, feature])[0]! + Math.tanh(p.w![0]! * x[0]!));
    },
    file: {
      opset: 17,
      extents: [2],
      nodes: [
        ["ReduceMean", ["x"], ["mean"], { axes: [0] }],
        ["Sub", ["x", "mean"], ["centred"]],
        ["Mul", ["centred", "centred"], ["square"]],
        ["ReduceMean", ["square"], ["variance"], { axes: [0] }],
        ["Sqrt", ["variance"], ["deviation"]],
        ["ReduceMean", ["deviation"], ["feature"], { axes: [1] }],
        ["Shape", ["x"], ["shape"]],
        ["Slice", ["shape", "zero", "one"], ["batch"]],
        ["Concat", ["batch", "one"], ["column"], { axis: 0 }],
        ["Expand", ["feature", "column"], ["features"]],
        ["Concat", ["x", "features"], ["all"], { axis: 1 }],
        ["MatMul", ["all", "w"], ["a"]],
        ["Slice", ["x", "zero", "one", "one"], ["first"]],
        ["Slice", ["w", "zero", "one", "zero"], ["w0"]],
        ["MatMul", ["first", "w0"], ["b"]],
        ["Tanh", ["b"], ["c"]],
        ["Add", ["a", "c"], ["y"]],
      ],
      initializers: { w: floats([3, 1], weight), zero: ints(0), one: ints(1) },
    },
  };
}

const CASES: Readonly<Record<string, CriticCase>> = {
  "folded by dynamo's optimizer": optimized(),
  "merged by it, where the program tells": merged(true),
  "merged by it, where it does not: what is uniform is taken apart": merged(false),
  "TorchScript's Identity and Constant": torchscript(),
  "stored in float16 and in Constant nodes": stored(),
  "spectral normalisation of dynamo": spectral("dynamo"),
  "spectral normalisation of TorchScript": spectral("torchscript"),
  "standard deviation of the batch": minibatchDeviation(),
};

for (const [name, given] of Object.entries(CASES)) {
  Deno.test(`weights: ${name}`, () => checkCritic(given));
}

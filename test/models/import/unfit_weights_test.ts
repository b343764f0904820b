/** Weights that are refused, kept as they are, or said in a line. */
import type { NetworkName } from "../../../common/network_name.ts";
import assert from "node:assert/strict";
import { describeNetwork } from "../../../coordinator/config/own_notes.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import { type ImportedNetwork, importedNetwork } from "../../../models/import/imported_net.ts";
import { criticTrainingGraph } from "../../../models/training_graphs.ts";
import type { Tensor } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { pairWith } from "./critic_case.ts";
import { fileModel, type FileParts, placeholderOf } from "./file_model.ts";

const floats = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensorOf("float32", shape, values);

interface Asked {
  readonly role?: NetworkName;
  readonly patterns?: readonly string[];
}

function network(
  parts: Pick<FileParts, "nodes" | "initializers"> & Partial<FileParts>,
  { role = "critic", patterns = [] }: Asked = {},
): ImportedNetwork {
  return importedNetwork(
    importGraph(fileModel({ opset: 18, extents: [2], producer: "pytorch", ...parts }), "c.onnx", role),
    role,
    patterns,
  );
}

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    assert.equal((error as Error).name, "UserError", (error as Error).stack ?? "");
    return (error as Error).message;
  }
  return assert.fail("must be refused");
}

const trained = ({ parameters }: ImportedNetwork) => parameters.map(({ name }) => name);

/** What a person is told beside the summary. */
function told(network: ImportedNetwork): readonly string[] {
  const facts = { file: "c.onnx", producer: "", opset: 18, trained: 1, weights: 1 };
  return describeNetwork({ role: network.role, network, facts }).slice(1);
}

const weightNorm = {
  nodes: [["Gemm", ["x", "mul"], ["y"], { transB: 1 }]],
  initializers: { mul: floats([1, 2], [1, 2]) },
  dynamo: {
    signature: { "0.weight_g": "PARAMETER", "0.weight_v": "PARAMETER" },
    folded: { mul: ["0.weight_g", "0.weight_v", "div", "val_3"] },
  },
} as const;

Deno.test("products of parameters are refused with the flag to use, unless a pattern asks for them", () => {
  assert.equal(
    refusal(() => network(weightNorm)),
    "Cannot import c.onnx: its weights must be parameters of the network, found critic.mul (of 0.weight_g, " +
      "0.weight_v), which the exporter computed from parameters; export with optimize=False, or select the tensors to " +
      "train with --trainable",
  );
  assert.deepEqual(trained(network(weightNorm, { patterns: ["critic.mul"] })), ["critic.mul"]);
  const scaled = {
    ...weightNorm,
    dynamo: { signature: { "0.weight": "PARAMETER" }, folded: { mul: ["0.weight", "val_0"] } },
  };
  assert.match(
    refusal(() => network(scaled)),
    /found critic\.mul \(of 0\.weight\), which the exporter computed/,
  );
  // A parameter that was repeated, and one that was only turned.
  const viewed = (...sources: readonly string[]) => ({
    nodes: [["Mul", ["x", "view_3"], ["a"]], ["ReduceSum", ["a", "axes"], ["y"]]],
    initializers: { view_3: floats([1, 2], [1, 2]), axes: tensorOf("int64", [1], [1]) },
    dynamo: { signature: { const: "PARAMETER" }, folded: { view_3: sources } },
  } as const);
  assert.match(
    refusal(() => network(viewed("const", "repeat", "val_3"))),
    /found critic\.view_3 \(of const\)/,
  );
  assert.deepEqual(trained(network(viewed("const", "permute", "val_3"))), ["critic.view_3"]);
  // A square root cannot be taken back, nor can e^p of what is not positive.
  for (const [name, value] of [["sqrt", 2], ["exp", -2]] as const) {
    const file = {
      nodes: [["Mul", ["x", name], ["a"]], ["ReduceSum", ["a", "axes"], ["y"]]],
      initializers: { [name]: floats([], [value]), axes: tensorOf("int64", [1], [1]) },
      dynamo: { signature: { p: "PARAMETER" }, folded: { [name]: ["p"] } },
    } as const;
    assert.match(refusal(() => network(file)), new RegExp(`found critic\\.${name} \\(of p\\)`));
  }
});

Deno.test("a batch normalisation that was computed into another layer is refused, with the flag to use", () => {
  const file = (nodes: FileParts["nodes"]) => ({
    nodes,
    initializers: { "0.weight": floats([2, 1], [1, 2]) },
    dynamo: { signature: { "0.weight": "PARAMETER", "1.running_mean": "BUFFER", "1.running_var": "BUFFER" } },
  });
  const product = ["MatMul", ["x", "0.weight"], ["y"]] as const;
  assert.equal(
    refusal(() => network(file([product]))),
    "Cannot import c.onnx: its batch normalisations must be in the file, found none that uses 1.running_mean: the " +
      "exporter merged them into other layers; export with optimize=False",
  );
  // One that is not used is not in a file that was not optimized, either.
  const literal = { value: { kind: "tensor", value: floats([], [2]) } } as const;
  const unused = [["Constant", [], ["two"], literal], ["Mul", ["x", "two"], ["x2"]], ["MatMul", [
    "x2",
    "0.weight",
  ], ["y"]]];
  assert.deepEqual(trained(network(file(unused as unknown as FileParts["nodes"]))), ["critic.0.weight"]);
});

Deno.test("what is said of a network holds no control characters of its file", () => {
  const file = {
    nodes: [["MatMul", ["x", "w"], ["y"]]],
    initializers: { w: floats([2, 1], [1, 2]) },
  } as const;
  const facts = { file: "c.onnx", producer: "a\u001b[31m\nb", opset: 18, trained: 1, weights: 1 };
  const [line] = describeNetwork({ role: "critic", network: network(file), facts });
  assert.ok(![...line!].some((character) => character < " "), JSON.stringify(line));
});

Deno.test("names that TorchScript made up are trained, and said", () => {
  const file = {
    nodes: [["MatMul", ["x", "onnx::MatMul_12"], ["y"]]],
    initializers: { "onnx::MatMul_12": floats([2, 1], [1, 2]) },
  } as const;
  assert.deepEqual(trained(network(file)), ["critic.onnx__MatMul_12"]);
  const other = {
    nodes: [["MatMul", ["x", "/0/Mul_output_0"], ["y"]]],
    initializers: { "/0/Mul_output_0": floats([2, 1], [1, 2]) },
  } as const;
  assert.deepEqual(network(other).unnamed, ["critic._0_Mul_output_0"]);
  assert.deepEqual(told(network(file)), [
    "The critic trains tensors that the exporter named, and may have computed from parameters: " +
    "critic.onnx__MatMul_12; export with do_constant_folding=False to train the parameters",
  ]);
});

Deno.test("a parameter beside what the exporter made of it is refused", () => {
  const file = (copy: readonly number[]) => ({
    nodes: [
      ["MatMul", ["x", "onnx::MatMul_7"], ["a"]],
      ["Tanh", ["a"], ["b"]],
      ["MatMul", ["b", "weight"], ["c"]],
      ["ReduceSum", ["c", "axes"], ["y"]],
    ],
    initializers: {
      weight: floats([2, 2], [1, 2, 3, 4]),
      "onnx::MatMul_7": floats([2, 2], copy),
      axes: tensorOf("int64", [1], [1]),
    },
  } as const);
  assert.equal(
    refusal(() => network(file([1, 3, 2, 4]))),
    "Cannot import c.onnx: each parameter must be in the file once, found critic.weight and critic.onnx__MatMul_7, " +
      "which the exporter made of it; export with do_constant_folding=False, or select the tensors to train with --trainable",
  );
  assert.deepEqual(trained(network(file([1, 3, 2, 5]))), ["critic.onnx__MatMul_7", "critic.weight"]);
});

Deno.test("parameters that were merged and cannot be told apart are refused", () => {
  const file = (values: readonly number[], program?: Readonly<Record<string, string>>) => ({
    nodes: [
      ["Gemm", ["x", "a.weight"], ["one"], { transB: 1 }],
      ["Gemm", ["one", "a.weight"], ["two"], { transB: 1 }],
      ["ReduceSum", ["two", "axes"], ["y"]],
    ],
    initializers: { "a.weight": floats([2, 2], values), axes: tensorOf("int64", [1], [1]) },
    dynamo: { signature: { "a.weight": "PARAMETER", "b.weight": "PARAMETER" }, ...program && { program } },
  } as const);
  const text =
    "Cannot import c.onnx: each of its parameters must be in the file, found b.weight merged with equal " +
    "ones; export with optimize=False";
  assert.equal(refusal(() => network(file([1, 2, 3, 4]))), text);
  assert.deepEqual(trained(network(file([1, 1, 1, 1]))), ["critic.a.weight", "critic.b.weight"]);
  // The program reads one module under two names: they are one.
  const call = (name: string) =>
    `%y = call_function[target=torch.ops.aten.linear.default](args = (%x, %${name}))`;
  const shared = { one: call("p_a_weight"), two: call("p_a_weight") };
  assert.deepEqual(trained(network(file([1, 2, 3, 4], shared))), ["critic.a.weight"]);
  assert.deepEqual(trained(network(file([1, 1, 1, 1], shared))), ["critic.a.weight"]);
  // It reads one that no node of the file has.
  const elsewhere = { one: call("p_a_weight"), y: call(placeholderOf("b.weight")) };
  assert.equal(refusal(() => network(file([1, 2, 3, 4], elsewhere))), text);
  // A file that was not optimized has its Constant nodes.
  const plain = file([1, 1, 1, 1]);
  const constant = { value: { kind: "tensor", value: tensorOf("int64", [1], [1]) } } as const;
  const { axes: _, ...initializers } = plain.initializers;
  const unoptimized = {
    ...plain,
    initializers,
    nodes: [["Constant", [], ["axes"], constant], ...plain.nodes] as const,
  };
  assert.deepEqual(trained(network(unoptimized)), ["critic.a.weight"]);
});

Deno.test("buffers stay as they are, and are named", () => {
  const file = {
    nodes: [
      ["Add", ["x", "mask"], ["masked"]],
      ["Mul", ["masked", "scale"], ["scaled"]],
      ["MatMul", ["scaled", "weight"], ["product"]],
      ["Mul", ["product", "gain"], ["y"]],
    ],
    initializers: {
      mask: floats([2], [0, 1]),
      scale: floats([2], [1, 2]),
      weight: floats([2, 1], [1, 2]),
      gain: floats([], [2]),
    },
    dynamo: {
      signature: { mask: "BUFFER", weight: "PARAMETER", scale: "CONSTANT_TENSOR", gain: "PARAMETER" },
    },
  } as const;
  assert.deepEqual(trained(network(file)), ["critic.weight", "critic.gain"]);
  assert.deepEqual(told(network(file)), [
    "The critic keeps unchanged (buffers and constants of the code): critic.mask, critic.scale",
  ]);
  // TorchScript does not tell buffers, but no parameter holds an infinity.
  const { dynamo: _, ...plain } = file;
  const initializers = { ...file.initializers, mask: floats([2], [0, -Infinity]) };
  const masked = network({ ...plain, initializers });
  assert.deepEqual(trained(masked), ["critic.scale", "critic.weight", "critic.gain"]);
  assert.deepEqual(masked.kept, ["critic.mask"]);
});

Deno.test("what holds no number is refused by name, also among what stays", () => {
  const file = (mask: number, weight: number) => ({
    nodes: [["Add", ["x", "mask"], ["masked"]], ["MatMul", ["masked", "weight"], ["y"]]],
    initializers: { mask: floats([2], [0, mask]), weight: floats([2, 1], [1, weight]) },
    dynamo: { signature: { mask: "BUFFER", weight: "PARAMETER" } },
  } as const);
  assert.deepEqual(trained(network(file(-Infinity, 2))), ["critic.weight"]);
  const end = "at place 1; export it from a state that is sound";
  const start = "Cannot import c.onnx: weight critic.";
  assert.equal(
    refusal(() => network(file(0, NaN))),
    `${start}weight must contain only finite numbers, found NaN ${end}`,
  );
  assert.equal(
    refusal(() => network(file(0, Infinity))),
    `${start}weight must contain only finite numbers, found Infinity ${end}`,
  );
  assert.equal(
    refusal(() => network(file(NaN, 2))),
    `${start}mask must contain only finite numbers, found NaN ${end}`,
  );
});

Deno.test("weights that are computed with in float16 are refused", () => {
  const half = { element: "float16", shape: [2, 1], data: Uint16Array.of(0x3c00, 0xb800) } as const;
  const nodes = [
    ["Cast", ["x"], ["low"], { to: 10 }],
    ["MatMul", ["low", "weight"], ["product"]],
    ["Cast", ["product"], ["y"], { to: 1 }],
  ] as const;
  assert.match(
    refusal(() => network({ nodes, initializers: { weight: half } })),
    /its weight "weight" must be float32, found float16; export the network after \.float\(\)$/,
  );
});

/** W / (u^T W v) by the names of torch.nn.utils.spectral_norm; `training`: with v from u, as in train(). */
function spectral({ training = false, u = [0.6, -0.8, 0] } = {}) {
  const sigma = training
    ? [
      ["MatMul", ["0.weight_u", "0.weight_orig"], ["wu"]],
      ["ReduceL2", ["wu"], ["norm"], { keepdims: 0 }],
      ["Div", ["wu", "norm"], ["v"]],
      ["MatMul", ["0.weight_orig", "v"], ["mv"]],
      ["MatMul", ["0.weight_u", "mv"], ["first"]],
      // The old v is read, but has no part in it.
      ["Mul", ["0.weight_v", "nothing"], ["none"]],
      ["ReduceSum", ["none"], ["still_none"], { keepdims: 0 }],
      ["Add", ["first", "still_none"], ["sigma"]],
    ] as const
    : [
      ["MatMul", ["0.weight_orig", "0.weight_v"], ["mv"]],
      ["MatMul", ["0.weight_u", "mv"], ["sigma"]],
    ] as const;
  return {
    nodes: [
      ...sigma,
      ["Div", ["0.weight_orig", "sigma"], ["div"]],
      ["Gemm", ["x", "div"], ["hidden"], { transB: 1 }],
      ["Gemm", ["hidden", "1.weight"], ["y"], { transB: 1 }],
    ],
    initializers: {
      "0.weight_orig": floats([3, 2], [1, 2, 3, 4, 5, 6]),
      "0.weight_u": floats([3], u),
      "0.weight_v": floats([2], [0.28, 0.96]),
      nothing: floats([], [0]),
      "1.weight": floats([1, 3], [1, 2, 3]),
    },
  } as const;
}

Deno.test("spectral norms of a critic end its layout with the file's vectors; a generator's stay, which is said", () => {
  const critic = network(spectral());
  assert.deepEqual(trained(critic), ["critic.0.weight_orig", "critic.1.weight"]);
  assert.deepEqual(critic.normalised, ["critic.0.weight_orig"]);
  assert.deepEqual(critic.vectors.map(({ name, shape, initialiser }) => [name, shape, initialiser]), [
    ["critic.0.weight_orig.u", [3], { kind: "given", values: Float32Array.of(0.6, -0.8, 0) }],
    ["critic.0.weight_orig.v", [2], { kind: "given", values: Float32Array.of(0.28, 0.96) }],
  ]);
  assert.deepEqual(told(critic), []);
  // Not even a pattern trains the vectors.
  assert.deepEqual(trained(network(spectral(), { patterns: ["*"] })), trained(critic));
  const generator = network(spectral(), { role: "generator" });
  assert.deepEqual(trained(generator), ["generator.0.weight_orig", "generator.1.weight"]);
  assert.deepEqual(generator.normalised, []);
  assert.match(
    told(generator)[0]!,
    /^The generator keeps the vectors of the spectral normalisation of generator\.0/,
  );
  assert.equal(
    refusal(() => network(spectral({ training: true }))),
    "Cannot import c.onnx: the spectral normalisation of critic.0.weight_orig must use the vectors that it has, found " +
      "a step of power iteration in the graph; call model.eval() before the export",
  );
});

Deno.test("a gradient penalty refuses a critic whose examples see each other, and names the node", () => {
  const file: FileParts = {
    opset: 17,
    extents: [2],
    nodes: [
      ["MatMul", ["x", "w"], ["score"]],
      ["ReduceMean", ["score"], ["mean"], { axes: [0] }],
      ["Sub", ["score", "mean"], ["y"]],
    ],
    initializers: { w: floats([2, 1], [1, 2]) },
  };
  assert.throws(() => criticTrainingGraph(pairWith(file, "wgan-gp")), {
    name: "RangeError",
    message:
      "Cannot use a gradient penalty: the critic's score of an example must not depend on others, found node node1 " +
      "(ReduceMean) of graph c.onnx, which combines examples of a batch; use a critic that scores each example independently, " +
      "or --objective wgan or gan",
  });
  assert.match(
    told(network(file))[0]!,
    /^The critic gives scores that depend on the other examples of a batch \(node/,
  );
});

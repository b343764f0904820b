/** What an exporter says of its tensors is read from files, and gates of recurrent layers are put in PyTorch's order. */
import assert from "node:assert/strict";
import { numElements } from "../../../../common/shape.ts";
import { exporterNotes, programInputs } from "../../../../models/import/weights/exporter_notes.ts";
import { importGraph } from "../../../../models/import/import_graph.ts";
import { unfolded } from "../../../../models/import/weights/unfolded.ts";
import { type FileModel, readModel } from "../../../../onnx/codec.ts";
import type { Tensor } from "../../../../onnx/graph.ts";
import type { FileGraph } from "../../../../onnx/graph_reader.ts";
import { tensorOf } from "../../../../onnx/tensor.ts";
import { interpret } from "../../../reference/interpreter.ts";
import { refTensor } from "../../../reference/ref_tensor.ts";
import { fileModel } from "../file_model.ts";
import { bound } from "../imported_pair.ts";

Deno.test("notes: a file of dynamo=True lists its parameters, their kinds and the program's lines", () => {
  const read = (file: string) => Deno.readFileSync(new URL(`../files/${file}`, import.meta.url));
  const model = readModel(read("conv_critic_dynamo.onnx"), read);
  const { exporter, targets } = exporterNotes(model);
  const { kinds } = exporterNotes(readModel(read("conv_generator_dynamo.onnx"), read));
  assert.equal(exporter, "dynamo");
  assert.deepEqual(targets.get("first.weight"), { placeholder: "p_first_weight", kind: "PARAMETER" });
  assert.deepEqual(new Set(kinds.values()), new Set(["PARAMETER", "BUFFER"]));
  const conv = model.graph.nodes.find(({ op }) => op === "Conv")!;
  assert.deepEqual([...programInputs(conv)!], ["x", "p_first_weight", "p_first_bias"]);
  assert.equal(exporterNotes(readModel(read("mlp_critic_script13.onnx"))).exporter, "torchscript");
  assert.equal(exporterNotes(readModel(read("keras_critic.onnx"))).exporter, "other");
});

interface Layer {
  readonly op: string;
  /** The gate of PyTorch's order that each of ONNX's is. */
  readonly gates: readonly number[];
  readonly directions: readonly string[];
}

const LAYERS: readonly Layer[] = [
  { op: "GRU", gates: [1, 0, 2], directions: ["", "_reverse"] },
  { op: "LSTM", gates: [0, 3, 1, 2], directions: [""] },
  { op: "RNN", gates: [0], directions: [""] },
];

for (const { op, gates, directions } of LAYERS) {
  Deno.test(`unfolded: W and B of ${op} are parameters again, in PyTorch's order of gates`, () => {
    const hidden = 2, size = gates.length * hidden;
    const parameter = (name: string, columns: number, begin: number) => ({
      name,
      rows: Array.from(
        { length: size },
        (_, i) => Array.from({ length: columns }, (_, j) => begin + columns * i + j),
      ),
    });
    /** The rows of a parameter as ONNX orders them. */
    const ordered = (rows: readonly (readonly number[])[]) =>
      gates.flatMap((gate) => rows.slice(gate * hidden, (gate + 1) * hidden)).flat();
    const weights = directions.map((end, i) => parameter(`rnn.weight_ih_l0${end}`, 3, 100 * i));
    const biases = directions.flatMap((end, i) =>
      ["ih", "hh"].map((kind, j) => parameter(`rnn.bias_${kind}_l0${end}`, 1, 1000 + 100 * i + 50 * j))
    );
    const stacked = {
      w: tensorOf("float32", [directions.length, size, 3], weights.flatMap(({ rows }) => ordered(rows))),
      b: tensorOf("float32", [directions.length, 2 * size], biases.flatMap(({ rows }) => ordered(rows))),
    };
    const names = (parameters: readonly { readonly name: string }[]) =>
      parameters.map(({ name }) => name).toSorted();
    const model = fileModel({
      opset: 18,
      extents: [3],
      producer: "pytorch",
      nodes: [[op, ["x", "w", "r", "b"], ["y"]]],
      initializers: stacked,
      dynamo: {
        signature: Object.fromEntries([...weights, ...biases].map(({ name }) => [name, "PARAMETER"])),
        folded: { w: [...names(weights), "val_3"], b: names(biases) },
      },
    });
    const graph = unfolded(model.graph, exporterNotes(model));
    for (const { name, rows } of [...weights, ...biases]) {
      assert.deepEqual([...graph.initializers.get(name)!.data as Float32Array], rows.flat(), name);
    }
    for (const which of ["w", "b"] as const) {
      assert.equal(weighed(graph, model, which), expected(stacked[which]), which);
    }
  });
}

/** The sum of a tensor's elements times 1, 2, 3 ... */
function expected({ data }: Tensor): number {
  return (data as Float32Array).reduce((sum, value, i) => sum + value * (i + 1), 0);
}

/** The same, of what the nodes beside the layer make of this name. */
function weighed(unfolded: FileGraph, model: FileModel, which: string): number {
  const beside = unfolded.nodes.filter(({ outputs }) => outputs[0] !== "y");
  const { shape } = model.graph.initializers.get(which)!;
  const size = numElements(shape);
  const ramp = tensorOf("float32", shape, Array.from({ length: size }, (_, i) => i + 1));
  const node = (op: string, inputs: readonly string[], output: string) => ({
    ...{ name: "", op, domain: "", inputs, outputs: [output], attributes: {} },
  });
  const nodes = [
    ...beside,
    node("Mul", [which, "ramp"], "weighed"),
    node("ReduceSum", ["weighed"], "all"),
    node("Add", ["x", "all"], "y"),
  ];
  const initializers = new Map(unfolded.initializers).set("ramp", ramp);
  const { graph, values } = importGraph(
    { ...model, graph: { ...unfolded, nodes, initializers } },
    "c.onnx",
    "critic",
  );
  const feeds = new Map([["x", refTensor("float32", [1, 3], new Float64Array(3))]]);
  for (const [name, { shape, data }] of values) {
    feeds.set(name, refTensor("float32", shape, Float64Array.from(data as Float32Array)));
  }
  return [...interpret(bound(graph, 1), feeds).values()][0]!.data[0]!;
}

/** Weights of recurrent layers that a file holds as ONNX orders them: what is trained is in PyTorch's order. */
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { fileModel } from "./file_model.ts";

/** A layer with hidden size 1 and one input: each row is the number of its gate, plus 100 in the other direction. */
function trained(op: "LSTM" | "GRU" | "RNN", num_gates: number): Readonly<Record<string, readonly number[]>> {
  const rows = (count: number, first: number) =>
    [0, 100].flatMap((direction) => Array.from({ length: count }, (_, gate) => first + direction + gate));
  const { values } = importGraph(
    fileModel({
      opset: 17,
      extents: [2, 1],
      nodes: [
        ["Transpose", ["x"], ["xt"], { perm: [1, 0, 2] }],
        [op, ["xt", "W", "R", "B"], ["all"], {
          hidden_size: 1,
          direction: { kind: "string", value: "bidirectional" },
        }],
        ["Transpose", ["all"], ["y"], { perm: [2, 0, 1, 3] }],
      ],
      initializers: {
        W: tensorOf("float32", [2, num_gates, 1], rows(num_gates, 0)),
        R: tensorOf("float32", [2, num_gates, 1], rows(num_gates, 1000)),
        B: tensorOf("float32", [2, 2 * num_gates], rows(2 * num_gates, 2000)),
      },
    }),
    "g.onnx",
    "critic",
  );
  return Object.fromEntries([...values].map(([name, { data }]) => [name, Array.from(data, Number)]));
}

Deno.test("recurrent weights: one tensor for each direction and bias, gates in PyTorch's order", () => {
  // i, o, f, c of ONNX as i, f, g, o.
  assert.deepEqual(trained("LSTM", 4), {
    "critic.W.weight_ih": [0, 2, 3, 1],
    "critic.R.weight_hh": [1000, 1002, 1003, 1001],
    "critic.B.bias_ih": [2000, 2002, 2003, 2001],
    "critic.B.bias_hh": [2004, 2006, 2007, 2005],
    "critic.W.weight_ih_reverse": [100, 102, 103, 101],
    "critic.R.weight_hh_reverse": [1100, 1102, 1103, 1101],
    "critic.B.bias_ih_reverse": [2100, 2102, 2103, 2101],
    "critic.B.bias_hh_reverse": [2104, 2106, 2107, 2105],
  });
  // z, r, n of ONNX as r, z, n.
  const gru = trained("GRU", 3);
  assert.deepEqual([gru["critic.W.weight_ih"], gru["critic.B.bias_hh_reverse"]], [[1, 0, 2], [
    2104,
    2103,
    2105,
  ]]);
  assert.deepEqual(trained("RNN", 1)["critic.R.weight_hh_reverse"], [1100]);
});

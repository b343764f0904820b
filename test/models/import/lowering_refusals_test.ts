/** What cannot be written out while a file is imported: one line that says how to export. */
import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import type { Attribute, Tensor } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { fileModel, type FileNode, type FileParts } from "./file_model.ts";

/** The message of the refusal, behind the node. */
function refusal(nodes: readonly FileNode[], parts: Partial<FileParts> = {}): string {
  try {
    importGraph(fileModel({ opset: 23, extents: [3], nodes, ...parts }), "g.onnx", "critic");
  } catch (error) {
    assert.equal((error as Error).name, "UserError", (error as Error).stack ?? "");
    return (error as Error).message.replace(/^Cannot \w+ node (\w+) \((\w+)\) of graph g.onnx.*?: /, "$2: ");
  }
  return assert.fail("must be refused");
}

const floats = (shape: readonly number[]): Tensor =>
  tensorOf("float32", shape, Array.from({ length: numElements(shape) }, (_, i) => i / 8));
const ints = (...values: readonly number[]) => tensorOf("int64", [values.length], values);
const text = (value: string): Attribute => ({ kind: "string", value });
const texts = (...value: readonly string[]): Attribute => ({ kind: "strings", value });

/** An RNN of one direction over x [N, T, 2]. */
function rnn(attributes: FileNode[3], steps = 4, lengths?: Tensor): Parameters<typeof refusal> {
  const nodes: FileNode[] = [
    ["Transpose", ["x"], ["xt"], { perm: [1, 0, 2] }],
    ["RNN", ["xt", "W", "R", "", ...lengths ? ["lengths"] : []], ["all", "y"], {
      hidden_size: 3,
      ...attributes,
    }],
  ];
  const initializers = { W: floats([1, 3, 2]), R: floats([1, 3, 3]), ...lengths && { lengths } };
  return [nodes, { extents: [steps, 2], initializers }];
}

Deno.test("recurrent layers: what they may not have", () => {
  assert.deepEqual(
    [
      refusal(...rnn({}, 257)),
      refusal(...rnn({}, 4, tensorOf("int32", [2], [4, 3]))),
      refusal(...rnn({ clip: { kind: "float", value: 2 } })),
      refusal(...rnn({ direction: text("sideways") })),
      refusal(...rnn({ activations: texts("Cubic") })),
      refusal(...rnn({ activations: texts("Tanh", "Relu") })),
    ],
    [
      "RNN: its time axis must have 1 to 256 steps, so that it can be unrolled: found 257; export shorter sequences",
      "RNN: all its sequence_lens must be 4, the size of the time axis; export it without separate lengths for each example",
      "RNN: its attribute clip must be absent: found 2; export it without",
      "RNN: its direction must be forward, reverse, bidirectional: found sideways",
      "RNN: its activations must be among sigmoid, tanh, relu, softsign, softplus, leakyrelu, thresholdedrelu, elu, " +
      "hardsigmoid, scaledtanh, affine: found Cubic",
      "RNN: its activations must be 1: found Tanh, Relu",
    ],
  );
  const [, parts] = rnn({});
  assert.equal(
    refusal([["RNN", ["x", "W", "R"], ["all", "y"], { hidden_size: 3 }]], parts),
    "RNN: its time axis must have a fixed size, so that it can be unrolled: found N; export it with sequences of a fixed length",
  );
});

Deno.test("attention: no cache, no other outputs, no softcap", () => {
  const all = { extents: [2, 3, 4] };
  assert.deepEqual(
    [
      refusal([["Attention", ["x", "x", "x", "", "x", "x"], ["y"]]], all),
      refusal([["Attention", ["x", "x", "x"], ["y", "keys"]]], all),
      refusal([["Attention", ["x", "x", "x"], ["y"], { softcap: { kind: "float", value: 2 } }]], all),
      refusal([["Attention", ["x", "x", "x"], ["y"]]], { extents: [3, 4] }),
    ],
    [
      "Attention: its past keys and values must be absent; export it without a cache",
      "Attention: it must have one output; export it without present keys and values",
      "Attention: its softcap must be 0: found 2; write the attention with MatMul and Softmax",
      "Attention: its attribute q_num_heads must be present, because its inputs have rank 3",
    ],
  );
});

Deno.test("shapes: the batch in places where it cannot be taken", () => {
  const shape: FileNode = ["Shape", ["x"], ["n"], { end: 1 }];
  assert.deepEqual(
    [
      refusal([shape, ["Concat", ["n", "n"], ["times"], { axis: 0 }], ["Tile", ["two", "times"], ["y"]]], {
        initializers: { two: floats([2, 2]) },
      }),
      refusal([shape, ["Add", ["n", "one"], ["more"]], ["Reshape", ["x", "more"], ["y"]]], {
        initializers: { one: ints(1) },
      }),
      refusal([["Conv", ["wide", "x"], ["y"]]], {
        extents: [2, 3, 3],
        initializers: { wide: floats([1, 2, 5, 5]) },
      }),
    ],
    [
      "Tile: an axis that is repeated for each example must have size 1: found 2; export it with unsqueeze(0) and expand instead " +
      "of repeat",
      'Reshape: shape (input 1, "more") must be constant or computed from shapes; export the model with fixed sizes for all ' +
      "axes but the batch, or without this operator",
      "Conv: its weights must not depend on the example: found [N,2,3,3]; export it without fused modulation " +
      "(fused_modconv=False), so that it scales the examples instead of the weights",
    ],
  );
});

Deno.test("sequences are no tensors, and have places", () => {
  const split: FileNode = ["SplitToSequence", ["x"], ["parts"], { axis: 1 }];
  assert.deepEqual(
    [
      refusal([split, ["Neg", ["parts"], ["y"]]]),
      refusal([split, ["SequenceAt", ["parts", "at"], ["y"]]], {
        initializers: { at: tensorOf("int64", [], [3]) },
      }),
      refusal([["SplitToSequence", ["x"], ["parts"], { axis: 0 }], ["ConcatFromSequence", ["parts"], ["y"]]]),
    ],
    [
      "Neg: its inputs must be tensors, found a sequence",
      "SequenceAt: its position must be -3 to 2: found 3",
      "SplitToSequence: the axis that it splits must have a fixed size: found N; export it with fixed sizes",
    ],
  );
});

Deno.test("operators that draw numbers, or compute with integers, are refused with what to do", () => {
  const end = "or replace it by others before the export, or add it to onnx/operators/ and autodiff/rules/";
  assert.deepEqual(
    [
      refusal([["RandomNormalLike", ["x"], ["y"]]]),
      refusal([["DequantizeLinear", ["x", "s"], ["y"]]], {
        initializers: { s: floats([1]) },
      }),
    ],
    [
      "RandomNormalLike: wagon cannot differentiate operator RandomNormalLike; it draws random numbers, which the seed " +
      `of the run cannot control: make them an input of the generator, ${end}`,
      "DequantizeLinear: wagon cannot differentiate operator DequantizeLinear; it computes with " +
      `integers: export the network before it is quantised, ${end}`,
    ],
  );
});

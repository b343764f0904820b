import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../common/errors.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { decodeModel, encodeModel } from "../../onnx/codec.ts";
import { GraphError } from "../../onnx/graph_error.ts";
import { field, golden, modelOf, smallModel } from "./fixtures.ts";

/** Reads and checks a file: it must be a model, or be refused in one line. Returns whether it was a model. */
function isModel(bytes: Uint8Array): boolean {
  try {
    checkGraph(decodeModel(bytes).graph);
    return true;
  } catch (error) {
    assert(
      error instanceof UserError || error instanceof GraphError,
      String(error),
    );
    assert(!/[\n\r]/.test(error.message) && error.message.length < 700);
    return false;
  }
}

const files = [
  encodeModel(smallModel()),
  await golden("elements_raw"),
  await golden("elements_typed"),
  await golden("foreign"),
  await golden("subgraph"),
];

Deno.test("every truncation of a model is refused in one line or is a model", () => {
  for (const file of files) {
    for (let length = 0; length < file.length; length++) isModel(file.subarray(0, length));
  }
});

Deno.test("every byte changed in turn gives a model or a refusal in one line", () => {
  for (const file of files) {
    for (let at = 0; at < file.length; at++) {
      for (const byte of [1, 0xff]) isModel(file.with(at, byte));
    }
  }
});

Deno.test("models with bytes changed, cut out and put in are refused in one line or are models", () => {
  const edit = fc.record({
    at: fc.noBias(fc.nat(2 ** 31 - 1)),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff)),
    // Mostly one byte for another: other edits break the lengths around them.
    lengths: fc.oneof(
      { weight: 9, arbitrary: fc.constant([1, 1]) },
      { weight: 1, arbitrary: fc.constantFrom([0, 1], [1, 0], [3, 0], [0, 3]) },
    ),
  });
  const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
  let models = 0;
  fc.assert(
    fc.property(fc.constantFrom(...files), edits, (file, edits) => {
      const bytes = [...file];
      for (const { at, byte, lengths: [cut, put] } of edits) {
        bytes.splice(at % bytes.length, cut!, ...Array<number>(put!).fill(byte));
      }
      if (isModel(Uint8Array.from(bytes))) models++;
    }),
    { seed: 20261124, numRuns: 5000 },
  );
  // Some must get through, or nothing behind the wire format is tested.
  assert(models > 40, `${models} of 5000 were models`);
});

Deno.test("random bytes are refused in one line", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => assert(!isModel(bytes))),
    { seed: 20261124, numRuns: 3000 },
  );
});

function reason(bytes: number[]): string {
  let message = "";
  assert.throws(() => decodeModel(Uint8Array.from(bytes)), (error: Error) => {
    assert(error instanceof UserError, error.stack ?? error.message);
    message = error.message;
    return true;
  });
  return message;
}

Deno.test("hostile sizes are refused before anything is allocated", () => {
  const varint = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
  const tensor = (dims: number[][]) =>
    field(7, field(5, [...dims.flatMap((dim) => [8, ...dim]), 16, 1, ...field(8, [119])]));
  assert.deepEqual(
    [
      reason([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
      reason([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      reason(tensor([varint])),
      reason(tensor([[0x80, 0x80, 0x80, 0x80, 0x10]])),
      reason(tensor([[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]])),
      reason([...Array<number>(100_000).fill(0xb), 0x0c]),
      reason(field(7, [0x0a, 0x02, 0x08])),
      reason([0x38, 0x00]),
      // The engine words what is wrong with the text.
      reason(field(7, field(2, [0xff, 0xfe]))).replace(/\(.*\)$/, "()"),
    ],
    [
      "Cannot read ONNX model: ModelProto field 7 is incomplete or damaged (premature EOF)",
      "Cannot read ONNX model: ModelProto field 7 is incomplete or damaged (invalid varint)",
      'Cannot read ONNX model: tensor "w" must have sizes of 0 or more and fewer than 2^53 elements: found ' +
      "[72057594037927940]",
      'Cannot read ONNX model: tensor "w" must have 4294967296 elements: found 0',
      'Cannot read ONNX model: tensor "w" must have sizes of 0 or more and fewer than 2^53 elements: found [-1]',
      "Cannot read ONNX model: ModelProto field 1 must have wire type Varint: found StartGroup",
      "Cannot read ONNX model: GraphProto field 1 is incomplete or damaged (premature EOF)",
      "Cannot read ONNX model: ModelProto field 7 must have wire type LengthDelimited: found Varint",
      "Cannot read ONNX model: GraphProto field 2 is incomplete or damaged ()",
    ],
  );
});

Deno.test("graphs whose types double with each node are refused, not followed", () => {
  const b = new GraphBuilder("g");
  const refusal = /at most 64 extents|at most 200 characters/;
  const indices = b.input("i", "int64", [1, 1, 1]);
  let ranks = indices;
  assert.throws(() => {
    for (let i = 0; i < 100; i++) ranks = b.op("Gather", [ranks, ranks]);
  }, refusal);
  let square = b.input("x", "float32", ["N", "N"]);
  assert.throws(() => {
    for (let i = 0; i < 100; i++) {
      const column = b.op("Flatten", [square], { axis: 2 });
      square = b.op("MatMul", [column, b.op("Transpose", [column])]);
    }
  }, refusal);
  let joined = b.ints([1, 1]);
  for (let i = 0; i < 40; i++) {
    joined = b.op("Reshape", [b.op("Concat", [joined, joined], { axis: 0 }), b.ints([-1])]);
  }
});

Deno.test("a file with many nodes and constants is read whole", () => {
  const b = new GraphBuilder("long");
  let x = b.input("x", "float32", ["N", 4]);
  for (let i = 0; i < 3000; i++) x = b.op("Add", [x, b.scalar(i)]);
  b.output(x, "y");
  const graph = b.build();
  assert.deepEqual(decodeModel(encodeModel(modelOf(graph))).graph, graph);
});

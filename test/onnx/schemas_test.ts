import assert from "node:assert/strict";
import { type AttributeInput, GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { ElementType, Shape } from "../../onnx/graph.ts";
import { GraphError } from "../../onnx/graph_error.ts";
import { OPERATORS, type OpName } from "../../onnx/shapes.ts";
import { ELEMENT_TYPES, tensorOf } from "../../onnx/tensor.ts";

/** What Python's onnx says about an operator (scripts/goldens/make_onnx_goldens.py). */
interface Schema {
  readonly min_inputs: number;
  readonly max_inputs: number;
  readonly min_outputs: number;
  readonly max_outputs: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Element types of input 0, in one text. */
  readonly elements: string;
}

const schemas = JSON.parse(
  await Deno.readTextFile(new URL("schemas.json", import.meta.url)),
) as Record<OpName, Schema>;

/** Cases in which the table accepts less than ONNX, on purpose. */
const NARROWER: Partial<Record<OpName, Partial<Schema>>> = {
  MaxPool: { max_outputs: 1 },
  Constant: {
    attributes: {
      value: "tensor",
      value_float: "float",
      value_floats: "floats",
      value_int: "int",
      value_ints: "ints",
      value_string: "string",
      value_strings: "strings",
    },
  },
};

Deno.test("the table has the operators of the schemas", () => {
  assert.deepEqual(Object.keys(OPERATORS).sort(), Object.keys(schemas).sort());
});

Deno.test("numbers of inputs and outputs, and attributes, are those of the ONNX schemas", () => {
  const unbounded = (count: number) => Math.min(count, 2 ** 31 - 1);
  for (const [op, { inputs, outputs, attributes }] of Object.entries(OPERATORS)) {
    const schema = schemas[op as OpName];
    const ours: Schema = {
      min_inputs: inputs[0],
      max_inputs: unbounded(inputs[1]),
      min_outputs: outputs[0],
      max_outputs: unbounded(outputs[1]),
      attributes,
      elements: schema.elements,
    };
    assert.deepEqual(ours, { ...schema, ...NARROWER[op as OpName] }, op);
  }
});

function vectors(b: GraphBuilder, count: number): Value[] {
  return Array.from({ length: count }, () => b.constant(tensorOf("float32", [2], [1, 1])));
}

/** Operands besides the one of input 0, where they are not all of its type and shape. */
const OTHERS: Partial<Record<OpName, (b: GraphBuilder, x: Value) => readonly Value[]>> = {
  ...Object.fromEntries(
    (["Reshape", "Expand"] as const).map((op) => [op, (b: GraphBuilder) => [b.ints([2, 2])]]),
  ),
  Unsqueeze: (b) => [b.ints([0])],
  Squeeze: () => [],
  Gather: (b) => [b.ints([0])],
  Slice: (b) => [b.ints([0]), b.ints([1])],
  Pow: (b) => [b.scalar(2)],
  Clip: () => [],
  Split: () => [],
  Resize: (b) => [b.constant(tensorOf("float32", [0], [])), b.constant(tensorOf("float32", [2], [2, 2]))],
  Where: (b) => [b.scalar(1), b.scalar(2)],
  BatchNormalization: (b) => vectors(b, 4),
  InstanceNormalization: (b) => vectors(b, 2),
  GroupNormalization: (b) => vectors(b, 2),
  CumSum: (b) => [b.ints([0])],
  Tile: (b) => [b.ints([1, 1])],
  Pad: (b) => [b.ints([0, 0, 0, 0])],
  Trilu: () => [],
  Dropout: () => [],
  GatherElements: (b) => [b.constant(tensorOf("int64", [2, 2], [0, 0, 0, 0]))],
  GatherND: (b) => [b.constant(tensorOf("int64", [2, 1], [0, 0]))],
  ScatterElements: (b, x) => [b.constant(tensorOf("int64", [2, 2], [0, 0, 0, 0])), x],
  ScatterND: (b, x) => [b.constant(tensorOf("int64", [2, 1], [0, 0])), x],
};

const ATTRIBUTES: Partial<Record<OpName, Record<string, AttributeInput>>> = {
  AveragePool: { kernel_shape: [2] },
  MaxPool: { kernel_shape: [2] },
  DepthToSpace: { blocksize: 2 },
  SpaceToDepth: { blocksize: 2 },
  Cast: { to: 1 },
  Concat: { axis: 0 },
  Split: { num_outputs: 1 },
  GroupNormalization: { num_groups: 1 },
  LayerNormalization: { axis: 0 },
  Einsum: { equation: "ij" },
  MeanVarianceNormalization: { axes: [0] },
};

/** Shape of input 0, where it is not a matrix. */
const SHAPES: Partial<Record<OpName, Shape>> = {
  ...Object.fromEntries(
    [
      "Conv",
      "ConvTranspose",
      "AveragePool",
      "MaxPool",
      "GlobalAveragePool",
      "GlobalMaxPool",
      "InstanceNormalization",
    ].map((
      op,
    ) => [op, [2, 2, 2]]),
  ),
  DepthToSpace: [2, 4, 2, 2],
  SpaceToDepth: [2, 4, 2, 2],
};

/** True if the table takes input 0 of this element type, all else being right. */
function takes(op: OpName, element: ElementType): boolean {
  const b = new GraphBuilder("g");
  const shape = SHAPES[op] ?? [2, 2];
  const x = b.input("x", element, shape);
  const others = OTHERS[op]?.(b, x) ?? Array.from({ length: OPERATORS[op].inputs[0] - 1 }, () => x);
  try {
    b.op(op, [x, ...others], ATTRIBUTES[op] ?? {});
    return true;
  } catch (error) {
    assert(
      error instanceof GraphError && / must be of /.test(error.message),
      `${op} of ${element}: ${error}`,
    );
    return false;
  }
}

Deno.test("the element types of input 0 are those of the ONNX schemas", () => {
  for (const op of Object.keys(OPERATORS) as OpName[]) {
    // Constant has no inputs, and ConstantOfShape's must be a constant (tested in shapes_test.ts).
    if (op === "Constant" || op === "ConstantOfShape") continue;
    const found = ELEMENT_TYPES.filter((element) => takes(op, element));
    assert.equal(found.toSorted().join(" "), schemas[op].elements, op);
  }
});

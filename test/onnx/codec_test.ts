import assert from "node:assert/strict";
import { InferenceSession } from "onnxruntime-node";
import { UserError } from "../../common/errors.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { decodeModel, encodeModel, readModel } from "../../onnx/codec.ts";
import type { ElementType, Tensor } from "../../onnx/graph.ts";
import { ELEMENT_TYPES } from "../../onnx/tensor.ts";
import { printGraph } from "../../onnx/text.ts";
import { field, golden, type GoldenName, modelOf, smallModel } from "./fixtures.ts";

/** Two values of each element type, chosen at the ends of the range; (b)float16 are the bits of 1.5 and -2. */
const EXTREMES: Readonly<Record<ElementType, Tensor["data"]>> = {
  float32: Float32Array.of(1.5, -0),
  float64: Float64Array.of(0.1, -1e300),
  float16: Uint16Array.of(0x3e00, 0xc000),
  bfloat16: Uint16Array.of(0x3fc0, 0xc000),
  int8: Int8Array.of(-128, 127),
  uint8: Uint8Array.of(0, 255),
  int16: Int16Array.of(-32768, 32767),
  uint16: Uint16Array.of(0, 65535),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  uint32: Uint32Array.of(0, 2 ** 32 - 1),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: BigUint64Array.of(0n, 2n ** 64n - 1n),
  bool: Uint8Array.of(0, 1),
  string: ["", "é"],
};

Deno.test("a model has exactly the bytes that Python's onnx writes", async () => {
  assert.deepEqual(encodeModel(smallModel()), await golden("small"));
});

Deno.test("a model written and read is the same model", () => {
  const model = smallModel();
  assert.deepEqual(decodeModel(encodeModel(model)), model);
});

Deno.test("ONNX Runtime loads the model and finds the same inputs and outputs", async () => {
  const session = await InferenceSession.create(encodeModel(smallModel()));
  const shapes = (metadata: InferenceSession["inputMetadata"]) =>
    metadata.map((value) => value.isTensor ? [value.name, value.type, [...value.shape]] : value.name);
  assert.deepEqual(shapes(session.inputMetadata), [["x", "float32", ["N", 3]]]);
  assert.deepEqual(shapes(session.outputMetadata), [
    ["y", "float32", [2, "N"]],
    ["names", "string", [2]],
    ["zeros", "int64", [4, 200]],
    ["split_0_1", "float32", [3, 1]],
  ]);
  await session.release();
});

for (const name of ["elements_raw", "elements_typed"] as const) {
  Deno.test(`Python's tensors of every element type are read (${name})`, async () => {
    const { graph } = decodeModel(await golden(name));
    checkGraph(graph);
    const found = new Map([...graph.initializers.values()].map((tensor) => [tensor.element, tensor]));
    for (const element of ELEMENT_TYPES) {
      assert.deepEqual(found.get(element), { element, shape: [2], data: EXTREMES[element] });
    }
  });
}

Deno.test("tensors of every element type and rank survive a round trip", () => {
  for (const element of ELEMENT_TYPES) {
    for (const shape of [[2], [1, 2, 1]]) {
      const builder = new GraphBuilder("g");
      const tensor: Tensor = { element, shape, data: EXTREMES[element] };
      builder.output(builder.op("Constant", [], { value: tensor }), "attribute");
      builder.output(builder.constant(tensor, "constant"), "initializer");
      const graph = builder.build();
      assert.deepEqual(decodeModel(encodeModel(modelOf(graph))).graph, graph);
    }
  }
});

Deno.test("empty and scalar tensors survive a round trip", () => {
  const builder = new GraphBuilder("g");
  builder.output(builder.constant({ element: "float32", shape: [0, 3], data: new Float32Array(0) }), "empty");
  builder.output(builder.scalar(Math.PI, "float64"), "pi");
  builder.output(builder.op("Constant", [], { value_floats: [] }), "no_floats");
  builder.output(builder.op("Constant", [], { value_int: -(2 ** 53 - 1) }), "small_int");
  builder.output(builder.op("Constant", [], { value_string: "é\n" }), "text");
  const graph = builder.build();
  assert.deepEqual(decodeModel(encodeModel(modelOf(graph))).graph, graph);
});

Deno.test("float attributes are kept in full here, and rounded to float32 in the file", () => {
  const builder = new GraphBuilder("g");
  builder.output(builder.op("LeakyRelu", [builder.input("x", "float32", [2])], { alpha: 0.2 }), "y");
  const graph = builder.build();
  assert.deepEqual(graph.nodes[0]!.attributes["alpha"], { kind: "float", value: 0.2 });
  const read = decodeModel(encodeModel(modelOf(graph))).graph;
  assert.deepEqual(read.nodes[0]!.attributes["alpha"], { kind: "float", value: Math.fround(0.2) });
});

Deno.test("what other tools write is read: foreign operators and unnamed extents are kept for the checker", async () => {
  const model = decodeModel(await golden("foreign"));
  assert.equal(model.opset, 19);
  assert.equal(
    printGraph(model.graph),
    `graph foreign
input x: float32[x_dim_0,3]
t: float32[B,3] = my.domain.Twice(x)
y: float32[B,3] = Relu(t)
output y: float32[B,3]
`,
  );
  assert.throws(() => checkGraph(model.graph), {
    name: "GraphError",
    message: "Cannot use graph foreign: all operators must be of domain ai.onnx: found Twice of my.domain",
  });
});

async function refusal(bytes: Uint8Array | GoldenName): Promise<string> {
  const file = typeof bytes === "string" ? await golden(bytes) : bytes;
  try {
    decodeModel(file);
  } catch (error) {
    assert(error instanceof UserError, `${error}`);
    return error.message;
  }
  throw new Error("The file was read");
}

/** A model with a constant "w" of one element, given the other fields of its TensorProto. */
function initializerModel(fields: number[]): Uint8Array {
  return Uint8Array.from(field(7, field(5, [8, 1, ...field(8, [119]), ...fields])));
}

/** A model with one Elu that has these AttributeProtos. */
function nodeModel(attributes: readonly number[][]): Uint8Array {
  const op = [...new TextEncoder().encode("Elu")];
  return Uint8Array.from(
    field(7, field(1, [...field(4, op), ...attributes.flatMap((bytes) => field(5, bytes))])),
  );
}

/** alpha = 1 */
const ALPHA = [...field(1, [...new TextEncoder().encode("alpha")]), 0x15, 0, 0, 0x80, 0x3f, 0xa0, 1, 1];
/** An initializer "w" without elements. */
const EMPTY = field(5, [8, 0, 16, 1, ...field(8, [119]), ...field(9, [])]);
/** The largest int64. */
const LARGE = [...Array<number>(8).fill(0xff), 0x7f];

const ascii = (value: string) => [...new TextEncoder().encode(value)];

Deno.test("a Constant's integers beyond 2^53, which exporters write as ends of slices, are the largest that numbers hold", () => {
  const attribute = (name: string, ints: readonly number[], type: number) =>
    field(5, [...field(1, ascii(name)), ...ints, 0xa0, 1, type]);
  const node = (attributes: number[]) =>
    field(1, [...field(2, [121]), ...field(4, ascii("Constant")), ...attributes]);
  const opset = field(8, [0x10, 18]);
  const read = (attributes: number[]) =>
    readModel(Uint8Array.from([...field(7, node(attributes)), ...opset])).graph.nodes[0]!.attributes;
  const smallest = [...Array<number>(9).fill(0x80), 1], most = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(read(attribute("value_ints", [0x40, ...LARGE, 0x40, ...smallest, 0x40, 7], 7)), {
    value_ints: { kind: "ints", value: [most, -most, 7] },
  });
  assert.deepEqual(read(attribute("value_int", [0x18, ...LARGE], 2)), {
    value_int: { kind: "int", value: most },
  });
  assert.throws(() => read(attribute("axis", [0x18, ...LARGE], 2)), {
    name: "UserError",
    message:
      "Cannot read ONNX model: attribute axis must contain integers below 2^53: found 9223372036854775807",
  });
});

Deno.test("graphs within graphs are read with the file, to a depth", () => {
  const nested = (depth: number): number[] =>
    depth === 0 ? [] : field(
      1,
      [
        ...field(4, ascii("If")),
        ...field(5, [...field(1, ascii("then_branch")), ...field(6, nested(depth - 1)), 0xa0, 1, 5]),
      ],
    );
  const read = (depth: number) =>
    readModel(Uint8Array.from([...field(7, nested(depth)), ...field(8, [0x10, 18])])).graph;
  const branch = read(2).nodes[0]!.subgraphs!.then_branch!;
  assert.deepEqual([branch.nodes[0]!.op, branch.nodes[0]!.subgraphs!.then_branch!.nodes], ["If", []]);
  for (const depth of [17, 300]) {
    assert.throws(() => read(depth), {
      name: "UserError",
      message: "Cannot read ONNX model: subgraphs must be nested at most 16 levels deep",
    });
  }
});

Deno.test("the order in which attributes are given does not change the bytes", () => {
  const encoded = [{ alpha: 2, gamma: 3 }, { gamma: 3, alpha: 2 }].map((attributes) => {
    const builder = new GraphBuilder("g");
    builder.output(builder.op("Selu", [builder.input("x", "float32", [2])], attributes), "y");
    const graph = builder.build();
    return [encodeModel(modelOf(graph)), printGraph(graph)];
  });
  assert.deepEqual(encoded[0], encoded[1]);
});

Deno.test("types that a file declares against inference are kept for the checker; extents below 0 are unknown", () => {
  const { graph } = smallModel();
  const declaring = (name: string, shape: readonly number[]) => {
    const types = new Map(graph.types).set(name, { element: "float32", shape });
    return decodeModel(encodeModel(modelOf({ ...graph, types }))).graph;
  };
  assert.throws(() => checkGraph(declaring("h", [7, 7])), {
    message: 'Cannot use graph small: "h", written by node h (MatMul) of graph small, must be of type ' +
      "float32[N,2]: found float32[7,7]",
  });
  assert.deepEqual(declaring("x", [-1, 3]).types.get("x"), { element: "float32", shape: ["x_dim_0", 3] });
});

Deno.test("what cannot be used is refused in one line", async () => {
  const small = smallModel();
  assert.deepEqual(
    {
      subgraph: await refusal("subgraph"),
      external: await refusal("external"),
      overridable: await refusal("overridable"),
      empty: await refusal(new Uint8Array(0)),
      text: await refusal(new TextEncoder().encode("hello")),
      opset_11: await refusal(encodeModel({ ...small, opset: 11 })),
      opset_22: await refusal(encodeModel({ ...small, opset: 22 })),
      ir_version: await refusal(encodeModel({ ...small, ir_version: 2 ** 60 })),
      bool: await refusal(initializerModel([16, 9, ...field(9, [2])])),
      int8: await refusal(initializerModel([16, 3, ...field(5, [0xac, 0x02])])),
      string: await refusal(initializerModel([16, 8, ...field(9, [65])])),
      element: await refusal(initializerModel([16, 14])),
      external_without_location: await refusal(
        initializerModel([16, 1, ...field(13, []), ...field(9, [0, 0, 0, 0])]),
      ),
      initializer_twice: await refusal(Uint8Array.from(field(7, [...EMPTY, ...EMPTY]))),
      attribute_twice: await refusal(nodeModel([ALPHA, ALPHA])),
      attribute_of_function: await refusal(
        nodeModel([[...ALPHA, ...field(21, [97])]]),
      ),
      attribute_of_no_type: await refusal(nodeModel([field(1, [97])])),
      large_attribute: await refusal(nodeModel([[...field(1, [97]), ...field(8, LARGE), 0xa0, 1, 7]])),
      sparse: await refusal(Uint8Array.from(field(7, field(15, [])))),
      input_without_type: await refusal(
        Uint8Array.from([...field(7, field(11, field(1, [120]))), ...field(8, [0x10, 18])]),
      ),
      cut: await refusal(encodeModel(small).subarray(0, 40)),
    },
    {
      subgraph:
        'Cannot read ONNX model: attribute else_branch of node "choice" (If) is a subgraph, which wagon does not support here',
      external:
        'Cannot read ONNX model: tensor "w" stores its data in another file: export the model as one file',
      overridable:
        "Cannot read ONNX model: inputs must not be initializers too: found w. ONNX Runtime would not " +
        "use what is fed to them: export the model without them as inputs (keep_initializers_as_inputs=False in " +
        "PyTorch)",
      empty: "Cannot read ONNX model: it contains no graph",
      text: "Cannot read ONNX model: ModelProto field 13 is incomplete or damaged (cant skip wire type 4)",
      opset_11: "Cannot read ONNX model: its version of ai.onnx must be 18 to 21: found 11",
      opset_22: "Cannot read ONNX model: its version of ai.onnx must be 18 to 21: found 22",
      ir_version: "Cannot read ONNX model: ModelProto field 1 must be below 2^53: found 1152921504606846976",
      bool: 'Cannot read ONNX model: tensor "w" must store booleans as 0 and 1',
      int8: 'Cannot read ONNX model: tensor "w" must contain values of type int8: found 300',
      string: 'Cannot read ONNX model: tensor "w" must store strings in string_data: found raw_data',
      element: 'Cannot read ONNX model: tensor "w" has unknown element type code 14',
      external_without_location:
        'Cannot read ONNX model: tensor "w" stores its data in another file: export the model as one file',
      initializer_twice: 'Cannot read ONNX model: initializer names must be distinct: found "w" twice',
      attribute_twice: 'Cannot read ONNX model: attributes of node "" (Elu) must have distinct names',
      attribute_of_function:
        "Cannot read ONNX model: attribute alpha refers to attribute a of a function: inline functions before the export",
      attribute_of_no_type: "Cannot read ONNX model: attribute a has unknown type 0",
      large_attribute:
        "Cannot read ONNX model: attribute a must contain integers below 2^53: found 9223372036854775807",
      sparse: "Cannot read ONNX model: it contains sparse initializers, and only dense ones can be read",
      input_without_type: 'Cannot read ONNX model: input "x" must be a tensor of known element type and rank',
      cut: "Cannot read ONNX model: ModelProto field 7 is incomplete or damaged (premature EOF)",
    },
  );
});

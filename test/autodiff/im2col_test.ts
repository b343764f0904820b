/** Convolutions as products: the same numbers, where they are taken and where they are not. */
import assert from "node:assert/strict";
import { im2col } from "../../autodiff/im2col.ts";
import { simplify } from "../../autodiff/simplify.ts";
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { ElementType, Graph } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { interpret } from "../reference/interpreter.ts";
import { runInOnnxRuntime } from "../reference/onnxruntime.ts";
import { OPERATOR_CASES } from "../reference/operator_cases.ts";
import { operatorProblem } from "../reference/operator_problem.ts";
import { refTensor, sizeOf } from "../reference/ref_tensor.ts";
import { relativeDifference } from "../reference/relative_difference.ts";
import { seededNumbers } from "../reference/seeded.ts";

/** Form against operator in float64 in the interpreter: sums in another order. Measured: 4.7e-16. */
const EXACT = 4e-15;
/** The same in ONNX Runtime's float32. Measured: 6.3e-7. */
const SAME = 6e-6;

type Feeds = ReadonlyMap<string, ReturnType<typeof refTensor>>;
type Shape = readonly number[];

/** Both graphs give the same. Returns the operators of the form. */
async function sameNumbers(of: (element: ElementType) => { graph: Graph; feeds: Feeds }): Promise<string[]> {
  const { graph, feeds } = of("float64");
  const [name] = graph.outputs;
  const exact = relativeDifference(
    interpret(graph, feeds).get(name!)!,
    interpret(im2col(graph), feeds).get(name!)!,
  );
  assert.ok(exact <= EXACT, `off by ${exact}`);
  const single = of("float32");
  const form = simplify(im2col(single.graph));
  const expected = await runInOnnxRuntime(single.graph, single.feeds);
  const found = await runInOnnxRuntime(form, single.feeds);
  const error = relativeDifference(expected.get(name!)!, found.get(name!)!);
  assert.ok(error <= SAME, `off by ${error} in ONNX Runtime`);
  return form.nodes.map(({ op }) => op);
}

/** A graph of two tensors. */
function pair(shapes: readonly [Shape, Shape], build: (b: GraphBuilder, x: Value, w: Value) => Value) {
  return (element: ElementType) => {
    const b = new GraphBuilder("pair");
    const [x, w] = shapes.map((shape, i) => b.input("xw"[i]!, element, shape)) as [Value, Value];
    b.output(build(b, x, w), "y");
    const feeds = new Map(
      shapes.map((shape, i) =>
        ["xw"[i]!, refTensor(element, shape, seededNumbers(i + 1, sizeOf(shape), -1, 1))] as const
      ),
    );
    return { graph: b.build(), feeds };
  };
}

/** Cases that stay: of few channels; for ConvTranspose those of groups, and of batches without a number. */
const LEFT = { Conv: [...OPERATOR_CASES.Conv.keys()], ConvTranspose: [13, 14, 16, 18, 20, 22, 23] };

for (const op of ["Conv", "ConvTranspose"] as const) {
  Deno.test(`${op} in all its cases`, async () => {
    const left = [];
    for (const [i, operatorCase] of OPERATOR_CASES[op].entries()) {
      const ops = await sameNumbers((element) => operatorProblem(op, operatorCase, 100 * i + 1, element));
      if (ops.includes(op)) left.push(i);
    }
    assert.deepEqual(left, LEFT[op]);
  });
}

const WINDOWS = [
  { strides: [2, 2], pads: [1, 1, 1, 1] },
  { strides: [2, 1], pads: [0, 2, 1, 0], dilations: [1, 2] },
  { strides: [2, 3], auto_pad: "SAME_UPPER" },
];

Deno.test("a convolution over few windows of many channels is one product", async () => {
  for (const attributes of WINDOWS) {
    const ops = await sameNumbers(
      pair([[3, 16, 9, 8], [5, 16, 4, 4]], (b, x, w) => b.op("Conv", [x, w], attributes)),
    );
    assert.ok(ops.includes("Gemm") && !ops.includes("Conv"), `${ops}`);
  }
  const odd = { strides: [2], pads: [2, 1] };
  await sameNumbers(pair([[2, 17, 11], [3, 17, 4]], (b, x, w) => b.op("Conv", [x, w], odd)));
});

Deno.test("a convolution whose window covers all is one product, with its bias, and so is what puts it back", async () => {
  const shapes = [[3, 2, 4, 3], [5, 2, 4, 3]] as const;
  const bias = (b: GraphBuilder, x: Value, w: Value) => {
    const last = b.op("Reshape", [
      b.op("ReduceSum", [w, b.constant(tensorOf("int64", [3], [1, 2, 3]))]),
      five(b),
    ]);
    return b.op("Conv", [x, w, last]);
  };
  const five = (b: GraphBuilder) => b.constant(tensorOf("int64", [1], [5]));
  assert.deepEqual((await sameNumbers(pair(shapes, bias))).filter((op) => op.startsWith("Conv")), []);
  const back = (b: GraphBuilder, x: Value, w: Value) => b.op("ConvTranspose", [x, w]);
  const ops = await sameNumbers(pair([[3, 5, 1, 1], [5, 2, 4, 3]], back));
  assert.deepEqual(ops.toSorted(), ["MatMul", "Reshape", "Reshape", "Reshape"]);
});

Deno.test("so is the gradient of its weights", async () => {
  const swapped = (b: GraphBuilder, x: Value) => b.op("Transpose", [x], { perm: [1, 0, 2, 3] });
  for (
    const attributes of [{ dilations: [2, 2], pads: [1, 1, 1, 1] }, { dilations: [2, 3], pads: [0, 1, 1, 0] }]
  ) {
    const gradient = (b: GraphBuilder, x: Value, dy: Value) =>
      swapped(b, b.op("Conv", [swapped(b, x), swapped(b, dy)], attributes));
    const ops = await sameNumbers(pair([[3, 16, 9, 11], [3, 7, 4, 3]], gradient));
    assert.ok(ops.includes("Gemm") && !ops.includes("Conv"), `${ops}`);
  }
});

Deno.test("what looks like one of them and is not stays what it is", async () => {
  const conv = (attributes: Parameters<GraphBuilder["op"]>[2]) => (b: GraphBuilder, x: Value, w: Value) =>
    b.op("Conv", [x, w], attributes);
  // One window, which reaches into the padding; with a stride of 1; of what is transposed otherwise, or once.
  await sameNumbers(pair([[3, 2, 4, 3], [5, 2, 4, 3]], conv({ strides: [5, 5], pads: [1, 1, 0, 0] })));
  assert.ok((await sameNumbers(pair([[2, 16, 5, 5], [3, 16, 2, 2]], conv({})))).includes("Conv"));
  const turned = (perms: readonly (readonly number[] | null)[]) => (b: GraphBuilder, x: Value, w: Value) => {
    const [of, by] = [x, w].map((value, i) =>
      perms[i] ? b.op("Transpose", [value], { perm: perms[i] }) : value
    );
    return b.op("Conv", [of!, by!], { dilations: [2, 2], strides: [2, 2] });
  };
  const swap = [1, 0, 2, 3], mirror = [0, 1, 3, 2];
  for (const perms of [[mirror, mirror], [swap, null], [null, swap], [swap, mirror]]) {
    await sameNumbers(pair([[16, 16, 9, 9], [16, 16, 3, 3]], turned(perms)));
  }
  const shifted = { strides: [2, 2], pads: [1, 1, 0, 0], output_padding: [1, 1] };
  await sameNumbers(pair([[3, 5, 1, 1], [5, 2, 4, 3]], (b, x, w) => b.op("ConvTranspose", [x, w], shifted)));
});

Deno.test("biases are added once", async () => {
  const maps = (b: GraphBuilder, of: Value, axes: readonly number[]) =>
    b.op("ReduceSum", [of, b.constant(tensorOf("int64", [axes.length], axes))], { keepdims: 0 });
  const windows = await sameNumbers(
    pair(
      [[2, 16, 6, 6], [3, 16, 4, 4]],
      (b, x, w) => b.op("Conv", [x, w, maps(b, w, [1, 2, 3])], { strides: [2, 2] }),
    ),
  );
  assert.ok(windows.includes("Gemm"));
  for (const side of [1, 3]) {
    const ops = await sameNumbers(
      pair(
        [[2, 5, side, side], [5, 3, 4, 4]],
        (b, x, w) => b.op("ConvTranspose", [x, w, maps(b, w, [0, 2, 3])], { strides: [2, 2] }),
      ),
    );
    assert.ok(ops.includes("MatMul"));
  }
});

Deno.test("what one step lays out serves both", () => {
  const b = new GraphBuilder("both");
  const [x, w, dy] = [[65, 16, 8, 8], [5, 16, 4, 4], [65, 5, 4, 4]].map((shape, i) =>
    b.input(`in_${i}`, "float32", shape)
  ) as [Value, Value, Value];
  const [xT, dyT] = [x, dy].map((value) => b.op("Transpose", [value], { perm: [1, 0, 2, 3] })) as [
    Value,
    Value,
  ];
  b.output(b.op("Conv", [x, w], { strides: [2, 2], pads: [1, 1, 1, 1] }), "y");
  b.output(b.op("Conv", [xT, dyT], { dilations: [2, 2], pads: [1, 1, 1, 1] }), "dw");
  const ops = simplify(im2col(b.build())).nodes.map(({ op }) => op);
  assert.equal(ops.filter((op) => op === "Gather").length, 1);
});

Deno.test("convolutions of many places, or of more than the caches hold, stay as they are", () => {
  const left = (x: Shape, w: Shape, op: "Conv" | "ConvTranspose") => {
    const { graph } = pair([x, w], (b, x, w) => b.op(op, [x, w], { strides: [2, 2], pads: [1, 1, 1, 1] }))(
      "float32",
    );
    return im2col(graph).nodes.some((node) => node.op === op);
  };
  assert.ok(!left([2, 16, 16, 16], [4, 16, 4, 4], "Conv"));
  assert.ok(left([2, 16, 18, 16], [4, 16, 4, 4], "Conv"));
  assert.ok(left([2, 15, 16, 16], [4, 15, 4, 4], "Conv"));
  assert.ok(left([257, 16, 16, 16], [4, 16, 4, 4], "Conv"));
  assert.ok(!left([2, 16, 8, 8], [16, 4, 4, 4], "ConvTranspose"));
  assert.ok(left([2, 16, 9, 8], [16, 4, 4, 4], "ConvTranspose"));
  assert.ok(left([1010, 16, 8, 8], [16, 4, 4, 4], "ConvTranspose"));
});

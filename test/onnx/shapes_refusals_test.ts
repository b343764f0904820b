import assert from "node:assert/strict";
import { GraphBuilder } from "../../onnx/builder.ts";
import { Typing } from "../../onnx/shapes.ts";
import { COMPOSITE_REFUSALS } from "./composite_refusals.ts";
import { type Case, input } from "./fixtures.ts";

/** What must not be typed, and why: the whole text of each refusal. */
const REFUSALS: readonly (readonly [Case, string])[] = [
  [
    (b) => b.op("Slice", [input(b, ["N"]), b.ints([0]), b.ints([5])]),
    "(Slice) of graph g on (float32[N], int64[1], int64[1]): axis 0 cannot be sliced, because its size is not fixed (N)",
  ],
  [
    (b) => b.op("Gemm", [input(b, [1, 3]), input(b, [3, 4]), input(b, [2, 4])]),
    "(Gemm) of graph g on (float32[1,3], float32[3,4], float32[2,4]): input 2 must broadcast to [1,4]: found [2,4]",
  ],
  [
    (b) => b.op("BatchNormalization", [input(b, [2, 4]), ...Array.from({ length: 4 }, () => input(b, [3]))]),
    "(BatchNormalization) of graph g on (float32[2,4], float32[3], float32[3], float32[3], float32[3]): input 1 must have shape [4]: found [3]",
  ],
  [
    (b) => b.op("ReduceMax", [input(b, [0, 2])]),
    "(ReduceMax) of graph g on (float32[0,2]): reduced axes must not have size 0: found [0,2]",
  ],
  [
    (b) => b.op("Reshape", [input(b, [0, 3]), b.ints([0, -1])]),
    "(Reshape) of graph g on (float32[0,3], int64[2]): [0,3] must have as many elements as [0,-1]",
  ],

  [
    (b) => b.op("Add", [input(b, [2]), input(b, [3])]),
    "(Add) of graph g on (float32[2], float32[3]): shapes [2] and [3] cannot be broadcast to a common shape",
  ],
  [
    (b) => b.op("Add", [input(b, ["N"]), input(b, [3])]),
    "(Add) of graph g on (float32[N], float32[3]): shapes [N] and [3] cannot be broadcast to a common shape",
  ],
  [
    (b) => b.op("Add", [input(b, [2]), input(b, [2], "int64")]),
    "(Add) of graph g on (float32[2], int64[2]): inputs must have the same element type: found float32 and int64",
  ],
  [(b) => b.op("Add", [input(b, [2])]), "(Add) of graph g on (float32[2]): it must have 2 inputs: found 1"],
  [
    (b) => b.op("Add", [null, input(b, [2])]),
    "(Add) of graph g on (none, float32[2]): input 0 must be present",
  ],
  [
    (b) => b.op("Not", [input(b, [2])]),
    "(Not) of graph g on (float32[2]): input 0 must be of bool: found float32",
  ],
  [
    (b) => b.op("MatMul", [input(b, [2, 3]), input(b, [2, 3])]),
    "(MatMul) of graph g on (float32[2,3], float32[2,3]): the multiplied axes must have equal sizes: found 3 and 2",
  ],
  [
    (b) => b.op("Gemm", [input(b, [2, 3]), input(b, [3, 4]), input(b, [2])]),
    "(Gemm) of graph g on (float32[2,3], float32[3,4], float32[2]): input 2 must broadcast to [2,4]: found [2]",
  ],
  [
    (b) => b.op("Clip", [input(b, [2]), input(b, [1])]),
    "(Clip) of graph g on (float32[2], float32[1]): bounds must be scalars: input 1 has shape [1]",
  ],
  [(b) => b.op("Cast", [input(b, [2])]), "(Cast) of graph g on (float32[2]): attribute to must be present"],
  [
    (b) => b.op("Cast", [input(b, [2])], { to: 14 }),
    "(Cast) of graph g on (float32[2]): attribute to must be a known element type: found 14",
  ],
  [
    (b) => b.op("ReduceSum", [input(b, [2]), input(b, [1], "int64")]),
    '(ReduceSum) of graph g on (float32[2], int64[1]): axes (input 1, "x1") must be constant or computed from shapes',
  ],
  [
    (b) => b.op("ReduceSum", [input(b, [2]), b.ints([1])]),
    "(ReduceSum) of graph g on (float32[2], int64[1]): axis must be -1 to 0: found 1",
  ],
  [
    (b) => b.op("ReduceSum", [input(b, [2]), b.ints([0, -1])]),
    "(ReduceSum) of graph g on (float32[2], int64[2]): axes must be distinct: found [0,-1]",
  ],
  [
    (b) => b.op("ReduceMean", [input(b, [0, 2])]),
    "(ReduceMean) of graph g on (float32[0,2]): reduced axes must not have size 0: found [0,2]",
  ],
  [
    (b) => b.op("Reshape", [input(b, [6]), b.ints([4, -1])]),
    "(Reshape) of graph g on (float32[6], int64[2]): [6] must have as many elements as [4,-1]",
  ],
  [
    (b) => b.op("Reshape", [input(b, ["N", 2]), b.ints([4])]),
    "(Reshape) of graph g on (float32[N,2], int64[1]): [N,2] must have as many elements as [4]",
  ],
  [
    (b) => b.op("Transpose", [input(b, [2, 3])], { perm: [0, 0] }),
    "(Transpose) of graph g on (float32[2,3]): perm must contain each of the 2 axes once: found [0,0]",
  ],
  [
    (b) => b.op("Squeeze", [input(b, ["N", 1])]),
    "(Squeeze) of graph g on (float32[N,1]): axes must be given, because some sizes are not fixed",
  ],
  [
    (b) => b.op("Squeeze", [input(b, ["N", 1]), b.ints([0])]),
    "(Squeeze) of graph g on (float32[N,1], int64[1]): axis 0 must have size 1: found N",
  ],
  [
    (b) => b.op("Concat", [input(b, ["N", 1]), input(b, ["N", 1])], { axis: 0 }),
    "(Concat) of graph g on (float32[N,1], float32[N,1]): the joined axis must have a fixed size in each input: found N",
  ],
  [
    (b) => b.op("Concat", [input(b, [2, 1]), input(b, [2, 2])], { axis: 0 }),
    "(Concat) of graph g on (float32[2,1], float32[2,2]): shapes must be equal on all axes except axis 0: found [2,1] and [2,2]",
  ],
  [
    (b) => b.op("Slice", [input(b, ["N"]), b.ints([1]), b.ints([2])]),
    "(Slice) of graph g on (float32[N], int64[1], int64[1]): axis 0 cannot be sliced, because its size is not fixed (N)",
  ],
  [
    (b) => b.op("Split", [input(b, [4]), b.ints([1, 2])]),
    "(Split) of graph g on (float32[4], int64[2]): parts [1,2] must be 0 or more and add up to 4",
  ],
  [
    (b) => b.ops("Split", [input(b, [4])], { num_outputs: 3 }, 2),
    "(Split) of graph g on (float32[4]): num_outputs must be 2, the number of outputs: found 3",
  ],
  [
    (b) => b.op("Constant", []),
    "(Constant) of graph g on (): exactly one attribute must be present: found none",
  ],
];

Deno.test("ill-typed nodes are refused with node, operator, graph and input types", () => {
  for (const [build, message] of [...REFUSALS, ...COMPOSITE_REFUSALS]) {
    assert.throws(() => build(new GraphBuilder("g")), (error: Error) => {
      assert.equal(error.name, "GraphError");
      assert.equal(error.message.replace(/^Cannot type node \w+_0 /, ""), message);
      return true;
    });
  }
});

Deno.test("operators of another domain are not ours, whatever their names", () => {
  const typing = new Typing("g");
  typing.declare("x", { element: "float32", shape: [2] });
  const node = { name: "n", op: "Neg", domain: "my.domain", inputs: ["x"], outputs: ["y"], attributes: {} };
  assert.throws(() => typing.node(node), {
    name: "GraphError",
    message:
      "Cannot use node n (Neg) of graph g: only operators of domain ai.onnx are supported, found my.domain",
  });
});

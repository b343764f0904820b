/** Nodes of older and newer versions of ai.onnx: what they give once they are brought to ours, by their definition. */
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import { CHANGES } from "../../../models/import/opset_converter.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { fileModel, type FileNode } from "./file_model.ts";

/** since_version of every schema above 11, by operator: onnx.defs.get_all_schemas_with_history of onnx 1.23.2. */
const VERSIONS = JSON.parse(
  Deno.readTextFileSync(new URL("versions.json", import.meta.url)),
) as Record<string, number[]>;

Deno.test("versions: the table has every version in which ONNX changed an operator, and no other", () => {
  const ours = Object.entries(CHANGES).map(([op, changes]) =>
    [op, Object.keys(changes).map(Number)] as const
  );
  assert.deepEqual(Object.fromEntries(ours), VERSIONS);
});

/** Two examples of 2 x 3. */
const X = [0.5, -1, 2, 0.25, 1.5, -0.75, 3, 0.125, -2, 1, -0.5, 0.75];
const EXAMPLES = [X.slice(0, 6), X.slice(6)];
const ROWS = [0, 3, 6, 9].map((at) => X.slice(at, at + 3));

function imported(opset: number, nodes: readonly FileNode[], extents: readonly number[] = [2, 3]) {
  return importGraph(fileModel({ opset, extents, nodes }), "g.onnx", "critic").graph;
}

/** y of the nodes on x [2, ...extents]: its shape and numbers. */
function computed(opset: number, nodes: readonly FileNode[], extents: readonly number[] = [2, 3]) {
  const x = refTensor("float32", [2, ...extents], X);
  const { shape, data } = interpret(imported(opset, nodes, extents), new Map([["x", x]])).values().next()
    .value!;
  return { shape, data: [...data] };
}

function assertNear(found: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(found.length, expected.length, what);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)));
  // Measured: 4.5e-16, both in float64.
  assert.ok(worst <= 2e-15, `${what} is off by ${worst}`);
}

const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
const softmax = (of: readonly number[]) => of.map((x) => Math.exp(x) / sum(of.map(Math.exp)));

Deno.test("versions: Softmax and LogSoftmax before 13 take all axes from theirs on as one row", () => {
  const log = (of: readonly number[]) => softmax(of).map(Math.log);
  for (const [op, of] of [["Softmax", softmax], ["LogSoftmax", log]] as const) {
    const node = (attributes: Record<string, number>): FileNode => [op, ["x"], ["y"], attributes];
    for (
      const [opset, attributes, parts] of [
        [11, {}, EXAMPLES],
        [12, { axis: 1 }, EXAMPLES],
        [12, { axis: -2 }, EXAMPLES],
        [12, { axis: 2 }, ROWS],
        [13, {}, ROWS],
        [13, { axis: -1 }, ROWS],
      ] as const
    ) {
      const { shape, data } = computed(opset, [node(attributes)]);
      assert.deepEqual(shape, [2, 2, 3]);
      assertNear(data, parts.flatMap(of), `${op} ${opset} ${JSON.stringify(attributes)}`);
    }
    assert.throws(() => imported(12, [node({ axis: 0 })]), {
      name: "UserError",
      message:
        `Cannot import node node0 (${op}) of graph g.onnx: its axis must be 1 to 2 before opset 13: found 0`,
    });
  }
});

Deno.test("versions: reductions before 18, and ReduceSum before 13, have their axes as an attribute", () => {
  const square = (of: readonly number[]) => sum(of.map((x) => x * x));
  const reductions = {
    ReduceL1: (of: readonly number[]) => sum(of.map(Math.abs)),
    ReduceL2: (of: readonly number[]) => Math.sqrt(square(of)),
    ReduceLogSumExp: (of: readonly number[]) => Math.log(sum(of.map(Math.exp))),
    ReduceMax: (of: readonly number[]) => Math.max(...of),
    ReduceMean: (of: readonly number[]) => sum(of) / of.length,
    ReduceMin: (of: readonly number[]) => Math.min(...of),
    ReduceProd: (of: readonly number[]) => of.reduce((a, b) => a * b, 1),
    ReduceSum: sum,
    ReduceSumSquare: square,
  };
  for (const [op, of] of Object.entries(reductions)) {
    for (const opset of op === "ReduceSum" ? [11, 12] : [11, 12, 13, 17]) {
      const row = computed(opset, [[op, ["x"], ["y"], { axes: [2], keepdims: 0 }]]);
      assert.deepEqual(row.shape, [2, 2], `${op} ${opset}`);
      assertNear(row.data, ROWS.map(of), `${op} ${opset}`);
      const whole = computed(opset, [[op, ["x"], ["y"], { axes: [-1, 1] }]]);
      assert.deepEqual(whole.shape, [2, 1, 1], `${op} ${opset}`);
      assertNear(whole.data, EXAMPLES.map(of), `${op} ${opset}`);
    }
  }
  const positive: FileNode = ["Abs", ["x"], ["abs"]];
  const logs = computed(13, [positive, ["ReduceLogSum", ["abs"], ["y"], { axes: [2], keepdims: 0 }]]);
  assertNear(logs.data, ROWS.map((row) => Math.log(sum(row.map(Math.abs)))), "ReduceLogSum");
});

Deno.test("versions: Split has its parts as an attribute before 13, and as their number since 18", () => {
  const joined: FileNode = ["Concat", ["b", "a"], ["y"], { axis: 2 }];
  const uneven = computed(11, [["Split", ["x"], ["a", "b"], { axis: 2, split: [1, 2] }], joined]);
  assert.deepEqual(uneven.data, ROWS.flatMap(([a, b, c]) => [b!, c!, a!]));
  for (const opset of [11, 13, 17]) {
    const even = computed(opset, [
      ["Split", ["x"], ["a", "b"], { axis: 1 }],
      ["Concat", ["b", "a"], ["y"], { axis: 1 }],
    ]);
    assert.deepEqual(even.data, [ROWS[1]!, ROWS[0]!, ROWS[3]!, ROWS[2]!].flat(), `opset ${opset}`);
  }
});

Deno.test("versions: Squeeze and Unsqueeze before 13 have their axes as an attribute", () => {
  const { shape, data } = computed(11, [
    ["Unsqueeze", ["x"], ["wide"], { axes: [1, 3] }],
    ["Squeeze", ["wide"], ["y"], { axes: [1] }],
  ]);
  assert.deepEqual([shape, data], [[2, 2, 1, 3], X]);
});

Deno.test("versions: what later versions added goes where it says nothing, and is refused where it does", () => {
  const pool = (dilations: readonly number[]): FileNode => [
    "AveragePool",
    ["x"],
    ["y"],
    { kernel_shape: [1, 2], dilations },
  ];
  const means = ROWS.flatMap(([a, b, c]) => [(a! + b!) / 2, (b! + c!) / 2]);
  assertNear(computed(19, [pool([1, 1])], [1, 2, 3]).data, means, "AveragePool 19");
  assert.throws(() => imported(19, [pool([1, 2])], [1, 2, 3]), { name: "UserError", message: /dilations/ });
  const cast = computed(24, [["Cast", ["x"], ["y"], { to: 1, saturate: 0 }]]);
  assert.deepEqual(cast.data, X);
});

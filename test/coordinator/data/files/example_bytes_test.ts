/** Examples that stay in their file are those of the same data in memory, in every use. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type DataSet, dataSetOf, gatherRows } from "../../../../coordinator/data/data_set.ts";
import { FileBytes, wholeBytes } from "../../../../coordinator/data/files/example_bytes.ts";
import { ShardPlan } from "../../../../coordinator/data/plan.ts";
import { fitScaling, scaleData } from "../../../../coordinator/data/scaling.ts";
import { ShardedData } from "../../../../coordinator/data/sharded_data.ts";
import { valuesOf } from "../../../../coordinator/data/values.ts";
import { fillNormal } from "../../../../random/philox.ts";
import { inTempFolder } from "../files.ts";

const COUNT = 40, WIDTH = 3, BEGIN = 10;

async function both(test: (memory: DataSet, file: DataSet, path: string) => Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => {
    const values = new Float32Array(COUNT * WIDTH), path = join(folder, "x");
    fillNormal(values, { seed: 1, purpose: "probe", counter: 0, shard: 0 });
    const bytes = new Uint8Array(values.buffer);
    await Deno.writeFile(path, new Uint8Array([...new Uint8Array(BEGIN), ...bytes]));
    const stored = await FileBytes.open(path, { begin: BEGIN, length: bytes.length });
    await test(dataSetOf("x", [WIDTH], "float32", bytes), dataSetOf("x", [WIDTH], "float32", stored), path);
  });
}

Deno.test("data in a file: hash, values, rows, shards and scaling are those of data in memory", () =>
  both(async (memory, file) => {
    assert.equal(await file.sha256(), await memory.sha256());
    assert.deepEqual(valuesOf(file), valuesOf(memory));
    const labels = { values: Uint32Array.from({ length: COUNT }, (_, i) => i % 2), class_names: ["a", "b"] };
    const plan = new ShardPlan({ num_examples: COUNT, num_shards: 2, batch: 8, holdout: 0.1, seed: 3 });
    for (const kind of ["none", "standard", "minmax"] as const) {
      const scaled = async (data: DataSet) => {
        const fit = kind === "none" ? data : await scaleData(data, fitScaling(data, kind, plan.holdout));
        return { ...fit, labels };
      };
      const [a, b] = [await scaled(memory), await scaled(file)];
      assert.deepEqual(wholeBytes(b.bytes), wholeBytes(a.bytes));
      assert.deepEqual(gatherRows(b, plan.holdout), gatherRows(a, plan.holdout));
      const [in_memory, in_file] = [await ShardedData.of(a, plan), await ShardedData.of(b, plan)];
      assert.deepEqual(in_file.sha256, in_memory.sha256);
      const shard = in_memory.shard(1), parts = in_file.shard(1);
      assert.ok(!(parts instanceof Uint8Array));
      assert.equal(parts.length, shard.length);
      // Pieces need not be whole rows, or whole numbers.
      const pieces = [0, 5, 17, 100, shard.length].flatMap((end, i, ends) =>
        i === 0 ? [] : [...parts.subarray(ends[i - 1]!, end)]
      );
      assert.deepEqual(pieces, [...shard.subarray(0, shard.length)]);
      const position = { epoch: 1, batch: 2 };
      assert.deepEqual(in_file.inline([0, 1], [position]), in_memory.inline([0, 1], [position]));
    }
  }));

Deno.test("data in a file that changes are refused in one line", () =>
  both(async (_memory, file, path) => {
    await Deno.truncate(path, 100);
    assert.throws(() => file.bytes.subarray(80, 120), {
      name: "UserError",
      message:
        `Cannot train on ${path}: it is too large for memory and must stay as it is during the run, but it was ` +
        "changed; restore it, and resume the run",
    });
  }));

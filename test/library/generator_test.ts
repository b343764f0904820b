/** A generator.onnx that is none, or was changed: one line, whatever is wrong with it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { decodeModel, encodeModel } from "../../onnx/codec.ts";
import { Generator } from "../../library/generator.ts";
import { inTempDir } from "../temp_dir.ts";
import { generatorBytes } from "../tasks/small_generator.ts";

Deno.test("a generator with other metadata or other outputs is refused in one line", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "generator.onnx");
    const model = decodeModel(await generatorBytes([2, 3], null));
    const { graph } = model;
    const saying = (name: string, value: string) => ({
      ...model,
      metadata: new Map([...model.metadata, [name, value]]),
    });
    await Deno.writeFile(path, encodeModel(saying("value_range", "-1,1")));
    const good = await Generator.open(path);
    assert.deepEqual([good.latent, good.example_shape, good.value_range], [3, [2, 3], [-1, 1]]);
    const bad = {
      "no shape": { ...model, metadata: new Map() },
      "words for a shape": saying("example_shape", "two,3"),
      "another shape": saying("example_shape", "1000000,1000000"),
      "a shape below 0": saying("example_shape", "-2,-3"),
      "words for a range": saying("value_range", "white,black"),
      "no samples": { ...model, graph: { ...graph, outputs: [graph.nodes[0]!.outputs[0]!] } },
    };
    for (const [what, changed] of Object.entries(bad)) {
      await Deno.writeFile(path, encodeModel(changed));
      const error = await Generator.open(path).then(() => null, (error) => error);
      assert.ok(error instanceof UserError, `${what}: ${error}`);
    }
    await Deno.remove(path);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    await assert.rejects(Generator.open(path), {
      name: "UserError",
      message:
        `Cannot draw samples: ${path} must be a generator that wagon wrote, found another file: A regular ` +
        "file is required, found a pipe; a resumed run writes it again",
    });
  }));

Deno.test("a generator names the columns of its samples, where there are as many as they have numbers", () =>
  inTempDir(async (folder) => {
    const cases: [
      shape: number[],
      columns: readonly string[] | null,
      expected: readonly string[] | undefined,
    ][] = [
      [[2], ["age", "in\u001bcome"], ["age", "in\ufffdcome"]],
      [[2], null, undefined],
      [[3], ["age", "income"], undefined],
      [[2, 2], ["age", "income"], undefined],
    ];
    for (const [i, [shape, columns, expected]] of cases.entries()) {
      const path = join(folder, `${i}.onnx`);
      await Deno.writeFile(path, await generatorBytes(shape, null, columns));
      assert.deepEqual((await Generator.open(path)).columns, expected);
    }
  }));

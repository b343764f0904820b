import assert from "node:assert/strict";
import { wholeBytes } from "../../../coordinator/data/files/example_bytes.ts";
import { join } from "node:path";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { ShardPlan } from "../../../coordinator/data/plan.ts";
import { ShardedData } from "../../../coordinator/data/sharded_data.ts";
import { type PicturedRun, Pictures } from "../../../coordinator/run/pictures.ts";
import { decodeModel } from "../../../onnx/codec.ts";
import { decodePng } from "../../../pictures/png.ts";
import { buildArtifacts } from "../../../models/artifacts.ts";
import { mlp } from "../../../models/nets/mlp.ts";
import { wgan } from "../../../models/objectives/wgan.ts";
import { inTempDir } from "../../temp_dir.ts";

/** `num_examples` of this shape, whose values count up. */
async function sharded(
  example_shape: readonly number[],
  num_examples = 64,
  columns?: readonly string[],
): Promise<ShardedData> {
  const size = example_shape.reduce((n, extent) => n * extent, num_examples);
  const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251);
  const plan = new ShardPlan({ num_examples, num_shards: 2, batch: 4, holdout: 0, seed: 1 });
  const data = { ...dataSetOf("test", example_shape, "uint8", bytes), ...columns && { columns } };
  return await ShardedData.of(data, plan);
}

/** The pictures of a run on such data, in a folder that is there for the test. */
function withPictures(
  data: ShardedData,
  test: (pictures: Pictures, folder: string) => Promise<void>,
  more: Partial<PicturedRun> = {},
): Promise<void> {
  return inTempDir(async (folder) => {
    await Deno.mkdir(join(folder, "samples"));
    const place = {
      path: folder,
      generator: join(folder, "generator.onnx"),
      critic: join(folder, "critic.onnx"),
    };
    await test(new Pictures({ data, folder: place, ...more } as PicturedRun), folder);
  });
}

/** Each kind of data: samples of a picture, and whether it is drawn in colour. */
const KINDS: Readonly<
  Record<
    string,
    readonly [shape: readonly number[], count: number, channels: 1 | 3, columns?: readonly string[]]
  >
> = {
  "grey images": [[4, 4], 25, 1],
  "colour images": [[3, 4, 4], 25, 3],
  "series": [[6], 25, 1],
  "points of a plane": [[2], 2_500, 3],
  "a table": [[3], 1_000, 3, ["a", "b", "c"]],
};

for (const [kind, [shape, count, channels, columns]] of Object.entries(KINDS)) {
  Deno.test(`a picture of ${kind} is named after its step and shows its samples`, async () =>
    await withPictures(await sharded(shape, 64, columns), async (pictures, folder) => {
      assert.equal(pictures.count, count);
      const size = shape.reduce((n, extent) => n * extent, count);
      const draw = async (step: number, value: number) => {
        const file = await pictures.write(step, new Float32Array(size).map((_, i) => value * Math.cos(i)));
        return [file, decodePng(await Deno.readFile(join(folder, file)))] as const;
      };
      const [file, first] = await draw(120, 1);
      assert.equal(file, "samples/step-000000120.png");
      assert.equal(first.channels, channels);
      assert.deepEqual((await draw(121, 1))[1], first);
      assert.notDeepEqual((await draw(122, 0.5))[1].data, first.data);
      assert.deepEqual([...Deno.readDirSync(join(folder, "samples"))].map(({ name }) => name).sort(), [
        "step-000000120.png",
        "step-000000121.png",
        "step-000000122.png",
      ]);
    }));
}

Deno.test("samples that are all alike have no diversity, real ones have that of the data", async () => {
  const data = await sharded([2], 16);
  await withPictures(data, (pictures) => {
    const real = Float32Array.from(wholeBytes(data.shard(0)), (byte) => byte / 127.5 - 1);
    assert.ok(Math.abs(pictures.diversity(real)! - 1) < 1e-6);
    assert.equal(pictures.diversity(new Float32Array(16).fill(0.5)), 0);
    return Promise.resolve();
  });
  const alike = dataSetOf("test", [2], "uint8", new Uint8Array(32));
  await withPictures(await ShardedData.of(alike, data.plan), (pictures) => {
    assert.equal(pictures.diversity(new Float32Array(16).fill(0.5)), null);
    return Promise.resolve();
  });
});

Deno.test("a picture that cannot be written is a UserError, and leaves no half of one", async () =>
  await withPictures(await sharded([4, 4]), async (pictures, folder) => {
    // A folder is in the way of the file.
    await Deno.mkdir(join(folder, "samples", "step-000000001.png", "x"), { recursive: true });
    await assert.rejects(pictures.write(1, new Float32Array(400)), {
      name: "UserError",
      message: /^Cannot write .*step-000000001\.png: /,
    });
    assert.deepEqual([...Deno.readDirSync(join(folder, "samples"))].map(({ name }) => name), [
      "step-000000001.png",
    ]);
  }));

Deno.test("the networks' files hold the weights as they are, and how numbers become bytes", async () => {
  const { manifest, files } = await buildArtifacts({
    critic: mlp("critic", { widths: [6, 5, 1], batch_norm: false, slope: 0.2, output: "linear" }),
    generator: mlp("generator", { widths: [3, 8, 6], batch_norm: true, slope: 0.2, output: "tanh" }),
    objective: wgan,
    micro_batch: 4,
  });
  const { generator, statistics } = manifest.layouts;
  const state = {
    critic: { weights: new Float32Array(manifest.layouts.critic.size).fill(0.5) },
    sampled_parameters: new Float32Array(generator.size).fill(0.25),
    statistics: new Float32Array(statistics.size).fill(2),
  };
  const facts = { manifest, files: [...files].map(([file, bytes]) => ({ file, bytes })) };
  await withPictures(await sharded([6]), async (pictures, folder) => {
    await pictures.writeNetworks();
    const { graph, metadata } = decodeModel(await Deno.readFile(join(folder, "generator.onnx")));
    assert.deepEqual([graph.inputs.length, metadata.get("example_shape")], [1, "6"]);
    assert.equal(metadata.get("value_range"), "-1,1");
    for (const { slots } of [generator, statistics]) {
      const value = slots === generator.slots ? 0.25 : 2;
      for (const { name } of slots) {
        assert.ok([...graph.initializers.get(name)!.data].every((x) => x === value));
      }
    }
    const critic = decodeModel(await Deno.readFile(join(folder, "critic.onnx")));
    assert.deepEqual([critic.graph.inputs, critic.graph.name], [["examples"], "critic"]);
    for (const { name } of manifest.layouts.critic.slots) {
      assert.ok([...critic.graph.initializers.get(name)!.data].every((x) => x === 0.5), name);
    }
  }, { facts, state } as unknown as PicturedRun);
});

Deno.test("a picture of images with labels has a row for each class that has training examples", async () => {
  const plain = await sharded([4, 4], 64);
  const class_names = ["none", "few", "many"];
  // Four examples of one class, none of another.
  const labels = { values: Uint32Array.from({ length: 64 }, (_, i) => i < 4 ? 1 : 2), class_names };
  const data = await ShardedData.of({ ...plain.data, labels }, plain.plan);
  await withPictures(data, async (pictures, folder) => {
    assert.deepEqual([...pictures.labels!], [...Array(8).fill(1), ...Array(8).fill(2)]);
    assert.equal(pictures.count, 16);
    const file = await pictures.write(1, new Float32Array(16 * 16));
    const plainly = await withPlainPicture(plain);
    const { width, height } = decodePng(await Deno.readFile(join(folder, file)));
    // Eight columns and two rows instead of five of each.
    assert.ok(width > plainly.width && height < plainly.height);
  });
});

async function withPlainPicture(data: ShardedData): Promise<{ width: number; height: number }> {
  let size = { width: 0, height: 0 };
  await withPictures(data, async (pictures, folder) => {
    const file = await pictures.write(1, new Float32Array(25 * 16));
    size = decodePng(await Deno.readFile(join(folder, file)));
  });
  return size;
}

/** `sample` as a person runs it, on a small generator of random weights. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { latents, latentWays } from "../../random/latents.ts";
import { decodePng } from "../../pictures/png.ts";
import { openSession } from "../models/onnx_runtime.ts";
import { runRecord, toLines } from "../runlog/log/example_log.ts";
import { taskArgs } from "../e2e/child.ts";
import { generatorBytes, npyValues as values } from "./small_generator.ts";

const CLASSES = ["cat", "dog", "7", "ant"];

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const put = async (name: string, generator: Uint8Array | null) => {
    await Deno.mkdir(join(folder, "runs", name), { recursive: true });
    await Deno.writeTextFile(join(folder, "runs", name, "events.jsonl"), toLines([runRecord()]));
    if (generator) await Deno.writeFile(join(folder, "runs", name, "generator.onnx"), generator);
  };
  try {
    await put("images", await generatorBytes([2, 3], [-1, 1]));
    await put("vectors", await generatorBytes([6], null));
    await put("classes", await generatorBytes([2, 3], [-1, 1], null, CLASSES));
    await put("young", null);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function sample(cwd: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), { args: [...taskArgs("sample"), ...args], cwd });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("samples are what the generator makes of the seed's noise, and the first do not depend on the rest", () =>
  inFolder(async (folder) => {
    const drawn = await sample(
      folder,
      "images",
      "--count",
      "70",
      "--seed",
      "9",
      "--npy",
      "a/70.npy",
      "--folder",
      "x",
    );
    assert.deepEqual(drawn, {
      code: 0,
      stdout: "x: 70 images of run images\na/70.npy: 70 samples of run images\n",
      stderr: "",
    });
    await sample(folder, "images", "--count", "5", "--seed", "9", "--npy", "5.npy", "--grid", "5.png");
    const [many, few] = [await values(join(folder, "a/70.npy")), await values(join(folder, "5.npy"))];
    assert.deepEqual(few, many.subarray(0, 5 * 6));

    const session = await openSession(await generatorBytes([2, 3], [-1, 1]));
    const noise = new Tensor("float32", latents(9, 70, 3), [70, 3]);
    const expected = (await session.run({ noise })).samples!.data as Float32Array;
    // Other rows in a call may round otherwise; measured 0.
    expected.forEach((value, i) => assert.ok(Math.abs(value - many[i]!) <= 1e-6, `${i}`));

    const image = decodePng(await Deno.readFile(join(folder, "x", "69.png")));
    assert.deepEqual([image.width, image.height, image.channels], [3, 2, 1]);
    const tones = [...many.subarray(69 * 6)].map((value) => Math.round((value + 1) * 127.5));
    assert.deepEqual([...image.data], tones);
    const grid = decodePng(await Deno.readFile(join(folder, "5.png")));
    // 3 x 2 cells of 84 x 56 pixels, gaps of 2.
    assert.deepEqual([grid.width, grid.height], [3 * 86 + 2, 2 * 58 + 2]);
  }));

Deno.test("ways through the noise, and values that are no images", () =>
  inFolder(async (folder) => {
    const ways = ["--interpolate", "4", "--count", "2", "--grid", "ways.png", "--npy", "ways.npy"];
    assert.equal((await sample(folder, "images", ...ways)).code, 0);
    const grid = decodePng(await Deno.readFile(join(folder, "ways.png")));
    assert.deepEqual([grid.width, grid.height], [4 * 86 + 2, 2 * 58 + 2]);
    await sample(folder, "images", "--count", "4", "--npy", "ends.npy");
    const [through, ends] = [await values(join(folder, "ways.npy")), await values(join(folder, "ends.npy"))];
    const samples = (all: Float32Array, ...which: number[]) =>
      which.flatMap((i) => [...all.subarray(6 * i, 6 * i + 6)]);
    assert.deepEqual(samples(through, 0, 3, 4, 7), samples(ends, 0, 1, 2, 3));
    assert.equal((await sample(folder, "vectors", "--npy", "v.npy", "--grid", "v.png")).code, 0);
    assert.equal((await values(join(folder, "v.npy"))).length, 64 * 6);
  }));

Deno.test("samples of a class are what the generator makes of its number, and without one each class has a row", () =>
  inFolder(async (folder) => {
    await sample(folder, "classes", "--class", "7", "--class", "dog", "--count", "6", "--npy", "some.npy");
    await sample(folder, "classes", "--npy", "all.npy", "--grid", "all.png");
    await sample(folder, "classes", "--interpolate", "2", "--count", "4", "--npy", "ways.npy");
    const session = await openSession(await generatorBytes([2, 3], [-1, 1], null, CLASSES));
    const drawn = async (labels: readonly number[], noise = latents(1, labels.length, 3)) => {
      const label = new Tensor("int64", BigInt64Array.from(labels, BigInt), [labels.length]);
      const feeds = { noise: new Tensor("float32", noise, [labels.length, 3]), label };
      return (await session.run(feeds)).samples!.data as Float32Array;
    };
    const each = (labels: readonly number[], count: number) =>
      labels.flatMap((label) => Array<number>(count).fill(label));
    const check = async (file: string, expected: Float32Array) => {
      const found = await values(join(folder, file));
      assert.equal(found.length, expected.length);
      // Other rows in a call may round otherwise; measured 0.
      expected.forEach((value, i) => assert.ok(Math.abs(value - found[i]!) <= 1e-6, `${file} ${i}`));
    };
    // A name comes before a number: class 2 is called 7.
    await check("some.npy", await drawn(each([2, 1], 3)));
    await check("all.npy", await drawn(each([0, 1, 2, 3], 8)));
    await check("ways.npy", await drawn(each([0, 1, 2, 3], 2), latentWays(1, 4, 3, 2)));
    const grid = decodePng(await Deno.readFile(join(folder, "all.png")));
    assert.deepEqual([grid.width, grid.height], [8 * 86 + 2, 4 * 58 + 2]);
  }));

Deno.test("what a person does wrong gets one line and exit code 2", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "runs", "other"));
    await Deno.writeTextFile(join(folder, "runs", "other", "events.jsonl"), toLines([runRecord()]));
    await Deno.writeTextFile(join(folder, "runs", "other", "generator.onnx"), "no model");
    const table: [args: string[], message: string | RegExp][] = [
      [[], "Cannot draw samples: a run is required, found none; give its name, or latest"],
      [["images"], "Cannot draw samples: one of --grid, --folder, --npy and --csv is required, found none"],
      [
        ["young", "--npy", "x"],
        "Cannot draw samples: runs/young/generator.onnx is required, found none; it is written with the first checkpoint",
      ],
      [["other", "--npy", "x"], /^Cannot read ONNX model: /],
      [
        ["vectors", "--folder", "x"],
        "Cannot write a folder of images: samples must be grey or colour images, found shape 6; use --npy",
      ],
      [
        ["images", "--interpolate", "1", "--npy", "x"],
        'Option --interpolate must be an integer from 2 to 1000 (samples): found "1"',
      ],
      [
        ["images", "--class", "7", "--npy", "x"],
        "Cannot draw samples of class 7: a generator that takes labels is required, found one that takes none; train one with --preset cwgan-gp",
      ],
      [
        ["classes", "--class", "cow", "--npy", "x"],
        "Cannot draw samples of class cow: a class of the run is required, found none of that name; the classes are cat, dog, 7, ant",
      ],
      [["images", "--npy", "runs"], /^Cannot write runs: it must be a writable file, found /],
    ];
    for (const [args, message] of table) {
      const { code, stdout, stderr } = await sample(folder, ...args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      if (typeof message === "string") assert.equal(stderr, message + "\n");
      else assert.match(stderr, message);
    }
  }));

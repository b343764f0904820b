/** Numbers of any size train scaled, and come back in their own units: from the options to the samples. */
import assert from "node:assert/strict";
import { Tensor } from "onnxruntime-node";
import { decodeModel } from "../../onnx/codec.ts";
import { decodePng } from "../../pictures/png.ts";
import { latents } from "../../random/latents.ts";
import { seededNumbers } from "../reference/seeded.ts";
import { npyOf } from "../coordinator/data/npy_file.ts";
import { openSession } from "../models/onnx_runtime.ts";
import { npyValues } from "../tasks/small_generator.ts";
import { ofType, recordsOf } from "./log.ts";
import { trainHere } from "./train_here.ts";
import { Workplace } from "./workplace.ts";

const SHORT = ["--batch", "8", "--shards", "4", "--n-critic", "1", "--holdout", "0.2"];

/** Two columns of other sizes and places. */
async function putTable(path: string): Promise<void> {
  const normals = seededNumbers(5, 120, -1.7, 1.7);
  const lines = Array.from(
    { length: 60 },
    (_, i) => `${1e4 + 3e3 * normals[2 * i]!},${0.2 + 0.01 * normals[2 * i + 1]!}`,
  );
  await Deno.writeTextFile(path, `income,rate\n${lines.join("\n")}\n`);
}

Deno.test("--scale: one to four workers, and a resumed run, end with the same bits", async () => {
  await using place = await Workplace.open();
  const data = place.path("t.csv");
  await putTable(data);
  const train = async (out: string, ...args: string[]) =>
    await trainHere(["--data", data, "--scale", "standard", ...SHORT, "--out", place.path(out), ...args]);
  const one = await train("one", "--steps", "6", "--workers", "1");
  const four = await train("four", "--steps", "6", "--workers", "4");
  await train("half", "--steps", "3", "--workers", "2");
  const resumed = await trainHere(["--resume", place.path("half"), "--steps", "6", "--workers", "1"]);
  assert.equal(four.weights_sha256, one.weights_sha256);
  assert.equal(resumed.weights_sha256, one.weights_sha256);
  const [run] = ofType(await recordsOf(place.path("one")), "run");
  assert.equal(run!.data.scale, "standard");
  // As the networks see them: about mean 0 and standard deviation 1.
  assert.ok(Math.abs(run!.data.values!.mean) < 0.2 && Math.abs(run!.data.values!.sd - 1) < 0.2);
  const scaling = JSON.parse(await Deno.readTextFile(place.path("one", "artifacts", "scaling.json")));
  assert.ok(
    Math.abs(scaling.offset[0] - 1e4) < 2e3 && Math.abs(scaling.factor[1] - 0.01) < 0.003,
    JSON.stringify(scaling),
  );
  // The same scaling as a file gives the same bits.
  const file = await trainHere([
    ...["--data", data, "--scale", place.path("one", "artifacts", "scaling.json")],
    ...[...SHORT, "--out", place.path("file"), "--steps", "6"],
  ]);
  assert.equal(file.weights_sha256, one.weights_sha256);
  await Deno.writeTextFile(
    place.path("half", "artifacts", "scaling.json"),
    '{"offset":[0,0],"factor":[1,1]}',
  );
  await assert.rejects(
    trainHere(["--resume", place.path("half"), "--steps", "8"]),
    /artifact .*scaling\.json must have SHA-256/,
  );

  // What the file's graph makes is scaled; samples are not.
  const bytes = await Deno.readFile(place.path("one", "generator.onnx"));
  assert.deepEqual(JSON.parse(decodeModel(bytes).metadata.get("scaling")!), scaling);
  const session = await openSession(bytes);
  const noise = new Tensor("float32", latents(3, 64, 2), [64, 2]);
  const scaled = (await session.run({ noise })).samples!.data as Float32Array;
  const drawn = await place.run("sample", [
    ...[place.path("one"), "--count", "64", "--seed", "3"],
    ...["--npy", "s.npy", "--csv", "s.csv", "--grid", "s.png"],
  ]);
  assert.equal(drawn.code, 0, drawn.stderr);
  const values = await npyValues(place.path("s.npy"));
  const expected = scaled.map((value, i) => scaling.offset[i % 2] + scaling.factor[i % 2] * value);
  assert.deepEqual(values, expected);
  const lines = (await Deno.readTextFile(place.path("s.csv"))).trimEnd().split("\n");
  assert.equal(lines[0], "income,rate");
  assert.deepEqual(
    lines.slice(1).flatMap((line) => line.split(",").map((cell) => Math.fround(Number(cell)))),
    [...values],
  );
  assert.equal(decodePng(await Deno.readFile(place.path("s.png"))).width, 800);
});

Deno.test("--layout: series of channels and images of numbers train, scaled, and are drawn", async () => {
  await using place = await Workplace.open();
  const numbers = Float32Array.from(
    { length: 40 * 6 * 2 },
    (_, i) => i % 2 === 0 ? 1e3 + i % 11 : (i % 7) / 1e3,
  );
  await Deno.writeFile(place.path("x.npy"), npyOf("<f4", [40, 6, 2], new Uint8Array(numbers.buffer)));
  await Deno.writeFile(place.path("y.npy"), npyOf("<f4", [40, 4, 3], new Uint8Array(numbers.buffer)));
  const train = async (data: string, out: string, layout: string) => {
    await trainHere([
      ...["--data", place.path(data), "--layout", layout, "--scale", "minmax", ...SHORT],
      ...["--out", place.path(out), "--steps", "2"],
    ]);
    return ofType(await recordsOf(place.path(out)), "run")[0]!;
  };
  const series = await train("x.npy", "series", "NTC");
  assert.deepEqual([series.config.preset, series.data.example_shape, series.data.axes], [
    "toy-wgan",
    [2, 6],
    "CT",
  ]);
  assert.deepEqual([series.data.values!.min, series.data.values!.max], [-1, 1]);
  const images = await train("y.npy", "images", "NHW");
  assert.deepEqual([images.config.preset, images.data.example_shape, images.data.axes], [
    "wgan",
    [4, 3],
    "HW",
  ]);
  for (const run of ["series", "images"]) {
    const drawn = await place.run("sample", [place.path(run), "--grid", `${run}.png`, "--csv", `${run}.csv`]);
    assert.equal(drawn.code, 0, drawn.stderr);
    const real = decodePng(await Deno.readFile(place.path(run, "samples", "step-000000000.png")));
    assert.ok(new Set(real.data).size > 3, "nothing is drawn");
  }
  const cells = (await Deno.readTextFile(place.path("series.csv"))).split("\n")[1]!.split(",").map(Number);
  assert.ok(Math.abs(cells[0]! - 1005) < 6 && Math.abs(cells[6]!) < 0.01, `${cells}`);
});

Deno.test("--scale is refused for images of bytes, before they are read", async () => {
  await using place = await Workplace.open();
  const { code, stderr } = await place.run("train", [
    "--data",
    place.images,
    "--scale",
    "minmax",
    "--out",
    "x",
  ]);
  assert.equal(code, 2);
  assert.match(
    stderr.replaceAll(/\s+/g, " "),
    /Cannot use --scale minmax: numbers are required, found images of bytes/,
  );
});

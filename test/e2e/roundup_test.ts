/** What a person finds after `deno task train`, and what other tools make of it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { taskCommand } from "../../tasks/task_command.ts";
import { decode } from "fast-png";
import { Tensor } from "onnxruntime-node";
import { decodeModel } from "../../onnx/codec.ts";
import { decodeSafetensors } from "../../common/files/safetensors.ts";
import { sha256 } from "../../common/sha256.ts";
import { fillNormal } from "../../random/philox.ts";
import { SAMPLE_NOISE } from "../../random/sample_noise.ts";
import { checkRecord } from "../../runlog/records.ts";
import { openSession } from "../models/onnx_runtime.ts";
import { ofType, recordsOf } from "./log.ts";
import { SMALL, Workplace } from "./workplace.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const STEPS = 12;
const LATENT = 16;
const SIDE = 6;
/** A picture: two grids of 5 x 5 images, each pixel 14 x 14, gaps of 2; a margin of 16 between the grids. */
const PIXEL = 14;
const CELL = SIDE * PIXEL + 2;
const GRID = 5 * CELL + 2;
const MARGIN = 16;

/** Paths of all files under a folder, sorted. */
async function filesIn(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    paths.push(...isDirectory ? await filesIn(folder, `${prefix}${name}/`) : [`${prefix}${name}`]);
  }
  return paths.sort();
}

/** The tones of the drawn images, from the right one of the two grids in a picture: 25 x SIDE x SIDE. */
function drawnTones(png: Uint8Array): Uint8Array {
  const { width, height, data, channels } = decode(png);
  assert.deepEqual([width, height, channels], [2 * GRID + MARGIN, GRID, 1]);
  const tones = new Uint8Array(25 * SIDE * SIDE);
  tones.forEach((_, i) => {
    const image = Math.floor(i / (SIDE * SIDE));
    const [row, column] = [Math.floor(i / SIDE) % SIDE, i % SIDE];
    const y = 2 + Math.floor(image / 5) * CELL + row * PIXEL;
    const x = GRID + MARGIN + 2 + (image % 5) * CELL + column * PIXEL;
    tones[i] = data[y * width + x]!;
  });
  return tones;
}

/** What generator.onnx draws from the fixed noise of the pictures, read as its metadata say. */
async function generatedTones(file: Uint8Array, seed: number): Promise<Uint8Array> {
  const { metadata } = decodeModel(file);
  assert.equal(metadata.get("example_shape"), `${SIDE},${SIDE}`);
  const [low, high] = metadata.get("value_range")!.split(",").map(Number) as [number, number];
  const noise = new Float32Array(25 * LATENT);
  fillNormal(noise, { seed, purpose: "sample", counter: SAMPLE_NOISE.pictures, shard: 0 });
  const session = await openSession(file);
  const { samples } = await session.run({ noise: new Tensor("float32", noise, [25, LATENT]) });
  assert.deepEqual(samples!.dims, [25, SIDE * SIDE]);
  const values = samples!.data as Float32Array;
  return Uint8Array.from(values, (value) => Math.round(255 * (value - low) / (high - low)));
}

Deno.test("train leaves a run folder in which everything is what it says", async (t) => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const often = ["--sample-every", "5", "--evaluate-every", "5", "--checkpoint-every", "3"];
  const shape = ["--steps", `${STEPS}`, "--batch", "16", "--holdout", "0.1", "--seed", "7", "--workers", "2"];
  const args = ["--data", place.images, ...SMALL, ...often, ...shape, "--out", run];
  const { code, stdout, stderr } = await place.run("train", args);
  assert.deepEqual([code, stdout], [0, ""], stderr);
  assert.match(stderr, new RegExp(`\nFinished at step ${STEPS} after \\d+s `));
  assert.match(stderr, new RegExp(`\n  deno task inspect ${run}\n`));
  const read = (path: string) => Deno.readFile(`${run}/${path}`);
  const records = await recordsOf(run);

  await t.step("the files", async () => {
    const graphs = ["critic_eval", "critic_training", "generator_forward", "generator_training", "sampler"];
    assert.deepEqual(await filesIn(run), [
      "artifacts/artifacts.json",
      ...graphs.map((name) => `artifacts/${name}_model.onnx`),
      ...[6, 9, 12].flatMap((step) =>
        ["json", "safetensors"].map((end) => `checkpoints/step-${`${step}`.padStart(9, "0")}.${end}`)
      ),
      "critic.onnx",
      "events.jsonl",
      "events.series",
      "generator.onnx",
      "lock",
      ...[0, 5, 10, 12].map((step) => `samples/step-${`${step}`.padStart(9, "0")}.png`),
    ]);
  });

  await t.step("the log", async () => {
    const lines = (await Deno.readTextFile(`${run}/events.jsonl`)).trimEnd().split("\n");
    for (const line of lines) assert.ok(typeof checkRecord(JSON.parse(line)) === "object", line);
    assert.deepEqual([records[0]!.type, records.at(-1)!.type], ["run", "end"]);
    const { config } = ofType(records, "run")[0]!;
    assert.deepEqual([config.preset, config.seed, config.steps, config.exact], ["strokes", 7, STEPS, true]);
    assert.deepEqual(
      ofType(records, "step").map(({ step }) => step),
      Array.from({ length: STEPS }, (_, i) => i + 1),
    );
    assert.deepEqual(ofType(records, "sample").map(({ step }) => step), [0, 5, 10, 12]);
    assert.deepEqual(ofType(records, "heldout").map(({ step }) => step), [5, 10]);
    assert.deepEqual(ofType(records, "evaluation").map(({ step }) => step), [0, 5, 10, 12]);
    assert.deepEqual(ofType(records, "fault"), []);
  });

  await t.step("the pictures, and generator.onnx that draws the last of them", async () => {
    const drawn = await Promise.all(
      ofType(records, "sample").map(async ({ file }) => drawnTones(await read(file))),
    );
    assert.deepEqual(await generatedTones(await read("generator.onnx"), 7), drawn.at(-1));
    assert.notDeepEqual(drawn.at(-1), drawn[0]);
  });

  await t.step(
    "the checkpoints: the newest three, the weights by name and as algorithm.md hashes them",
    async () => {
      for (const { file, sha256: recorded, step, weights_sha256 } of ofType(records, "checkpoint")) {
        if (step === 3) continue;
        const bytes = await read(file);
        assert.equal(sha256(bytes), recorded);
        const tensors = [...decodeSafetensors(bytes).tensors];
        const own = tensors.filter(([name]) => !name.startsWith("rmsprop."));
        const parameters = own.map(([name]) => name).filter((name) => !name.includes("running_"));
        const layers = [...[0, 2, 4].map((i) => `critic.${i}`), ...[0, 2, 3, 5].map((i) => `generator.${i}`)];
        assert.deepEqual(parameters, layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]));
        assert.deepEqual(
          tensors.map(([name]) => name).filter((name) => name.startsWith("rmsprop.")),
          parameters.map((name) => `rmsprop.square_average.${name}`),
        );
        const weights = new Blob(own.map(([, { data }]) => data as Float32Array<ArrayBuffer>));
        assert.equal(sha256(await weights.bytes()), weights_sha256);
      }
    },
  );

  await t.step("inspect", async () => {
    const summary = await place.inspect(run);
    const { steps, generator_steps, epoch, bits, examples_used, numeric_classes } = summary;
    assert.deepEqual({ steps, generator_steps, epoch, bits, examples_used }, {
      steps: STEPS,
      generator_steps: STEPS / 2,
      epoch: 2,
      bits: "exact",
      examples_used: 16 * STEPS,
    });
    assert.equal(numeric_classes.length, 1);
    assert.match(summary.weights_sha256!, /^[0-9a-f]{64}$/);
    assert.ok(stderr.includes(`Weights SHA-256 ${summary.weights_sha256} (exact)\n`));
    for (const key of ["loss_critic", "loss_generator", "wasserstein_estimate"] as const) {
      assert.ok(Number.isFinite(summary[key]), key);
    }
    for (const key of ["images_per_second", "seconds"] as const) assert.ok(summary[key]! > 0, key);
    const shards = summary.workers.reduce((sum, { shards_computed }) => sum + shards_computed, 0);
    assert.equal(shards, 4 * (STEPS + STEPS / 2));
    const { stdout } = await place.run("inspect", [run]);
    assert.match(stdout, /Wasserstein estimate/);
  });
});

/** What a task says and ends with. */
async function said(task: string, option: string) {
  const command = new Deno.Command(Deno.execPath(), { args: [...taskCommand(task), option], cwd: ROOT });
  const { code, stdout, stderr } = await command.output();
  const [out, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, complaint: complaint! };
}

/** Old names of tasks: they tell the new one, which their help is of. */
const RENAMED_TASKS: Readonly<Record<string, string>> = { contest: "compare-presets" };

Deno.test("every task has a description and a help with an example, and refuses other options", async () => {
  const config = await Deno.readTextFile(`${ROOT}deno.json`);
  const { tasks } = JSON.parse(config) as { tasks: Record<string, { description?: string } | string> };
  for (const [task, { description = "" }] of Object.entries(tasks) as [string, { description?: string }][]) {
    assert.match(description, /^[A-Z].*[^.]$/, task);
    const [help, refusal] = await Promise.all([said(task, "--help"), said(task, "--no-such-option")]);
    const now = RENAMED_TASKS[task];
    const told = now === undefined
      ? ""
      : `deno task ${task} is now called deno task ${now}; the old name works until 0.3.0\n`;
    assert.deepEqual([help.code, help.complaint], [0, told], task);
    assert.match(help.out, new RegExp(`^Usage: deno task ${now ?? task} .*\\[options\\]$`, "m"));
    assert.match(help.out, /^Options:$|^[A-Z].*:$/m, task);
    assert.match(help.out, /^Examples:\n {2}(?:\S+=\S+ )?deno task /m, task);
    assert.deepEqual([refusal.code, refusal.out], [2, ""], task);
    assert.ok(refusal.complaint.startsWith(told), task);
    assert.match(
      refusal.complaint.slice(told.length),
      /^Unknown option --no-such-option: [^\n]+\n$/,
      task,
    );
  }
});

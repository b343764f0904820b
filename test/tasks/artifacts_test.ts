import assert from "node:assert/strict";
import { join } from "node:path";
import { HelpRequested, parseOptions } from "../../common/cli/cli.ts";
import { givenConfig } from "../../coordinator/config/given_config.ts";
import { TRAIN_OPTIONS } from "../../coordinator/config/options/options.ts";
import { UNWATCHED } from "../../coordinator/data/data_source.ts";
import { prepare } from "../../coordinator/run/prepare.ts";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import { decodeSafetensors } from "../../common/files/safetensors.ts";
import { graphTexts, makeArtifacts, parseArtifactArgs, writeArtifacts } from "../../tasks/artifacts.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { decodeModel, encodeModel } from "../../onnx/codec.ts";
import { modelOf } from "../onnx/fixtures.ts";
import { squareImages } from "../e2e/images.ts";
import { inTempDir } from "../temp_dir.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");
const FILES = new URL("../models/import/files/", import.meta.url).pathname;
const OWN = `--generator ${FILES}drop_generator_script17.onnx --critic ${FILES}drop_critic_dynamo.onnx`;

/** The files that the task writes for these options. */
function filesOf(line: string): Promise<Map<string, Uint8Array>> {
  return makeArtifacts(parseArtifactArgs(words(`${line} --out d`)).request);
}

function manifestOf(files: ReadonlyMap<string, Uint8Array>) {
  return parseManifest(JSON.parse(new TextDecoder().decode(files.get("artifacts.json"))));
}

/** The files that the coordinator puts into the folder of a run with these options of `train`. */
async function filesOfRun(line: string, out: string): Promise<Map<string, Uint8Array>> {
  const command = { name: "train", about: "", options: TRAIN_OPTIONS };
  const given = givenConfig(parseOptions(command, words(line)).given);
  const options = {
    given,
    exact: true,
    out,
    resume: null,
    readable: false,
    now: new Date(0),
    reading: UNWATCHED,
  };
  const { log, folder, lock } = await prepare(options);
  await lock[Symbol.asyncDispose]();
  await log.close();
  const names = Array.from(Deno.readDirSync(folder!.artifacts), ({ name }) => name);
  return new Map(names.map((name) => [name, Deno.readFileSync(join(folder!.artifacts, name))]));
}

/** Options of both, the side of the data, and what `--shape` says where it is not what a preset is for. */
const RUNS: readonly { readonly options: string; readonly side: number; readonly shape?: string }[] = [
  { options: "--preset wgan", side: 28 },
  { options: "--preset wgan --spectral-norm", side: 28 },
  { options: "--preset wgan --dropout 0.3", side: 28 },
  { options: "--preset wgan-gp --penalty 3 --latent 7 --accumulate 2 --seed 5", side: 28 },
  { options: "--preset strokes --spectral-norm --dropout 0.5 --batch 24 --shards 3", side: 16 },
  { options: "--preset strokes --pad-to 20", side: 16 },
  { options: "--preset dcgan --width 8", side: 32 },
  { options: "--preset wgan-dcgan --width 8 --spectral-norm --dropout 0.2", side: 28, shape: "28x28" },
  { options: "--preset wgan-gp-dcgan --width 4 --pad-to 64", side: 28, shape: "28x28" },
  { options: `${OWN} --objective wgan-gp --penalty 2`, side: 8, shape: "8x8" },
  { options: `${OWN} --preset toy-wgan-gp`, side: 8, shape: "8x8" },
  { options: `${OWN} --pad-to 8`, side: 6, shape: "6x6" },
];

for (const { options, side, shape } of RUNS) {
  const line = options.replaceAll(FILES, "");
  Deno.test(`artifacts task: the same files as a run of ${line} on ${side} x ${side}`, async () => {
    await inTempDir(async (dir) => {
      const data = join(dir, "images-idx3-ubyte");
      await Deno.writeFile(data, squareImages(256, side));
      const run = await filesOfRun(`${options} --data ${data}`, join(dir, "run"));
      const files = await filesOf(shape ? `${options} --shape ${shape}` : options);
      const checkpoint = files.get("checkpoint.safetensors");
      files.delete("checkpoint.safetensors");
      // Only a run of own networks keeps its first weights, which its files may no longer have.
      const initial = run.get("initial.safetensors");
      run.delete("initial.safetensors");
      assert.deepEqual([...files.keys()].sort(), [...run.keys()].sort());
      for (const [name, bytes] of files) assert.deepEqual(bytes, run.get(name), name);
      if (options.includes(OWN)) assert.deepEqual(checkpoint, initial);
    });
  });
}

Deno.test("artifacts task: the same files as a run on points, whose number makes the length of the noise", async () => {
  await inTempDir(async (dir) => {
    const data = join(dir, "points.csv");
    await Deno.writeTextFile(data, Array.from({ length: 256 }, (_, i) => `${i / 256},0,1\n`).join(""));
    const options = "--preset toy-wgan-gp --spectral-norm";
    const run = await filesOfRun(`${options} --data ${data}`, join(dir, "run"));
    const files = await filesOf(`${options} --shape 3`);
    assert.equal(manifestOf(files).latent, 3);
    for (const [name, bytes] of run) assert.deepEqual(files.get(name), bytes, name);
  });
});

Deno.test("artifacts task: each option for networks is in the graphs", async () => {
  const plain = manifestOf(await filesOf("--preset dcgan --width 8"));
  const ratios = ({ graphs }: typeof plain) =>
    graphs.critic_training_model.inputs.flatMap(({ ratio }) => ratio ?? []);
  assert.deepEqual([plain.spectral_norm, ratios(plain), plain.micro_batch], [undefined, [], 16]);
  const normalised = manifestOf(await filesOf("--preset dcgan --width 8 --spectral-norm --accumulate 2"));
  assert.equal(normalised.spectral_norm!.length, 4);
  assert.deepEqual([normalised.micro_batch, normalised.accumulate], [8, 2]);
  const dropping = manifestOf(await filesOf("--preset dcgan --width 8 --dropout 0.25 --micro-batch 3"));
  assert.deepEqual([new Set(ratios(dropping)), dropping.micro_batch], [new Set([0.25]), 3]);
  const wide = manifestOf(await filesOf("--preset dcgan --width 16"));
  assert.ok(wide.layouts.critic.size > 3 * plain.layouts.critic.size);
});

const PRESET_NAMES = Object.keys(PRESETS).join(", ");
const REFUSED: [string, string][] = [
  ["", `Option --preset must be one of ${PRESET_NAMES}, found none`],
  ["--preset toString --out d", `Option --preset must be one of ${PRESET_NAMES}: found "toString"`],
  ["--preset wgan", "Option --out must name the folder to write to, found none"],
  ["--preset wgan --out d --latent 0", 'Option --latent must be an integer from 1 to 65536: found "0"'],
  [
    "--preset wgan --out d --seed=-1",
    'Option --seed must be an integer from 0 to 9007199254740991: found "-1"',
  ],
  [
    "--preset wgan --out d --shape 1e3",
    "Option --shape must be up to three whole numbers, as in 3x64x64, found 1e3",
  ],
  [
    "--preset wgan --out d --micro-batch 8 --shards 2",
    "Option --micro-batch must not be given with --shards, which it replaces: found 8 and 2; leave one out",
  ],
  [
    "--generator g.onnx --out d",
    "Cannot use own networks: --generator and --critic must be given together, found only --generator",
  ],
  [
    "--preset wgan --trainable critic.* --out d",
    "Cannot use --trainable alone: it is for own networks, with --generator and --critic; a preset has its own, " +
    "see --preset",
  ],
  ["--bogus", "Unknown option --bogus: see deno task artifacts --help"],
];

for (const [line, message] of REFUSED) {
  Deno.test(`artifacts task: refuses "${line}"`, () => {
    assert.throws(() => parseArtifactArgs(words(line)), { name: "UserError", message });
  });
}

const NO_RUN: [string, string][] = [
  [
    "--preset toy-wgan --shape 3x4",
    "Option --shape must be one number for toy-wgan, whose networks take points, found 3x4",
  ],
  [
    "--preset dcgan --shape 32x80",
    "Option --shape must be rows and columns of at most 64 for dcgan, whose networks take images, found 32x80",
  ],
  [
    "--preset dcgan --shape 784",
    "Option --shape must be rows and columns of at most 64 for dcgan, whose networks take images, found 784",
  ],
  [
    "--preset wgan --width 8",
    "Cannot use --width: convolutional networks are required, found preset wgan; use --preset wgan-dcgan, or " +
    "leave it out",
  ],
  [
    "--preset wgan --batch 10",
    "Cannot plan shards: --batch must be a multiple of --shards 4, found 10; use --batch 8 or 12",
  ],
  [
    "--preset wgan --micro-batch 1",
    "Cannot build artifacts: a shard's micro-batch must be at least 2 examples for batch normalisation, found 1",
  ],
  [
    "--preset wgan --shape 3x65536x65536",
    "Cannot build artifacts: each value must fit into 16 GiB, found float32[32,12884901888] written by node " +
    "concat_0 (Concat) of critic_training_model; use smaller images, more --shards, a larger --accumulate, or a " +
    "smaller network",
  ],
  [
    `${OWN} --spectral-norm`,
    "Cannot use --spectral-norm with your own networks: it applies to the networks of presets; leave it out, or build it into " +
    "the files",
  ],
];

for (const [line, message] of NO_RUN) {
  Deno.test(`artifacts task: refuses what no run can be: ${line.replaceAll(FILES, "")}`, async () => {
    await assert.rejects(filesOf(line), { name: "UserError", message });
  });
}

Deno.test("artifacts task: help names its options, and none that changes no graph", () => {
  assert.throws(() => parseArtifactArgs(["--help"]), (error: Error) => {
    assert.ok(error instanceof HelpRequested);
    for (const name of ["out", "shape", "micro-batch", "spectral-norm", "dropout", "width", "penalty"]) {
      assert.match(error.message, new RegExp(`^  --${name} ?`, "m"));
    }
    assert.doesNotMatch(error.message, /^ {2}--(clip|lr|steps|data)\b/m);
    return true;
  });
});

Deno.test("artifacts task: the folder holds graphs, a manifest and the initial weights, the same each time", async () => {
  const line = "--preset toy-wgan --spectral-norm --micro-batch 8";
  const files = await filesOf(line);
  assert.deepEqual(files, await filesOf(line));
  await inTempDir(async (dir) => {
    await writeArtifacts(join(dir, "new"), files);
    const manifest = parseManifest(JSON.parse(await Deno.readTextFile(join(dir, "new", "artifacts.json"))));
    for (const { file, bytes } of Object.values(manifest.graphs)) {
      assert.equal((await Deno.stat(join(dir, "new", file))).size, bytes);
    }
    const { tensors } = decodeSafetensors(await Deno.readFile(join(dir, "new", "checkpoint.safetensors")));
    const { critic, generator, statistics } = manifest.layouts;
    const slots = [...critic.slots, ...generator.slots, ...statistics.slots];
    assert.deepEqual(
      [...tensors].map(([name, { shape }]) => ({ name, shape })),
      slots.map(({ name, shape }) => ({ name, shape })),
    );
    await assert.rejects(writeArtifacts(join(dir, "new", "artifacts.json"), files), {
      name: "UserError",
      message: /^Cannot write artifacts into .*artifacts\.json: it must be a folder that can be written, .*;/,
    });
  });
});

Deno.test("artifacts task: --text writes a line for each input, constant, node and output of each graph", async () => {
  assert.equal(parseArtifactArgs(words("--preset toy-wgan --out d --text")).as_text, true);
  assert.equal(parseArtifactArgs(words("--preset toy-wgan --out d")).as_text, false);
  const files = await filesOf("--preset toy-wgan --micro-batch 8");
  const { graphs } = manifestOf(files);
  const texts = graphTexts(files);
  assert.deepEqual([...texts.keys()].sort(), Object.keys(graphs).map((name) => `${name}.txt`).sort());
  for (const [name, { file, inputs }] of Object.entries(graphs)) {
    const lines = new TextDecoder().decode(texts.get(`${name}.txt`)!).trimEnd().split("\n");
    const { graph } = decodeModel(files.get(file)!);
    assert.equal(lines[0], `graph ${graph.name}`);
    const read = lines.filter((line) => line.startsWith("input ")).map((line) => line.slice(6).split(":")[0]);
    assert.deepEqual(read, inputs.map((input) => input.name));
    const num_parts = graph.inputs.length + graph.initializers.size + graph.nodes.length +
      graph.outputs.length;
    assert.equal(lines.length, 1 + num_parts);
  }
  const critic = new TextDecoder().decode(texts.get("critic_eval_model.txt")!);
  assert.match(critic, /^input real: float32\[N,2\]$/m);
  assert.match(critic, /^gemm_0: float32\[128,N\] = Gemm\(critic\.0\.weight, real, unsqueeze_0\) transB=1$/m);
});

Deno.test("artifacts task: what the names of a file hold does not reach the terminal", () => {
  const b = new GraphBuilder("wipes \x1b[2J");
  b.output(b.op("Relu", [b.input("x", "float32", [1])]), "y");
  const texts = graphTexts(new Map([["a.onnx", encodeModel(modelOf(b.build()))]]));
  const text = new TextDecoder().decode(texts.get("a.txt")!);
  assert.match(text, /^graph wipes .*\[2J$/m);
  assert.ok(!text.includes("\x1b"));
});

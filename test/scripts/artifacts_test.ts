import assert from "node:assert/strict";
import { join } from "node:path";
import { PRESETS } from "../../coordinator/presets.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import { decodeSafetensors } from "../../models/safetensors.ts";
import { makeArtifacts, parseArtifactArgs, writeArtifacts } from "../../scripts/artifacts.ts";

Deno.test("artifacts task: defaults come from the preset", () => {
  assert.deepEqual(parseArtifactArgs(["--preset", "wgan", "--out", "dir"]), {
    out: "dir",
    request: { preset: "wgan", example_shape: [28, 28], micro_batch: 16, latent: 100, seed: 1 },
  });
  assert.deepEqual(
    parseArtifactArgs("--preset toy-wgan --out d --micro-batch 8 --latent 3 --seed 9".split(" ")),
    { out: "d", request: { preset: "toy-wgan", example_shape: [2], micro_batch: 8, latent: 3, seed: 9 } },
  );
  assert.equal(parseArtifactArgs(["--help"]), null);
});

const PRESET_NAMES = Object.keys(PRESETS).join(", ");
const REFUSED: [string, string][] = [
  ["", `Option --preset must be one of ${PRESET_NAMES}, found none`],
  ["--preset toString --out d", `Option --preset must be one of ${PRESET_NAMES}, found toString`],
  ["--preset wgan", "Option --out must name the folder to write into, found none"],
  ["--preset wgan --out d --latent 0", "Option --latent must be a whole number of at least 1, found 0"],
  ["--preset wgan --out d --seed=-1", "Option --seed must be a whole number of at least 0, found -1"],
  [
    "--preset wgan --out d --shape 1e3",
    "Option --shape must be up to three whole numbers, as in 3x64x64, found 1e3",
  ],
];

for (const [line, message] of REFUSED) {
  Deno.test(`artifacts task: refuses "${line}"`, () => {
    const args = line.split(" ").filter((word) => word !== "");
    assert.throws(() => parseArtifactArgs(args), { name: "UserError", message });
  });
}

Deno.test("artifacts task: refuses an unknown option and networks that are not for the examples", async () => {
  assert.throws(() => parseArtifactArgs(["--bogus"]), {
    name: "UserError",
    message: /^Cannot read the command line: Unknown option '--bogus'.*; see --help$/,
  });
  const request = { micro_batch: 8, latent: 2, seed: 1 } as const;
  await assert.rejects(makeArtifacts({ ...request, preset: "toy-wgan", example_shape: [3, 4] }), {
    name: "UserError",
    message: "Option --shape must be one number for toy-wgan, whose networks take points, found 3x4",
  });
  await assert.rejects(makeArtifacts({ ...request, preset: "dcgan", example_shape: [32, 40] }), {
    name: "UserError",
    message: "Option --shape must be of 1024 numbers for dcgan, found 32x40",
  });
});

Deno.test("artifacts task: the folder holds graphs, a manifest and the initial weights, the same each time", async () => {
  const request = { preset: "toy-wgan", example_shape: [2], micro_batch: 8, latent: 2, seed: 1 } as const;
  const files = await makeArtifacts(request);
  assert.deepEqual(files, await makeArtifacts(request));
  const dir = await Deno.makeTempDir();
  try {
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
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/**
 * Every preset trains to the same weights by two workers, and by one from the middle on. In one process, by real workers
 * and run folders: that processes change no bit is same_bits_test.ts's, resume_test.ts's and own_networks_test.ts's.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PresetName } from "../../coordinator/config/presets.ts";
import type { RunSettings } from "../../library/settings.ts";
import { npyOf } from "../coordinator/data/npy_file.ts";
import { train } from "../../library/train.ts";
import type { Networks } from "../../models/nets/networks.ts";
import { putFewPoints } from "../library/few_points.ts";
import { inTempDir } from "../temp_dir.ts";
import { tinyImages } from "./images.ts";
import { ofType, recordsOf } from "./log.ts";
import { summaryOf } from "./train_here.ts";

/** Few steps, and two generator steps among them. */
const STEPS = 4;
const HALF = 2;

interface Case {
  readonly preset: PresetName;
  readonly settings: RunSettings;
  /** True if the data are points of the plane. */
  readonly plane?: true;
  /** What stands for the distance of real and fake. */
  readonly estimates_distance: boolean;
}

const IMAGES: RunSettings = { batch: 16, n_critic: 2 };
const PLANE: RunSettings = { batch: 32, n_critic: 2 };
/** Images of 6 x 6 with a border: 32 x 32. Narrow, since the whole width has its goldens. */
const BORDERED: RunSettings = { batch: 8, n_critic: 2, holdout: 0.1, width: 8 };

/** 64 series of 19 values; resolves to the file's path. */
async function seriesIn(folder: string): Promise<string> {
  const values = Float32Array.from({ length: 64 * 19 }, (_, i) => Math.sin(i));
  const path = join(folder, "series.npy");
  await Deno.writeFile(path, npyOf("<f4", [64, 19], new Uint8Array(values.buffer)));
  return path;
}

/** Names and numbers of 40 rows. */
const TABLE: RunSettings = { batch: 16, n_critic: 2, holdout: 0.1, pac: 2 };
/** Each of these presets once, with options that go together: each option by networks of layers, of convolutions and of residuals. */
const CASES: readonly Case[] = [
  { preset: "wgan", settings: IMAGES, estimates_distance: true },
  { preset: "strokes", settings: { ...IMAGES, accumulate: 2, flip: true }, estimates_distance: true },
  { preset: "gan", settings: IMAGES, estimates_distance: false },
  {
    preset: "wgan-gp",
    settings: { ...IMAGES, spectral_norm: true, dropout: 0.3, accumulate: 2, augment: "translation,cutout" },
    estimates_distance: true,
  },
  { preset: "wgan-dcgan", settings: BORDERED, estimates_distance: true },
  { preset: "dcgan", settings: { ...BORDERED, spectral_norm: true, pac: 2 }, estimates_distance: false },
  { preset: "wgan-gp-dcgan", settings: BORDERED, estimates_distance: true },
  { preset: "wgan-gp-resnet", settings: { ...BORDERED, width: 2, dropout: 0.3 }, estimates_distance: true },
  {
    preset: "sngan",
    settings: {
      ...BORDERED,
      width: 2,
      lazy_penalty: 2,
      r1: 1,
      attention: 8,
      augment: "color,translation,cutout",
    },
    estimates_distance: false,
  },
  { preset: "r3gan-lite", settings: { ...BORDERED, width: 2, flip: true }, estimates_distance: false },
  { preset: "series-wgan-gp", settings: { batch: 8, n_critic: 2, width: 2 }, estimates_distance: true },
  { preset: "toy-r3gan", settings: PLANE, plane: true, estimates_distance: false },
  { preset: "table-wgan-gp", settings: TABLE, estimates_distance: true },
  { preset: "toy-gan", settings: PLANE, plane: true, estimates_distance: false },
  { preset: "toy-wgan-gp", settings: PLANE, plane: true, estimates_distance: true },
];

function tinyTable(): Uint8Array {
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${i * 7 % 13},${["red", "blue", "old"][i % 3]},${i * 5 % 11 / 4}`,
  );
  return new TextEncoder().encode(`age,kind,size\n${rows.join("\n")}\n`);
}

for (const { preset, settings, plane, estimates_distance } of CASES) {
  const options = [["dropout", "dropout"], ["spectral_norm", "spectral norms"]] as const;
  const named = options.filter(([option]) => settings[option] !== undefined).map(([, name]) => name);
  const with_options = named.length === 0 ? "" : ` with ${named.join(" and ")}`;
  Deno.test(`preset ${preset}${with_options}: two workers, and one that goes on from the middle, train the same weights`, () =>
    inTempDir(async (folder) => {
      const images = join(folder, settings === TABLE ? "table.csv" : "images-idx3-ubyte"),
        out = join(folder, "run");
      await Deno.writeFile(images, settings === TABLE ? tinyTable() : tinyImages());
      const length: RunSettings = { steps: STEPS, sample_every: 0 };
      const data = plane
        ? await putFewPoints(folder)
        : preset === "series-wgan-gp"
        ? await seriesIn(folder)
        : images;
      await train({ preset, data, ...settings, ...length, checkpoint_every: HALF, out, workers: 2 });
      const two = await summaryOf(out);
      // As if it had been killed before its end.
      const last = two.checkpoints.at(-1)!;
      assert.equal(last.step, STEPS);
      await Deno.remove(join(out, last.file.replace(/safetensors$/, "json")));
      await train({ resume: out, ...length, workers: 1 });
      const one = await summaryOf(out);
      assert.deepEqual(ofType(await recordsOf(out), "resume").map(({ step }) => step), [HALF]);

      assert.deepEqual([one.state, one.steps, one.generator_steps], ["finished", STEPS, STEPS / 2]);
      assert.equal(two.weights_sha256, one.weights_sha256);
      assert.deepEqual([one.bits, one.incarnations, two.incarnations], ["exact", 2, 1]);
      assert.ok(two.workers.every(({ shards_computed }) => shards_computed > 0));
      if (settings.spectral_norm) {
        const { critic } = one.config.networks as Networks;
        assert.equal(one.config.clip, null);
        assert.ok(!("batch_norm" in critic) || !critic.batch_norm);
      }
      if (settings === BORDERED) {
        assert.deepEqual([one.config.pad_to, one.data.example_shape], [32, [32, 32]]);
      }
      assert.equal(one.wasserstein_estimate !== null, estimates_distance);
      assert.equal(one.wasserstein_estimate ?? one.score_gap, one.score_gap);
    }));
}

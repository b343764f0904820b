/** Every preset trains with real processes: the same weights by two workers, and by one from the middle on. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PresetName } from "../../coordinator/config/presets.ts";
import type { Networks } from "../../models/nets/networks.ts";
import { Workplace } from "./workplace.ts";

/** Few steps, and two generator steps among them. */
const STEPS = 6;
const HALF = 3;

interface Case {
  readonly preset: PresetName;
  readonly args: readonly string[];
  /** What stands for the distance of real and fake. */
  readonly estimates_distance: boolean;
}

const IMAGES = ["--batch", "16", "--n-critic", "2"];
const PLANE = ["--dataset", "8gaussians", "--batch", "32", "--n-critic", "2"];
/** Images of 6 x 6 with a border: 32 x 32. Narrow, since the whole width has its goldens. */
const BORDERED = ["--batch", "8", "--n-critic", "2", "--holdout", "0.1", "--width", "8"];
const CASES: readonly Case[] = [
  { preset: "wgan", args: IMAGES, estimates_distance: true },
  { preset: "strokes", args: [...IMAGES, "--accumulate", "2"], estimates_distance: true },
  { preset: "gan", args: IMAGES, estimates_distance: false },
  { preset: "wgan-gp", args: IMAGES, estimates_distance: true },
  { preset: "wgan-gp", args: [...IMAGES, "--dropout", "0.3", "--accumulate", "2"], estimates_distance: true },
  { preset: "wgan", args: [...IMAGES, "--spectral-norm"], estimates_distance: true },
  {
    preset: "wgan-gp",
    args: [...IMAGES, "--spectral-norm", "--dropout", "0.3", "--accumulate", "2"],
    estimates_distance: true,
  },
  { preset: "dcgan", args: [...BORDERED, "--spectral-norm"], estimates_distance: false },
  { preset: "wgan-dcgan", args: BORDERED, estimates_distance: true },
  { preset: "dcgan", args: BORDERED, estimates_distance: false },
  { preset: "wgan-gp-dcgan", args: BORDERED, estimates_distance: true },
  { preset: "toy-gan", args: PLANE, estimates_distance: false },
  { preset: "toy-wgan-gp", args: PLANE, estimates_distance: true },
];

for (const { preset, args, estimates_distance } of CASES) {
  const options = [["--dropout", "dropout"], ["--spectral-norm", "spectral norms"]] as const;
  const named = options.filter(([option]) => args.includes(option)).map(([, name]) => name);
  const with_options = named.length === 0 ? "" : ` with ${named.join(" and ")}`;
  Deno.test(`preset ${preset}${with_options}: two workers, and one that goes on from the middle, train the same weights`, async () => {
    await using place = await Workplace.open();
    const data = args.includes("--dataset") ? [] : ["--data", place.images];
    const out = place.path("run");
    const train = async (options: readonly string[], workers: number) => {
      const { code, stderr } = await place.run("train", [
        ...options,
        ...["--workers", `${workers}`, "--steps", `${STEPS}`, "--sample-every", "0"],
      ]);
      assert.equal(code, 0, stderr);
      return { ...await place.inspect(out), said: stderr };
    };
    const kept = ["--checkpoint-every", `${HALF}`];
    const two = await train(["--preset", preset, ...data, ...args, ...kept, "--out", out], 2);
    // As if it had been killed before its end.
    const last = two.checkpoints.at(-1)!;
    assert.equal(last.step, STEPS);
    await Deno.remove(join(out, last.file.replace(/safetensors$/, "json")));
    const one = await train(["--resume", out], 1);
    assert.match(one.said, new RegExp(`Resuming at step ${HALF} from checkpoint`));

    assert.deepEqual([one.state, one.steps, one.generator_steps], ["finished", STEPS, STEPS / 2]);
    assert.equal(two.weights_sha256, one.weights_sha256);
    assert.deepEqual([one.bits, one.incarnations, two.incarnations], ["exact", 2, 1]);
    assert.ok(two.workers.every(({ shards_computed }) => shards_computed > 0));
    if (args.includes("--spectral-norm")) {
      assert.equal(one.config.clip, null);
      assert.equal((one.config.networks as Networks).critic.batch_norm, false);
    }
    if (args === BORDERED) assert.deepEqual([one.config.pad_to, one.data.example_shape], [32, [32, 32]]);
    assert.equal(one.wasserstein_estimate !== null, estimates_distance);
    assert.equal(one.wasserstein_estimate ?? one.score_gap, one.score_gap);
  });
}

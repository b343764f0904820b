/** The best checkpoint (--keep-best): it stays, its generator is written, and the run's bits do not depend on it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sha256 } from "../../common/sha256.ts";
import { Generator } from "../../library/generator.ts";
import { inTempDir } from "../temp_dir.ts";
import { trainHere } from "./train_here.ts";

/** Its samples are best in the middle: the learning rate is far too high. */
const RUN = [
  ...["--dataset", "8gaussians", "--batch", "16", "--lr", "2e-2", "--sample-every", "0"],
  ...["--evaluate-every", "10", "--checkpoint-every", "5"],
];

Deno.test("the best checkpoint stays beside the newest, through a resume too, and no bit depends on it", () =>
  inTempDir(async (folder) => {
    const kept = join(folder, "kept");
    const first = await trainHere([...RUN, "--keep-best", "swd", "--steps", "30", "--out", kept]);
    const { best, checkpoints, weights_sha256 } = await trainHere([
      ...["--resume", kept, "--steps", "60"],
    ]);
    const plain = await trainHere([...RUN, "--steps", "60", "--out", join(folder, "plain")]);
    assert.deepEqual([weights_sha256, plain.best], [plain.weights_sha256, null]);
    const values = plain.evaluations.filter(({ step }) => step > 0).map((one) => one.sliced_wasserstein);
    const least = Math.min(...values), step = 10 * (1 + values.indexOf(least));
    // Before the newest three, and after what the first start had.
    assert.ok(step < 50 && step > 30, `best at step ${step}`);
    assert.equal(first.best!.value, Math.min(...values.slice(0, 3)));
    assert.deepEqual([best!.step, best!.value, best!.measure], [step, least, "sliced_wasserstein"]);
    const { sha256: required } = checkpoints.findLast((one) => one.step === step)!;
    assert.equal(sha256(await Deno.readFile(join(kept, best!.file))), required);
    const names = await Array.fromAsync(Deno.readDir(join(kept, "checkpoints")), ({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.endsWith(".json")).map((name) => Number(name.match(/\d+/))).sort(),
      [step, 50, 55, 60],
    );
    const generator = await Generator.open(join(kept, best!.generator));
    assert.deepEqual(generator.example_shape, [2]);
    const [good, last] = await Promise.all(
      [best!.generator, "generator.onnx"].map((name) => Deno.readFile(join(kept, name))),
    );
    assert.notDeepEqual(good, last);
  }));

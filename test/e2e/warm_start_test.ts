/** Runs that begin with the weights of another run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeSafetensors } from "../../common/files/safetensors.ts";
import { putFewPoints } from "../library/few_points.ts";
import { inTempDir } from "../temp_dir.ts";
import { trainHere } from "./train_here.ts";

const SHORT = ["--preset", "toy-gan", "--batch", "16", "--sample-every", "0", "--steps", "3"];

async function tensorsOf(file: string) {
  return decodeSafetensors(new Uint8Array(await Deno.readFile(file))).tensors;
}

Deno.test("--warm-start: a run begins with the weights of another one, with the same bits for any workers", () =>
  inTempDir(async (folder) => {
    const run = ["--data", await putFewPoints(folder), ...SHORT];
    const first = join(folder, "first"),
      checkpoint = join(first, "checkpoints", "step-000000003.safetensors");
    await trainHere([...run, "--out", first]);
    const trained = await tensorsOf(checkpoint);
    const warm = async (name: string, wanted: string, ...more: string[]) => {
      const out = join(folder, name);
      return await trainHere([...run, "--out", out, "--seed", "9", "--warm-start", wanted, ...more]);
    };
    const one = await warm("one", first);
    const initial = await tensorsOf(join(folder, "one", "artifacts", "initial.safetensors"));
    assert.ok(initial.size > 0);
    for (const [name, { data }] of initial) assert.deepEqual(data, trained.get(name)!.data, name);
    assert.equal(one.config.warm_start, first);

    const three = await warm("three", checkpoint, "--workers", "3");
    assert.equal(one.weights_sha256, three.weights_sha256);
    const cold = await trainHere([...run, "--seed", "9", "--out", join(folder, "cold")]);
    assert.notEqual(cold.weights_sha256, one.weights_sha256);
    // Without a checkpoint of its own, it begins with the same weights again, though the other run is gone.
    await Deno.remove(first, { recursive: true });
    await Deno.remove(join(folder, "one", "checkpoints"), { recursive: true });
    await Deno.mkdir(join(folder, "one", "checkpoints"));
    const again = await trainHere(["--resume", join(folder, "one")]);
    assert.equal(again.weights_sha256, one.weights_sha256);

    const other = [...run, "--preset", "toy-r3gan", "--latent", "5", "--out", join(folder, "other")];
    await assert.rejects(trainHere([...other, "--warm-start", join(folder, "three")]), {
      name: "UserError",
      message: new RegExp(
        "^Cannot start from the weights of .*three: a checkpoint of the same networks is required, found Cannot read " +
          "initial weights: generator\\.0\\.weight must have 640 elements, found 256; check --warm-start, ",
      ),
    });
  }));

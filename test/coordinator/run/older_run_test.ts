/**
 * A run folder of commit fe127ed (run format 2, checkpoints of format 1) opens, and goes on to the bits that fe127ed
 * itself goes on to. Made there, of test/models/import/files/mlp_*_script13.onnx as generator.onnx and critic.onnx:
 *
 *     deno task train --generator generator.onnx --critic critic.onnx --objective wgan --data images-idx3-ubyte \
 *       --batch 16 --n-critic 2 --sample-every 0 --evaluate-every 0 --workers 1 --checkpoint-every 2 --steps 4
 *
 * and the weights of six steps by the same with --steps 6. Its pictures, its generator and its first checkpoint are left
 * out. Files by path, in base64: what hashes them must find each byte.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { summaryOf, trainHere } from "../../e2e/train_here.ts";
import { inTempDir } from "../../temp_dir.ts";
import files from "./goldens/run-of-fe127ed.json" with { type: "json" };

const AFTER_SIX_STEPS = "e3812cd82de48f54ae08485dfaf20a0b3a372bee6cc6d246db4e78a3466e5308";

Deno.test("a run folder of fe127ed opens and resumes to the same bits", () =>
  inTempDir(async (folder) => {
    const run = join(folder, "run");
    for (const [path, bytes] of Object.entries(files)) {
      await Deno.mkdir(join(run, dirname(path)), { recursive: true });
      await Deno.writeFile(join(run, path), Uint8Array.fromBase64(bytes));
    }
    const before = await summaryOf(run);
    assert.deepEqual([before.state, before.steps, before.incarnations], ["finished", 4, 1]);
    assert.deepEqual([before.log.bad_lines, before.log.unknown_records, before.log.cut_off], [0, 0, false]);
    const data = join(run, "images-idx3-ubyte");
    const after = await trainHere(["--resume", run, "--data", data, "--steps", "6", "--no-exact"]);
    assert.deepEqual([after.state, after.steps, after.incarnations], ["finished", 6, 2]);
    // A processor of another numeric class rounds otherwise.
    const is_same = after.numeric_classes.length === 1;
    if (is_same) assert.equal(after.weights_sha256, AFTER_SIX_STEPS);
    else assert.notEqual(after.weights_sha256, before.weights_sha256);
  }));

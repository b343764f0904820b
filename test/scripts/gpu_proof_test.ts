import assert from "node:assert/strict";
import { describeProof, proofOf } from "../../scripts/gpu_proof.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { taskCommand } from "../../tasks/task_command.ts";
import { inTempDir } from "../temp_dir.ts";

/** What a proof reads of a run. */
function run(weights_sha256: string, loss_critic: number, provider: string): Summary {
  return {
    weights_sha256,
    loss_critic,
    images_per_second: 99.6,
    workers: [{ provider }],
  } as unknown as Summary;
}

Deno.test("a proof compares one worker with two, and the device with the processor", () => {
  const one = run("a", -0.11, "cuda:0"), cpu = run("c", -0.1, "cpu");
  const proof = proofOf("wgan", { one, two: run("b", -0.11, "cuda:0"), cpu });
  assert.equal(
    describeProof(proof),
    "wgan on cuda:0: other bits with two workers; critic loss off by 1.0e-1 of the processor's; " +
      "100 images/s, processor 100",
  );
  assert.ok(proofOf("wgan", { one, two: run("a", 5, "cuda:0"), cpu }).same_bits);
});

Deno.test("gpu-proof trains, and says what it found; of the processor the same bits", () =>
  inTempDir(async (out) => {
    const args = [
      ...taskCommand("gpu-proof"),
      "--cpu",
      "--presets",
      "toy-wgan",
      "--steps",
      "2",
      "--out",
      out,
    ];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const text = new TextDecoder();
    assert.equal(text.decode(stderr), "");
    assert.match(
      text.decode(stdout),
      /^toy-wgan on cpu: the same bits with two workers; critic loss off by 0\.0e\+0 of the processor's; \d+ images\/s, processor \d+\n$/,
    );
    assert.equal(code, 0);
  }));

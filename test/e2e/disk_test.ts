/** A disk that is full: one line, exit code 2, and the last good checkpoint goes on to the same bits. */
import assert from "node:assert/strict";
import { taskArgs } from "./child.ts";
import { Workplace } from "./workplace.ts";

const SHAPE = ["--shards", "2", "--batch", "8", "--checkpoint-every", "10"];
const BLOCK_BYTES = 512;

/** A command whose files cannot grow beyond a size, as on a full disk. */
function limited(bytes: number, command: readonly string[]): string[] {
  const script = `trap '' XFSZ; ulimit -f ${Math.floor(bytes / BLOCK_BYTES)}; exec "$@"`;
  return ["sh", "-c", script, "sh", ...command];
}

const resumeArgs = (run: string) => ["--resume", run, "--steps", "40", "--workers", "1"];

/** Resumes the run where no file can be larger; returns what is said of it, and the exit code. */
async function resumeLimited(place: Workplace, run: string, max_bytes: number): Promise<[number, string]> {
  const command = [Deno.execPath(), ...taskArgs("train"), ...resumeArgs(run)];
  const { code, stderr } = await place.startCommand(limited(max_bytes, command), "train with a full disk")
    .end();
  assert.doesNotMatch(stderr, /\n\s+at |fault in wagon/);
  return [code, stderr.trimEnd().split("\n").at(-1)!];
}

Deno.test("a full disk stops the run in one line; what was saved goes on to the same bits", async () => {
  await using place = await Workplace.open();
  const [run, whole] = [place.path("run"), place.path("whole")];
  const { weights_sha256 } = await place.train(whole, [...SHAPE, "--steps", "40"]);
  await place.train(run, [...SHAPE, "--steps", "20"]);
  const saved = `${run}/checkpoints/step-000000020.safetensors`;
  const { size } = await Deno.stat(saved);
  const stays = "The last checkpoint is kept: fix this, then continue with --resume";

  // No room for a checkpoint; the log can be written.
  assert.deepEqual(await resumeLimited(place, run, size - 1000), [
    2,
    `Cannot write ${run}/checkpoints/step-000000030.safetensors: File too large (os error 27). ${stays}. Run folder: ${run}`,
  ]);
  // No room for the log, and so none for its last record.
  const log = `${run}/events.jsonl`;
  const filler = JSON.stringify({ type: "a type of a later version", text: "x".repeat(size) });
  await Deno.writeTextFile(log, `${filler}\n`, { append: true });
  assert.deepEqual(await resumeLimited(place, run, (await Deno.stat(log)).size + 1000), [
    2,
    `Cannot write ${log}: File too large (os error 27). ${stays}`,
  ]);

  const { code, stderr } = await place.run("train", resumeArgs(run));
  assert.equal(code, 0, stderr);
  const resumed = await place.inspect(run);
  assert.deepEqual([resumed.steps, resumed.weights_sha256], [40, weights_sha256]);
});

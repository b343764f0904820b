/** Whoever reads the console may end, or have no room: the run goes on, and says so in its log. */
import assert from "node:assert/strict";
import { taskArgs } from "./child.ts";
import { within } from "./child.ts";
import { recordsOf } from "./log.ts";
import { SMALL, Workplace } from "./workplace.ts";

const RUN = [...SMALL, "--shards", "2", "--batch", "16", "--steps", "400", "--workers", "1"];

/** What the log says of its console, and how the run ended. */
async function told(run: string): Promise<{ faults: unknown[]; reason: unknown }> {
  const records = await recordsOf(run);
  const faults = records.filter((record) => record.type === "fault" && record.what === "console lost");
  const end = records.find((record) => record.type === "end");
  return { faults, reason: end?.type === "end" && end.reason };
}

Deno.test("the reader of the console ends: the run goes on to its end", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const args = [...taskArgs("train"), "--data", place.images, ...RUN, "--out", run];
  const env = { WAGON_STATE_DIR: place.path("state"), TMPDIR: place.path("tmp") };
  const child = new Deno.Command(Deno.execPath(), { args, env, cwd: place.folder, stderr: "piped" }).spawn();
  const reader = child.stderr.getReader();
  let said = "";
  while (!said.includes("Live page")) {
    const { value, done } = await within(reader.read(), () => `train must say where it is, found:\n${said}`);
    assert.ok(!done, said);
    said += new TextDecoder().decode(value);
  }
  await reader.cancel();
  const { code } = await within(child.status, () => "train must end");
  const { faults, reason } = await told(run);
  assert.deepEqual([code, reason, faults.length], [0, "finished", 1]);
});

Deno.test({
  name: "the console has no room: coordinator and worker go on to the end of the run",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using place = await Workplace.open();
    const run = place.path("run");
    const full = (task: "coordinator" | "worker", args: readonly string[]) => {
      const command = [Deno.execPath(), ...taskArgs(task), ...args];
      return place.startCommand(["sh", "-c", 'exec "$@" >/dev/full 2>/dev/full', "sh", ...command], task);
    };
    const shape = ["--shards", "2", "--batch", "16", "--steps", "100"];
    const coordinator = full("coordinator", [
      ...["--port", "0", "--out", run, "--data", place.images],
      ...SMALL,
      ...shape,
    ]);
    const worker = full("worker", ["--threads", "1"]);
    assert.deepEqual([(await coordinator.end()).code, (await worker.end()).code], [0, 0]);
    const { faults, reason } = await told(run);
    assert.deepEqual([reason, faults.length], ["finished", 1]);
  },
});

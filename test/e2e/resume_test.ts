/** Runs that were stopped, killed or damaged go on to the same bits as one that never stopped. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeSafetensors, encodeSafetensors } from "../../common/files/safetensors.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { squareImages, tinyImages } from "./images.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { sha256 } from "../../common/sha256.ts";
import { UserError } from "../../common/errors.ts";
import { CoordinatorScene } from "../coordinator/coordinator_scene.ts";
import { trainHere } from "./train_here.ts";
import { SMALL, Workplace } from "./workplace.ts";

const SHAPE = ["--shards", "4", "--batch", "16", "--ema-half-life", "200"];
/** Far more steps than there will be. */
const ENDLESS = [...SHAPE, "--steps", "1000000", "--checkpoint-every", "10"];

/** What must not depend on how often a run was stopped. */
function outcome(
  { state, steps, generator_steps, examples_used, weights_sha256, averaged_sha256, ...means }: Summary,
) {
  const { loss_critic, loss_generator, wasserstein_estimate } = means;
  const numbers = { loss_critic, loss_generator, wasserstein_estimate };
  return { state, steps, generator_steps, examples_used, weights_sha256, averaged_sha256, ...numbers };
}

/** Waits for 25 steps in the log of a run. */
const under_way = (run: string) => logged(run, "step 25", (records) => lastStep(records) >= 25);

/** Leaves the log as a crash does: the next line was begun and not ended. */
async function breakOff(run: string): Promise<void> {
  const log = join(run, "events.jsonl");
  const last = (await Deno.readTextFile(log)).trimEnd().split("\n").at(-1)!;
  await Deno.writeTextFile(log, last.slice(0, last.length >> 1), { append: true });
}

Deno.test("a killed coordinator and one stopped by Ctrl-C go on to the same bits as a run that never stopped", async () => {
  await using place = await Workplace.open();
  const [killed, stopped] = [place.path("runs", "killed"), place.path("runs", "stopped")];
  const first = place.coordinate(killed, ENDLESS);
  const survivor = place.start("worker", ["--threads", "1"]);
  await first.line(/Worker 1 joined/);
  await under_way(killed);
  assert.match(
    await refusalOf(killed, []),
    new RegExp(`^Cannot train in run folder .*: no other .* found process ${first.pid} on .*$`),
  );
  await first.kill();
  await breakOff(killed);
  const killed_at = lastStep(await recordsOf(killed));

  const second = place.coordinate(stopped, ENDLESS);
  await second.line(/Worker 1 joined/);
  await under_way(stopped);
  // Twice, as from a terminal under `deno task`, which hands it on: still one press.
  second.signal("SIGINT");
  second.signal("SIGINT");
  const { code, stderr } = await second.end();
  const stopped_at = (await place.inspect(stopped)).steps;
  assert.equal(code, 130);
  assert.match(stderr, /\nStopping after this step, then saving; press Ctrl-C again to stop at once\n/);
  assert.match(stderr, new RegExp(`\nStopped and saved at step ${stopped_at} after `));
  // It served both: when the first coordinator was gone, it found the second by itself.
  assert.equal((await survivor.end()).code, 0, survivor.said);

  const steps = Math.max(stopped_at, killed_at) + 15;
  // Length, intervals, address and workers may change.
  const changed = ["--steps", `${steps}`, "--checkpoint-every", "0", "--sample-every", "20"];
  const resumed = place.start("coordinator", ["--resume", "killed", "--port", "0", ...changed]);
  const worker = place.start("worker", ["--threads", "2"]);
  const local = await place.run("train", ["--resume", "latest", "--workers", "2", ...changed]);
  for (const child of [resumed, worker]) assert.equal((await child.end()).code, 0, child.said);
  assert.equal(local.code, 0, local.stderr);

  const expected = outcome(await place.train(place.path("whole"), [...SHAPE, "--steps", `${steps}`]));
  const [after_kill, after_stop] = [await place.inspect(killed), await place.inspect(stopped)];
  assert.deepEqual([expected.state, expected.steps, expected.examples_used], ["finished", steps, 16 * steps]);
  assert.deepEqual(outcome(after_kill), expected);
  assert.deepEqual(outcome(after_stop), expected);
  assert.deepEqual([after_kill.incarnations, after_stop.incarnations], [2, 2]);
  assert.deepEqual([after_kill.log.bad_lines, after_stop.log.bad_lines], [1, 0]);

  const [resume] = ofType(await recordsOf(killed), "resume");
  assert.deepEqual([resume!.incarnation, resume!.changed], [1, {
    steps: [1_000_000, steps],
    sample_every: [0, 20],
    checkpoint_every: [10, 0],
  }]);
  // The checkpoint lies before the crash: some steps are in the log twice.
  assert.ok(resume!.step % 10 === 0 && resume!.step <= killed_at);
  const logged_steps = ofType(await recordsOf(killed), "step").map(({ step }) => step);
  assert.deepEqual(logged_steps, [...range(1, killed_at), ...range(resume!.step + 1, steps)]);
});

Deno.test("a coordinator whose folder another has taken over stops at its next checkpoint, and writes no more", async () => {
  await using place = await Workplace.open();
  const run = place.path("taken");
  const coordinator = place.coordinate(run, ENDLESS);
  const worker = place.start("worker", ["--threads", "1"]);
  await coordinator.line(/Worker 1 joined/);
  await under_way(run);
  const owner = { host: "far", pid: 7, since: "2026-03-01T12:00:00.000Z", nonce: "ab".repeat(16), beats: 0 };
  await Deno.writeTextFile(join(run, "owner.json"), JSON.stringify(owner));
  const { code, stderr } = await coordinator.end();
  assert.equal(code, 2, stderr);
  assert.match(stderr, /\nCannot continue in run folder .*process 7 on far has taken it over.*\n$/);
  assert.equal((await worker.end()).code, 0, worker.said);
  assert.deepEqual(ofType(await recordsOf(run), "end"), []);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(join(run, "owner.json"))), owner);
});

/** Integers of `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const checkpoint = (run: string, step: number, extension: "json" | "safetensors") =>
  join(run, "checkpoints", `step-${String(step).padStart(9, "0")}.${extension}`);

/** Changes one bit in the middle of a checkpoint's tensors. */
async function damage(run: string, step: number): Promise<void> {
  const path = checkpoint(run, step, "safetensors");
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1]! ^= 0x10;
  await Deno.writeFile(path, bytes);
}

/** A copy of a run folder: the same run, to be treated otherwise. */
async function copyFolder(from: string, to: string): Promise<string> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    await (isDirectory ? copyFolder(source, target) : Deno.copyFile(source, target));
  }
  return to;
}

/** Makes a run's log one of format 1, and its checkpoints. */
async function makeOlder(run: string): Promise<void> {
  for (const step of [10, 20, 25]) await makeOlderCheckpoint(run, step);
  const log = join(run, "events.jsonl");
  const [first, ...rest] = (await Deno.readTextFile(log)).split("\n");
  const record = JSON.parse(first!);
  for (const key of ["objective", "penalty", "optimizer", "pad_to", "pad_value", "warm_up", "accumulate"]) {
    assert.ok(key in record.config, key);
    delete record.config[key];
  }
  await Deno.writeTextFile(log, [JSON.stringify({ ...record, format: 1 }), ...rest].join("\n"));
}

async function makeOlderCheckpoint(run: string, step: number): Promise<void> {
  const [tensors, json] = [checkpoint(run, step, "safetensors"), checkpoint(run, step, "json")];
  const file = decodeSafetensors(await Deno.readFile(tensors));
  const metadata = new Map([...file.metadata].filter(([key]) => key !== "version"));
  const bytes = encodeSafetensors({ ...file, metadata });
  await Deno.writeFile(tensors, bytes);
  const { info_sha256, run_record_sha256, ...info } = JSON.parse(await Deno.readTextFile(json));
  assert.match(info_sha256 + run_record_sha256, /^[0-9a-f]{128}$/);
  await Deno.writeTextFile(json, JSON.stringify({ ...info, format: 1, sha256: sha256(bytes) }));
}

/** The refusal of a resume, by a coordinator in this process. Nothing else is done. */
async function refusalOf(run: string, args: readonly string[]): Promise<string> {
  const scene = new CoordinatorScene();
  const error = await scene.run(["train", "--resume", run, ...args].join(" ")).then(
    () => assert.fail("must be refused"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof UserError, String(error));
  assert.ok(!scene.listens);
  return error.message;
}

/** Every file under a folder with its bytes. */
async function contents(folder: string): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (!isDirectory) all.set(path, await Deno.readFile(path));
    else for (const [file, bytes] of await contents(path)) all.set(file, bytes);
  }
  return all;
}

Deno.test("a finished run goes on, damaged checkpoints are passed over, and nothing else may change", async (t) => {
  await using place = await Workplace.open();
  const finished = place.path("finished");
  await place.train(finished, [...SHAPE, "--steps", "25", "--checkpoint-every", "10"]);
  const expected = outcome(await place.train(place.path("whole"), [...SHAPE, "--steps", "40"]));

  /** A copy of the finished run, after `change`. */
  const copied = async (name: string, change: (run: string) => Promise<unknown>) => {
    const run = await copyFolder(finished, place.path(name));
    await change(run);
    return run;
  };
  /** Resumes such a copy up to step 40; returns the step at which it resumed. */
  const resume = async (name: string, change: (run: string) => Promise<unknown>, more: string[] = []) => {
    const run = await copied(name, change);
    assert.deepEqual(outcome(await trainHere(["--resume", run, "--steps", "40", ...more])), expected);
    return ofType(await recordsOf(run), "resume")[0]!.step;
  };

  await t.step("a longer run, from data that were moved", async () => {
    const moved = place.path("moved");
    const step = await resume("longer", () => Deno.copyFile(place.images, moved), ["--data", moved]);
    assert.equal(step, 25);
  });

  await t.step("a flipped bit in the newest checkpoint: the one before is taken", async () => {
    assert.equal(await resume("flipped", (run) => damage(run, 25)), 20);
  });

  await t.step("no good checkpoint: from the start", async () => {
    const run = await copied("ruined", async (run) => {
      await damage(run, 25);
      await Deno.truncate(checkpoint(run, 20, "json"), 30);
      await Deno.remove(checkpoint(run, 10, "safetensors"));
    });
    const { code, stderr } = await place.run("train", ["--resume", run, "--steps", "40", "--workers", "1"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(outcome(await place.inspect(run)), expected);
    const said = stderr.split("\n").filter((line) => /^(Skipped|Resuming)/.test(line));
    assert.match(said[0]!, /: its SHA-256 must be [0-9a-f]{64}, found [0-9a-f]{64}$/);
    assert.deepEqual(said.map((line) => line.replace(/: .*/, "")), [
      "Skipped checkpoint step-000000025.json",
      "Skipped checkpoint step-000000020.json",
      "Skipped checkpoint step-000000010.json",
      "Resuming at step 0 from the start (no usable checkpoint)",
    ]);
  });

  await t.step("a folder of run format 1, which says nothing of objective and optimizer", async () => {
    const run = await copied("older", makeOlder);
    assert.deepEqual(outcome(await trainHere(["--resume", run, "--steps", "40"])), expected);
    assert.equal(ofType(await recordsOf(place.path("older")), "run")[0]!.format, 1);
  });

  await t.step("settings that were changed in the log are refused", async () => {
    const run = await copyFolder(finished, place.path("changed"));
    const log = join(run, "events.jsonl");
    const text = await Deno.readTextFile(log);
    const changes: [string, string, RegExp][] = [
      [
        '"lr":0.0005',
        '"lr":0.0006',
        /^Cannot resume: the run record must be that of checkpoint step-000000025.json/,
      ],
      ['"batch":16,', "", /^Cannot resume: the run record must be that of checkpoint step-000000025.json/],
      [
        '"run":"',
        '"ran":"',
        /^Cannot read .*: its run record must be complete, found field run missing or of another/,
      ],
    ];
    for (const [before, after, message] of changes) {
      assert.ok(text.includes(before), before);
      await Deno.writeTextFile(log, text.replace(before, after));
      assert.match(await refusalOf(run, ["--steps", "40"]), message);
    }
  });

  await t.step("what makes it another run is refused, and the folder stays as it is", async () => {
    const before = await contents(finished);
    const other = place.path("other-images");
    await Deno.writeFile(other, tinyImages(1));
    // The same pixels, said to be a quarter as many images of twice the side.
    const larger = place.path("larger-images");
    await Deno.writeFile(larger, squareImages(48, 12));
    const refusals: [string[], RegExp][] = [
      [
        ["--lr", "0.001"],
        /^Cannot resume with another lr: the run has 0\.0005, found 0\.001; leave the option out, change it with --amend, or start a new run$/,
      ],
      [
        ["--shards", "8"],
        /^Cannot resume with another shards: the run has 4, found 8; leave the option out, or start a new run$/,
      ],
      [
        ["--preset", "wgan"],
        /^Cannot resume with another preset: the run has strokes, found wgan; leave the option out, or start a new run$/,
      ],
      [
        ["--steps", "20"],
        /^Cannot resume up to step 20: --steps must be more than 25, where the last checkpoint is$/,
      ],
      [["--out", "elsewhere"], /^Cannot resume into another folder: leave --out out, found elsewhere$/],
      [
        ["--data", other, "--steps", "40"],
        /^Cannot resume with other data: the run's data images-idx3-ubyte have SHA-256 [0-9a-f]{12}…, found [0-9a-f]{12}…; name the same data with --data$/,
      ],
      [
        ["--data", larger, "--steps", "40"],
        /^Cannot resume with other data: the run's data images-idx3-ubyte have the shape 192 x 6 x 6 \(uint8\), found the same bytes as 48 x 12 x 12 \(uint8\); name the same data with --data$/,
      ],
    ];
    for (const [args, message] of refusals) {
      assert.match(await refusalOf(finished, args), message);
    }
    assert.deepEqual(await contents(finished), before);
  });
});

Deno.test("--auto-resume: one command starts a run, resumes it after a kill, and says when nothing is left", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const options = ["--data", place.images, ...SMALL, ...SHAPE, "--workers", "1"];
  const steps = ["--steps", "600"];
  const again = [...options, ...steps, "--out", run, "--auto-resume", "--name", "mine"];
  const first = place.start("train", again);
  await first.line(/Worker 1 joined/);
  await under_way(run);
  await first.kill();
  const second = await place.run("train", again);
  assert.equal(second.code, 0, second.stderr);
  const third = await place.run("train", again);
  assert.deepEqual(third, {
    code: 0,
    stdout: "",
    stderr: "The run is complete: nothing is left to resume (--auto-resume)\n",
  });
  assert.deepEqual(
    outcome(await place.inspect(run)),
    outcome(await place.train("whole", [...SHAPE, ...steps])),
  );
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  createRunFolder,
  decideStart,
  fillRunFolder,
  readRecorded,
  requireNewFolder,
  RunFolder,
  runName,
} from "../../../coordinator/run/run_folder.ts";
import { type LockTools, RunLock } from "../../../coordinator/run/run_lock.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { runRecord, TIME } from "../../runlog/log/example_log.ts";
import { inTempDir } from "../../temp_dir.ts";
import { FakeClock } from "../../wire/fake_clock.ts";

const TOOLS: LockTools = {
  ...{ host: "near", pid: 42, clock: new FakeClock(), tell: () => {} },
  lock: (file) => file.tryLock(true),
} as LockTools;
const take = (path: string) => RunLock.take(path, TOOLS);

Deno.test("a run is named after its start and its preset, so that folders sort by time", () => {
  assert.equal(runName("wgan", new Date(2026, 0, 2, 3, 4, 5)), "2026-01-02_03-04-05_wgan");
  assert.equal(runName("wgan", new Date(2026, 0, 2, 3, 4, 5), "first"), "2026-01-02_03-04-05_wgan_first");
});

Deno.test("a folder is new where nothing is in it but what a start that came to nothing left", () =>
  inTempDir(async (folder) => {
    await requireNewFolder(join(folder, "none"));
    await requireNewFolder(folder);
    await (await take(folder))[Symbol.asyncDispose]();
    await requireNewFolder(folder);
    await Deno.writeTextFile(join(folder, "thesis.tex"), "");
    await assert.rejects(requireNewFolder(folder), {
      name: "UserError",
      message:
        `Cannot start a run in ${folder}: the folder must be empty or new; name another with --out, or continue ` +
        `with --resume ${folder}`,
    });
  }));

Deno.test("where the system refuses the folder, the message says what to do", () =>
  inTempDir(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    for (const path of [file, join(file, "below")]) {
      await assert.rejects(createRunFolder(path, take), {
        name: "UserError",
        message: /^Cannot make run folder .*: it must be a new or empty folder .*; name another with --out$/,
      });
    }
  }));

Deno.test("a run that another began and ended meanwhile is left alone, and its folder is free again", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "run");
    const takeLate = async (path: string) => {
      await Deno.writeTextFile(join(path, "events.jsonl"), "{}\n");
      return await take(path);
    };
    await assert.rejects(createRunFolder(path, takeLate), {
      name: "UserError",
      message: /must be empty or new/,
    });
    await (await take(path))[Symbol.asyncDispose]();
  }));

Deno.test("a new run has its folders and its artifacts", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "a", "run");
    await using _lock = await createRunFolder(path, take);
    const filled = await fillRunFolder(path, new Map([["x.onnx", Uint8Array.of(1, 2)]]));
    assert.deepEqual(await Deno.readFile(join(filled.artifacts, "x.onnx")), Uint8Array.of(1, 2));
    for (const part of [filled.samples, filled.checkpoints]) assert.ok((await Deno.stat(part)).isDirectory);
    const described = filled.contents().map((line) => line.split(" ")[0]!.replace(/\/$/, ""));
    const { log, artifacts, checkpoints, samples, generator } = filled;
    for (const part of [log, artifacts, checkpoints, samples, generator]) {
      assert.ok(described.includes(part.slice(path.length + 1)), part);
    }
  }));

/** What is read of a run with this log. */
async function recorded(records: readonly RunRecord[]) {
  let found: Awaited<ReturnType<typeof readRecorded>> | null = null;
  await inTempDir(async (path) => {
    const folder = new RunFolder(path);
    await Deno.writeTextFile(folder.log, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    found = await readRecorded(folder);
  });
  return found!;
}

const resume = (incarnation: number, changed: Record<string, [unknown, unknown]>): RunRecord => ({
  ...{ type: "resume", step: 10, incarnation, changed, time: TIME },
});

Deno.test("a run is what its first record says, with what its resumes were allowed to change", async () => {
  const run = runRecord();
  const { run: { config }, incarnations, sha256 } = await recorded([
    run,
    resume(1, { steps: [30, 60], exact: [true, false] }),
    resume(2, { steps: [60, 90], lr: [5e-5, 1e-5], batch: [8, 16] }),
  ]);
  assert.deepEqual(config, { ...run.config, steps: 90, lr: 1e-5, exact: false });
  assert.equal(incarnations, 3);
  assert.equal(sha256, createHash("sha256").update(JSON.stringify(run)).digest("hex"));
});

Deno.test("a promise of exact bits is not taken back to life, and a new run has had one start", async () => {
  const run = runRecord({ config: { ...runRecord().config, exact: false } });
  assert.equal((await recorded([run, resume(1, { exact: [false, true] })])).run.config.exact, false);
  assert.equal((await recorded([run])).incarnations, 1);
});

Deno.test("a folder in which a start was killed before its first record counts as new", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "run");
    const { artifacts, checkpoints, samples, log } = await fillRunFolder(
      path,
      new Map([["a.onnx", new Uint8Array(9)]]),
    );
    await Deno.writeFile(log, new Uint8Array());
    await requireNewFolder(path);
    await Deno.remove(samples);
    await assert.rejects(requireNewFolder(path), { name: "UserError" }, "somebody's artifacts");
    await Deno.remove(artifacts, { recursive: true });
    await requireNewFolder(path);
    await Deno.writeTextFile(join(checkpoints, "x"), "");
    await assert.rejects(requireNewFolder(path), { name: "UserError" }, "somebody's checkpoints");
    await Deno.remove(checkpoints, { recursive: true });
    await Deno.writeTextFile(log, "{}\n");
    await assert.rejects(requireNewFolder(path), { name: "UserError" }, "a log");
  }));

Deno.test("--auto-resume resumes the run in --out if it is there, else starts it", () =>
  inTempDir(async (folder) => {
    const out = join(folder, "run"), name = "first", auto_resume = true;
    assert.deepEqual(await decideStart({ out, name, auto_resume: false }), { out, name, resume: undefined });
    assert.deepEqual(await decideStart({ out, name, auto_resume }), { out, name });
    const { log } = await fillRunFolder(out, new Map());
    await Deno.writeTextFile(log, "");
    assert.deepEqual(await decideStart({ out, name, auto_resume }), { out, name });
    await Deno.writeTextFile(log, "{}\n");
    assert.deepEqual(await decideStart({ out, name, auto_resume }), { resume: out });
    const needs = "Option --auto-resume needs --out DIR, the folder to start or to resume in: found ";
    await assert.rejects(decideStart({ auto_resume }), { message: `${needs}neither --out nor --resume` });
    await assert.rejects(decideStart({ out, resume: "latest", auto_resume }), {
      message: `${needs}--resume latest`,
    });
  }));

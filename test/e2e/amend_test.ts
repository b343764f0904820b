/** A run whose learning rate is changed when it is resumed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readRun } from "../../runlog/log/reader.ts";
import type { RecordOf } from "../../runlog/records.ts";
import { putFewPoints } from "../library/few_points.ts";
import { inTempDir } from "../temp_dir.ts";
import { trainHere } from "./train_here.ts";

const NEW = ["--batch", "16", "--sample-every", "0", "--steps", "3"];

Deno.test("--amend: another learning rate from the checkpoint on, in the log, with the same bits for any workers", () =>
  inTempDir(async (folder) => {
    const points = await putFewPoints(folder);
    const amended = async (name: string, workers: string, change: readonly string[]) => {
      const run = join(folder, name);
      const before = await trainHere(["--data", points, ...NEW, "--out", run]);
      const resume = ["--resume", run, "--workers", workers];
      const after = await trainHere([...resume, "--amend", ...change, "--steps", "6"]);
      return { run, before: before.weights_sha256, after: after.weights_sha256 };
    };
    const one = await amended("one", "1", ["--lr", "0.01"]);
    const three = await amended("three", "3", ["--lr", "0.01"]);
    const plain = await amended("plain", "1", []);
    assert.equal(one.before, plain.before);
    assert.equal(one.after, three.after);
    assert.notEqual(one.after, plain.after);
    // It is kept without being said again, and cannot be changed without being said so.
    await assert.rejects(
      trainHere(["--resume", one.run, "--steps", "8", "--lr", "0.02"]),
      /change it with --amend/,
    );
    const { config } = await trainHere(["--resume", one.run, "--steps", "8"]);
    assert.equal(config.lr, 0.01);
    const resumes: RecordOf<"resume">[] = [];
    for await (const record of readRun(one.run)) if (record.type === "resume") resumes.push(record);
    assert.deepEqual(resumes.map(({ step, changed }) => ({ step, changed })), [
      { step: 3, changed: { lr: [5e-4, 0.01], steps: [3, 6] } },
      { step: 6, changed: { steps: [6, 8] } },
    ]);
  }));

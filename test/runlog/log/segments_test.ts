/** The log in segments: whatever is written comes back, wherever the writer was killed. */
import assert from "node:assert/strict";
import { follow } from "../../../inspect/follow.ts";
import { summarize } from "../../../inspect/run_folders.ts";
import { type AppendFile, openLog, type OpenSegment } from "../../../runlog/log/log_file.ts";
import { noneSkipped, readRun } from "../../../runlog/log/reader.ts";
import { rebuildStepIndex } from "../../../runlog/log/rebuild_step_index.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { countSegments, segmentName } from "../../../runlog/log/segments.ts";
import { withoutSuperseded } from "../../../runlog/export/without_superseded.ts";
import { joined, runRecord, stepRecord, steps, TIME, toLines } from "./example_log.ts";
import { inTempDir } from "../../temp_dir.ts";

/** Two or three steps. */
const TINY = 1500;

const RECORDS: RunRecord[] = [runRecord(), joined(1), joined(2), ...steps(1, 40)];

async function write(folder: string, records: readonly RunRecord[], at_once = 7): Promise<void> {
  const log = await openLog(`${folder}/events.jsonl`, TINY);
  for (const [i, record] of records.entries()) {
    log.append(record);
    if (i % at_once === 0) await log.flush();
  }
  await log.close();
}

async function segments(folder: string): Promise<string[]> {
  const count = await countSegments(folder);
  return await Promise.all(
    Array.from({ length: count }, (_, i) => Deno.readTextFile(`${folder}/${segmentName(i + 1)}`)),
  );
}

Deno.test("segments are whole lines, no longer than they may be, and one text together", () =>
  inTempDir(async (folder) => {
    await write(folder, RECORDS);
    const texts = await segments(folder);
    assert.equal(texts.join(""), toLines(RECORDS));
    assert.ok(texts.length > 10, `${texts.length}`);
    for (const [i, text] of texts.entries()) {
      assert.ok(text.endsWith("\n") && text.length <= TINY, `segment ${i + 1} has ${text.length} bytes`);
      // The next line would not have found room.
      const next = texts[i + 1]?.split("\n")[0];
      if (next !== undefined) assert.ok(text.length + next.length + 1 > TINY, `segment ${i + 1} is not full`);
    }
    assert.deepEqual([segmentName(1), segmentName(2)], ["events.jsonl", "events.0002.jsonl"]);
  }));

Deno.test("a line longer than a segment has one of its own", () =>
  inTempDir(async (folder) => {
    const long = runRecord({ run: "x".repeat(3 * TINY) });
    await write(folder, [long, ...steps(1, 3), long, stepRecord(4)]);
    assert.deepEqual(await Array.fromAsync(readRun(folder)), [long, ...steps(1, 3), long, stepRecord(4)]);
    assert.equal((await segments(folder))[0], toLines([long]));
  }));

Deno.test("all readers read across segments, and a resume goes on in the last", () =>
  inTempDir(async (folder) => {
    await write(folder, RECORDS);
    const before = await segments(folder);
    const resume: RunRecord = { type: "resume", step: 20, incarnation: 1, changed: {}, time: TIME };
    const more: RunRecord[] = [resume, joined(1), ...steps(21, 30)];
    await write(folder, more);
    const all = [...RECORDS, ...more];
    const texts = await segments(folder);
    assert.equal(texts.join(""), toLines(all));
    // What was there stays as it is; the last segment was gone on with.
    assert.deepEqual(texts.slice(0, before.length - 1), before.slice(0, -1));
    assert.ok(texts[before.length - 1]!.startsWith(before.at(-1)!));

    assert.deepEqual(await Array.fromAsync(readRun(folder)), all);
    const settled = await Array.fromAsync(withoutSuperseded(folder));
    assert.deepEqual(
      settled.flatMap((record) => record.type === "step" ? [record.step] : []),
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    const quick = await summarize(folder, 0);
    assert.deepEqual([quick.steps, quick.incarnations, quick.log], [30, 2, noneSkipped()]);
    const sidecar = await Deno.readFile(`${folder}/events.series`);
    await rebuildStepIndex(folder);
    assert.deepEqual(await Deno.readFile(`${folder}/events.series`), sidecar);
    await Deno.remove(`${folder}/events.series`);
    assert.deepEqual(await summarize(folder, 0), quick);
  }));

Deno.test("a run is followed into new segments", () =>
  inTempDir(async (folder) => {
    const left = [RECORDS.slice(0, 5), RECORDS.slice(5, 6), RECORDS.slice(6, 30), RECORDS.slice(30)];
    await write(folder, left.shift()!);
    const shown: number[] = [];
    const again = async () => {
      const records = left.shift();
      if (records) await write(folder, records);
      return records !== undefined;
    };
    await follow(folder, { now_ms: Date.now, again, show: ({ steps }) => void shown.push(steps) });
    assert.deepEqual(shown, [2, 3, 27, 40]);
  }));

Deno.test("a segment that is missing in the middle is named, by reader and writer", () =>
  inTempDir(async (folder) => {
    await write(folder, RECORDS);
    const last = segmentName(await countSegments(folder));
    await Deno.remove(`${folder}/${segmentName(3)}`);
    const message = `Cannot read run ${folder}: the segments of its log must be complete, found no ` +
      `events.0003.jsonl, though there is ${last}; put it back`;
    await assert.rejects(() => Array.fromAsync(readRun(folder)), { name: "UserError", message });
    await assert.rejects(() => openLog(`${folder}/events.jsonl`), { name: "UserError", message });
  }));

class Killed extends Error {}

/** Files that work for so many operations; in the middle of the next one the process is gone. */
function killedAfter(num_operations: number): { open: OpenSegment; operations: string[] } {
  const operations: string[] = [];
  const open: OpenSegment = async (path) => {
    const step = (what: string) => {
      operations.push(what);
      if (operations.length > num_operations) throw new Killed();
    };
    step("open");
    const file = await Deno.open(path, { append: true, create: true });
    const fake: AppendFile = {
      write: async (bytes) => {
        try {
          step("write");
          // Short writes are allowed, too.
          return await file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
        } catch (error) {
          // Of the operation that the process was killed in, a part of the bytes has arrived.
          if (operations.length === num_operations + 1) {
            await file.write(bytes.subarray(0, bytes.length >> 2));
          }
          throw error;
        }
      },
      sync: async () => {
        step("sync");
        await file.sync();
      },
      close: () => file.close(),
    };
    return fake;
  };
  return { open, operations };
}

Deno.test("killed at any operation: what was flushed is there, and the log goes on as one", async () => {
  let kinds = new Set<string>();
  for (let num_operations = 1;; num_operations++) {
    let finished = false;
    await inTempDir(async (folder) => {
      const [first, ...rest] = RECORDS;
      await write(folder, [first!]);
      const { open, operations } = killedAfter(num_operations);
      const log = await openLog(`${folder}/events.jsonl`, TINY, open);
      const flushed: RunRecord[] = [first!];
      try {
        for (let i = 0; i < 15; i += 3) {
          const some = rest.slice(i, i + 3);
          for (const record of some) log.append(record);
          await log.flush();
          flushed.push(...some);
        }
        finished = true;
      } catch (error) {
        assert.ok(error instanceof Killed, String(error));
        kinds = kinds.add(operations.at(-1)!);
      }
      await log.close().catch(() => {});
      const skipped = noneSkipped();
      const found = await Array.fromAsync(readRun(folder, skipped));
      assert.deepEqual(found.slice(0, flushed.length), flushed, `killed after ${num_operations} operations`);
      assert.equal(skipped.bad_lines, 0);
      const resume: RunRecord = { type: "resume", step: 0, incarnation: 1, changed: {}, time: TIME };
      const more = [resume, ...steps(1, 5)];
      await write(folder, more);
      assert.deepEqual(await Array.fromAsync(readRun(folder)), [...found, ...more]);
    });
    if (finished) break;
  }
  assert.deepEqual([...kinds].sort(), ["open", "sync", "write"]);
});

/** Appends steps for ever in segments of TINY bytes, and says after each flush how far it is. */
const WRITER = `
  import { openLog } from "${new URL("../../../runlog/log/log_file.ts", import.meta.url)}";
  import { runRecord, stepRecord } from "${new URL("./example_log.ts", import.meta.url)}";
  const log = await openLog(Deno.args[0] + "/events.jsonl", ${TINY});
  log.append(runRecord());
  for (let step = 1;; step++) {
    log.append(stepRecord(step));
    await log.flush();
    console.log(step);
  }
`;

Deno.test("a process killed in the midst of rotating leaves all that it had flushed", () =>
  inTempDir(async (folder) => {
    const script = `${folder}/writer.ts`;
    await Deno.writeTextFile(script, WRITER);
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--config", config, "--allow-all", script, folder],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.split("\n").length > 200) break;
    }
    child.kill("SIGKILL");
    await child.status;
    const flushed = Number(said.trimEnd().split("\n").at(-2));
    const found = await Array.fromAsync(readRun(folder));
    assert.ok(found.length > flushed, `${found.length - 1} steps are there, ${flushed} were flushed`);
    assert.deepEqual(found, [runRecord(), ...steps(1, found.length - 1)]);
    assert.ok(await countSegments(folder) > 50);
    await write(folder, steps(found.length, found.length + 5));
    assert.equal((await summarize(folder, 0)).steps, found.length + 5);
  }));

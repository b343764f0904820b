import assert from "node:assert/strict";
import { foldRun } from "../../../runlog/log/fold_run.ts";
import { openLog } from "../../../runlog/log/log_file.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";
import { rebuildStepIndex } from "../../../runlog/log/rebuild_step_index.ts";
import {
  decodeHeader,
  encodeHeader,
  encodeRow,
  HEADER_BYTES,
  rowBytes,
  RowReader,
  shapeFor,
} from "../../../runlog/log/step_index.ts";
import { factsOf } from "../../../runlog/log/step_facts.ts";
import { RunFold } from "../../../runlog/summary/summary.ts";
import { checkpoint, end, joined, runRecord, stepRecord, TIME, toLines } from "./example_log.ts";
import { inTempDir } from "../../temp_dir.ts";

const SHAPE = shapeFor(4);

/** Milliseconds as whole microseconds, as the log has them. */
const us = (ms: number) => Math.round(1000 * ms) / 1000;

/** A step as the coordinator writes them: float32 losses, whole microseconds. */
function real(step: number, change: Partial<RecordOf<"step">> = {}): RecordOf<"step"> {
  const f = Math.fround;
  const [mean_real, mean_fake] = [f(Math.sin(step)), f(Math.cos(3 * step) / 7)];
  return stepRecord(step, {
    mean_real,
    mean_fake,
    loss_critic: f(mean_fake - mean_real),
    wasserstein_estimate: mean_real - mean_fake,
    ms: { total: 10.123, wait: 7.001, sum: 0.5, update: 1.017, send: 0.003 },
    time_ms: us(5e9 + 12.345 * step),
    workers: {
      1: { shards: 3, compute_ms: 2.345, elapsed_ms: 6.5 },
      7: { shards: 1, compute_ms: us(0.001 * step), elapsed_ms: 6.5, answered_ms: 9.123 },
    },
    ...change,
  });
}

/** What the resume takes back is there, and lines that hold no step are between. */
const RECORDS: readonly RunRecord[] = [
  runRecord(),
  joined(1, { name: "größer" }),
  joined(7, { threads: 4 }),
  ...Array.from({ length: 40 }, (_, i) => real(i + 1)),
  checkpoint(40),
  { type: "sample", step: 40, file: "samples/40.png", diversity: 0.5 },
  ...Array.from({ length: 25 }, (_, i) => real(i + 41)),
  { type: "resume", step: 40, incarnation: 1, changed: { steps: [100, 200] }, time: TIME },
  joined(1),
  ...Array.from({ length: 90 }, (_, i) => real(i + 41)),
  // No row can hold these: a loss that is no float32, and more workers than shards.
  real(131, { loss_critic: 0.1 }),
  real(132, {
    workers: Object.fromEntries([1, 2, 3, 4, 5].map((n) => [n, { shards: 1, compute_ms: 1, elapsed_ms: 1 }])),
  }),
  real(133),
  end(133),
];

async function write(folder: string, records: readonly RunRecord[]): Promise<void> {
  const log = await openLog(`${folder}/events.jsonl`);
  for (const record of records) {
    log.append(record);
    if (record.type === "checkpoint") await log.sync();
  }
  await log.close();
}

/** The sum of a folder; `steps_parsed`: how many steps came from the log itself. */
async function summed(folder: string) {
  let steps_parsed = 0;
  const fold = new class extends RunFold {
    override add(record: RunRecord): void {
      if (record.type === "step") steps_parsed++;
      super.add(record);
    }
  }();
  const skipped = noneSkipped();
  await foldRun(folder, fold, skipped);
  return { summary: fold.summary(false, skipped), steps_parsed };
}

const SERIES = "events.series";
const NUM_STEPS = RECORDS.filter(({ type }) => type === "step").length;

async function change(path: string, edit: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): Promise<void> {
  await Deno.writeFile(path, edit(await Deno.readFile(path)));
}

Deno.test("a step comes back from its row as it was, or gets no row", () => {
  const place = { offset: 2 ** 33 + 5, length: 700 };
  for (const step of [real(1), real(5), real(0xffff_fffe, { time_ms: us(2 ** 41 / 1000) })]) {
    const row = encodeRow(SHAPE, factsOf(step), place)!;
    const reader = new RowReader(SHAPE, row);
    reader.read(0);
    assert.deepEqual([reader.facts, reader.place], [factsOf(step), place]);
  }
  const none = { ...factsOf(real(2)), wasserstein_estimate: NaN };
  const reader = new RowReader(SHAPE, encodeRow(SHAPE, none, place)!);
  reader.read(0);
  assert.deepEqual(reader.facts, none);
  const { ms } = real(1);
  const odd: Partial<RecordOf<"step">>[] = [
    { loss_critic: 0.1 },
    { wasserstein_estimate: 0.5 },
    { step: 2 ** 32 },
    { bytes_in: -1 },
    { ms: { ...ms, total: 1.0001 } },
    { ms: { ...ms, total: NaN } },
    { ms: { ...ms, total: 2 ** 32 } },
    { workers: { 1: { shards: 1, compute_ms: 0.12345, elapsed_ms: 1 } } },
  ];
  for (const difference of odd) {
    assert.equal(encodeRow(SHAPE, factsOf(real(1, difference)), place), null, JSON.stringify(difference));
  }
});

Deno.test("a header says how wide rows are; another is none", () => {
  assert.deepEqual(decodeHeader(encodeHeader(SHAPE)), SHAPE);
  assert.deepEqual([shapeFor(1).places, shapeFor(300).places], [1, 16]);
  for (let i = 0; i < HEADER_BYTES; i++) {
    const header = encodeHeader(SHAPE);
    header[i]! ^= 0x40;
    assert.equal(decodeHeader(header), null, `byte ${i}`);
  }
  assert.equal(decodeHeader(encodeHeader(SHAPE).subarray(1)), null);
});

Deno.test("a run sums up to the same with its sidecar and without", () =>
  inTempDir(async (folder) => {
    await write(folder, RECORDS);
    const quick = await summed(folder);
    assert.equal(quick.steps_parsed, 2);
    assert.equal(
      (await Deno.stat(`${folder}/${SERIES}`)).size,
      HEADER_BYTES + (NUM_STEPS - 2) * rowBytes(SHAPE),
    );
    assert.deepEqual([quick.summary.steps, quick.summary.samples.length], [133, 1]);
    await Deno.remove(`${folder}/${SERIES}`);
    const slow = await summed(folder);
    assert.deepEqual([slow.steps_parsed, slow.summary], [NUM_STEPS, quick.summary]);
  }));

Deno.test("a sidecar made anew from the log is what was written along with it", () =>
  inTempDir(async (folder) => {
    await write(folder, RECORDS);
    const path = `${folder}/${SERIES}`;
    const written = await Deno.readFile(path);
    await Deno.writeFile(path, written.subarray(0, 100));
    assert.deepEqual(await rebuildStepIndex(folder), { num_rows: NUM_STEPS - 2, num_steps: NUM_STEPS });
    assert.deepEqual(await Deno.readFile(path), written);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["events.jsonl", SERIES]);
  }));

Deno.test("a sidecar that is cut off, behind, of another run or garbled changes nothing but the time it takes", () =>
  inTempDir(async (folder) => {
    await write(folder, RECORDS);
    const { summary } = await summed(folder);
    const path = `${folder}/${SERIES}`;
    const whole = await Deno.readFile(path);
    const width = rowBytes(SHAPE);
    const garble = (row: number) => {
      const bytes = whole.slice();
      bytes[HEADER_BYTES + row * width + 7 * 4]! ^= 1;
      return bytes;
    };
    const table: [what: string, bytes: Uint8Array, parsed: number][] = [
      ["cut off in mid-row", whole.subarray(0, HEADER_BYTES + 10 * width + 5), NUM_STEPS - 10],
      ["only a header", whole.subarray(0, HEADER_BYTES), NUM_STEPS],
      ["half a header", whole.subarray(0, HEADER_BYTES - 3), NUM_STEPS],
      ["nothing", new Uint8Array(0), NUM_STEPS],
      ["no header", whole.subarray(4), NUM_STEPS],
      ["the last row garbled", garble(NUM_STEPS - 3), 3],
      [
        "rows missing in the middle",
        concat(whole.subarray(0, HEADER_BYTES + 10 * width), whole.subarray(-width)),
        144,
      ],
    ];
    for (const [what, bytes, parsed] of table) {
      await Deno.writeFile(path, bytes);
      const found = await summed(folder);
      assert.deepEqual(found.summary, summary, what);
      assert.ok(found.steps_parsed >= Math.min(parsed, NUM_STEPS - 12), `${what}: ${found.steps_parsed}`);
    }
  }));

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("a log that lost its end in a crash is longer than its sidecar says, and goes on all the same", () =>
  inTempDir(async (folder) => {
    const before = RECORDS.slice(0, 60);
    await write(folder, before);
    const path = `${folder}/events.jsonl`;
    await change(path, (bytes) => bytes.subarray(0, bytes.length - 1500));
    const cut = await summed(folder);
    assert.equal(cut.summary.log.cut_off, true);
    const after: RunRecord[] = [
      { type: "resume", step: 40, incarnation: 1, changed: {}, time: TIME },
      ...Array.from({ length: 9 }, (_, i) => real(i + 41)),
    ];
    await write(folder, after);
    const quick = await summed(folder);
    assert.equal(quick.steps_parsed, 0);
    assert.equal(quick.summary.steps, 49);
    await Deno.remove(`${folder}/${SERIES}`);
    assert.deepEqual((await summed(folder)).summary, quick.summary);
  }));

Deno.test("a run that goes on without a sidecar, or with one of version 1, gets one made anew", () =>
  inTempDir(async (folder) => {
    const older = encodeHeader(SHAPE);
    older[4] = 1;
    for (const there of [null, older]) {
      await Deno.writeTextFile(`${folder}/events.jsonl`, toLines(RECORDS.slice(0, 20)));
      await Deno.remove(`${folder}/${SERIES}`).catch(() => {});
      if (there) await Deno.writeFile(`${folder}/${SERIES}`, there);
      await write(folder, [real(100)]);
      const { summary, steps_parsed } = await summed(folder);
      assert.deepEqual([summary.steps, steps_parsed], [100, 0]);
    }
  }));

Deno.test("a row with a bit flipped anywhere is none", () => {
  const row = encodeRow(SHAPE, factsOf(real(5)), { offset: 2 ** 33 + 5, length: 700 })!;
  assert.equal(new RowReader(SHAPE, row).read(0), true);
  for (let bit = 0; bit < 8 * row.length; bit++) {
    const flipped = row.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(new RowReader(SHAPE, flipped).read(0), false, `bit ${bit}`);
  }
});

Deno.test("a bit flipped in any word of the sidecar changes no summary, and what stays whole is used", () =>
  inTempDir(async (folder) => {
    const few = [
      runRecord(),
      joined(1),
      joined(7),
      ...Array.from({ length: 6 }, (_, i) => real(i + 1)),
      end(6),
    ];
    await write(folder, few);
    const { summary } = await summed(folder);
    const path = `${folder}/${SERIES}`;
    const whole = await Deno.readFile(path);
    assert.equal(whole.length, HEADER_BYTES + 6 * rowBytes(SHAPE));
    for (let word = 0; word < whole.length >> 2; word++) {
      const bit = 32 * word + 7 * word % 32;
      const bytes = whole.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await Deno.writeFile(path, bytes);
      const found = await summed(folder);
      assert.deepEqual(found.summary, summary, `bit ${bit}`);
      assert.equal(found.steps_parsed, bit < 8 * HEADER_BYTES ? 6 : 1, `bit ${bit}`);
    }
  }));

Deno.test("whole rows of another run's sidecar are not taken for this one's", () =>
  inTempDir(async (folder) => {
    const other = RECORDS.map((record) => record.type === "step" ? { ...record, bytes_in: 101 } : record);
    await write(folder, other);
    const stray = await Deno.readFile(`${folder}/${SERIES}`);
    await Deno.remove(`${folder}/events.jsonl`);
    await write(folder, RECORDS);
    const { summary } = await summed(folder);
    await Deno.writeFile(`${folder}/${SERIES}`, stray);
    const found = await summed(folder);
    assert.deepEqual([found.summary, found.steps_parsed], [summary, NUM_STEPS]);
  }));

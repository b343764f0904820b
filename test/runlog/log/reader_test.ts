import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../common/errors.ts";
import {
  LineSplitter,
  type LogLine,
  noneSkipped,
  readRecords,
  readRun,
  splitLines,
} from "../../../runlog/log/reader.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { end, runRecord, SHA, stepRecord, steps, toLines } from "./example_log.ts";

/** Bytes in pieces of `size`. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield await Promise.resolve(bytes.subarray(i, i + size));
}

async function readText(text: string, size = 1000) {
  const skipped = noneSkipped();
  const records: RunRecord[] = [];
  const chunks = pieces(new TextEncoder().encode(text), size);
  for await (const record of readRecords(chunks, "a log", skipped)) records.push(record);
  return { records, skipped };
}

async function lines(bytes: Uint8Array, size: number): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for await (const line of splitLines(pieces(bytes, size))) found.push(line);
  return found;
}

Deno.test("lines come out whole however their bytes are cut into chunks", async () => {
  const text = fc.array(fc.string({ unit: "binary" }).map((s) => s.replaceAll(/[\n\uFEFF]/g, "é")));
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.string().map((s) => s.replaceAll("\n", "")),
      fc.integer({ min: 1, max: 9 }),
      async (
        whole,
        rest,
        size,
      ) => {
        const bytes = new TextEncoder().encode(whole.map((line) => line + "\n").join("") + rest);
        const expected = whole.map((text) => ({ text, complete: true }));
        const last = rest === "" ? [] : [{ text: rest, complete: false }];
        assert.deepEqual(await lines(bytes, size), [...expected, ...last]);
      },
    ),
    { seed: 11, numRuns: 200 },
  );
});

Deno.test("a whole log gives back its records", async () => {
  const written = [runRecord(), ...steps(1, 7), end(7)];
  const { records, skipped } = await readText(toLines(written));
  assert.deepEqual(records, written);
  assert.deepEqual(skipped, { bad_lines: 0, first_bad_line: null, cut_off: false, unknown_records: 0 });
});

Deno.test("a log cut off at any byte gives the records before the cut", async () => {
  const written = [runRecord(), ...steps(1, 3)];
  const text = toLines(written);
  const head = toLines(written.slice(0, 1)).length;
  for (let length = head; length < text.length; length++) {
    const { records, skipped } = await readText(text.slice(0, length));
    const whole = text.slice(0, length + 1).split("\n").length - 1;
    assert.deepEqual(records, written.slice(0, whole), `cut at ${length}`);
    // Without its line end a record is whole, too; then nothing was cut off.
    const clean = text[length - 1] === "\n" || text[length] === "\n";
    assert.equal(skipped.cut_off, !clean, `cut at ${length}`);
    assert.equal(skipped.bad_lines, 0);
  }
});

Deno.test("garbled lines are passed over and counted", async () => {
  const wrong_field = JSON.stringify({ ...stepRecord(3), mean_real: "0.3" });
  const { records, skipped } = await readText(
    toLines([runRecord(), stepRecord(1)]) + '{"type":"st\u0000\n\n42\n[]\nnull\n' + wrong_field + "\n" +
      toLines([stepRecord(4)]),
  );
  assert.deepEqual(records, [runRecord(), stepRecord(1), stepRecord(4)]);
  assert.deepEqual(skipped, { bad_lines: 6, first_bad_line: 3, cut_off: false, unknown_records: 0 });
});

Deno.test("records and fields of a newer version do not disturb", async () => {
  const newer = JSON.stringify({ ...stepRecord(1), new_field: [1] });
  const { records, skipped } = await readText(
    `${toLines([runRecord()])}{"type":"gradient_histogram","bins":[]}\n${newer}\n`,
  );
  assert.deepEqual(records.map(({ type }) => type), ["run", "step"]);
  assert.equal(skipped.unknown_records, 1);
  assert.equal(skipped.bad_lines, 0);
});

Deno.test("a log of another format is refused, naming both", async () => {
  const log = JSON.stringify({ type: "run", format: 3, versions: { wagon: "3.1.0" }, all: "else differs" });
  await assert.rejects(
    readText(log + "\n"),
    new UserError(
      "Cannot read a log: this version of wagon reads run formats 1 and 2, and the folder is of run format 3: " +
        "use the version that wrote it (wagon 3.1.0)",
    ),
  );
  await assert.rejects(
    readText('{"type":"run"}\n'),
    new UserError(
      "Cannot read a log: this version of wagon reads run formats 1 and 2, and the folder is of run format undefined: " +
        "use the version that wrote it",
    ),
  );
});

Deno.test("a log must begin with a run record", async () => {
  const expected = new UserError("Cannot read a log: it must begin with a run record, found none");
  for (const text of ["", "\n", "null\n", "{", `${SHA}\n`, toLines([stepRecord(1), runRecord()])]) {
    await assert.rejects(readText(text), expected, JSON.stringify(text));
  }
});

Deno.test("a folder without a log is no run folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assert.rejects(
      readRun(folder).next(),
      new UserError(`Cannot read run ${folder}: a run folder must hold events.jsonl, found none`),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "leaving a log early closes its file",
  // Fails this test if the file stays open.
  sanitizeResources: true,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/events.jsonl`, toLines([runRecord(), ...steps(1, 2000)]));
      for await (const record of readRun(folder)) if (record.type === "step") break;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("of a line without an end no more is kept than a line may have, and it is no record", () => {
  const splitter = new LineSplitter(1000);
  const push = (text: string) => splitter.push(new TextEncoder().encode(text));
  const begin = '{"type":"step",';
  for (let i = 0; i < 1000; i++) assert.deepEqual(push(begin), []);
  const [long, next] = push("}\n{}\n");
  assert.ok(long!.length <= 1000 + 2 * begin.length, `${long!.length}`);
  assert.throws(() => JSON.parse(long!), SyntaxError);
  assert.equal(next, "{}");
  assert.equal(splitter.rest(), "");
});

Deno.test("a first line that lacks a field is refused by the field's name", async () => {
  for (
    const [change, field] of [
      [{ run: undefined }, "run"],
      [{ data: undefined }, "data"],
      [{ data: { ...runRecord().data, example_shape: [28, "28"] } }, "data.example_shape"],
      [{ num_parameters: { critic: 1 } }, "num_parameters.generator"],
    ] as const
  ) {
    const line = toLines([{ ...runRecord(), ...change } as never]);
    await assert.rejects(
      readText(line + toLines(steps(1, 2))),
      new RegExp(
        `UserError: Cannot read a log: its run record must be complete, found field ${field} missing or of`,
      ),
    );
  }
});

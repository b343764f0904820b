/** Tables that come in pieces: the same numbers wherever the pieces end, and no more memory than they need. */
import assert from "node:assert/strict";
import { wholeBytes } from "../../../coordinator/data/files/example_bytes.ts";
import fc from "fast-check";
import type { Content } from "../../../coordinator/data/files/content.ts";
import { parseCsv } from "../../../coordinator/data/tables/csv.ts";
import { AS_IT_LOOKS } from "../../../coordinator/data/files/data_path.ts";
import { UNWATCHED } from "../../../coordinator/data/data_source.ts";
import { decodeExamples } from "../../../coordinator/data/data_set.ts";
import { MAX_NUMBERS, Numbers } from "../../../coordinator/data/arrays/numbers.ts";
import { readFile } from "./files.ts";

/** Bytes that come in pieces which end at these places. */
function contentOf(bytes: Uint8Array<ArrayBuffer>, ends: readonly number[]): Content {
  const cuts = [0, ...ends.map((end) => end % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return {
    file: "x.csv",
    head: bytes,
    size: bytes.length,
    packed_bytes: bytes.length,
    taken_bytes: bytes.length,
    async *pieces() {
      for (let i = 1; i < cuts.length; i++) {
        if (cuts[i]! > cuts[i - 1]!) yield bytes.slice(cuts[i - 1], cuts[i]);
      }
    },
  };
}

Deno.test("pieces may end anywhere: in a number, between CR and LF, in a character, in quotes", async () => {
  const text = '\ufeff"größe\n(m)";"länge ""ü"""\r\n"-0,25";1,5\r\n# zwölf\r\r\n3,5;"4"\n5;6,125e2';
  const bytes = new TextEncoder().encode(text);
  const places = fc.array(fc.nat(bytes.length), { maxLength: 12 });
  await fc.assert(fc.asyncProperty(places, async (ends) => {
    const notes: string[] = [];
    const data = await parseCsv(
      contentOf(bytes, ends),
      "x.csv",
      AS_IT_LOOKS,
      { ...UNWATCHED, say: (note) => void notes.push(note) },
    );
    assert.deepEqual([...decodeExamples(wholeBytes(data.bytes), "float32")], [-0.25, 1.5, 3.5, 4, 5, 612.5]);
    assert.equal(notes.length, 1);
  }));
});

Deno.test("the line of a fault is right wherever the pieces end", async () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) => i % 9 === 4 ? `"${i}\n",2` : i % 7 === 3 ? "" : `${i}.5,2`,
  );
  const bytes = new TextEncoder().encode(["x,y", ...lines, "oh,2"].join("\r\n"));
  // Each quoted end of a line makes a line more.
  const line = 2 + 40 + lines.filter((row) => row.startsWith('"')).length;
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (ends) => {
    await assert.rejects(
      parseCsv(contentOf(bytes, ends), "x.csv", AS_IT_LOOKS, UNWATCHED),
      (error: Error) => {
        assert.match(error.message, new RegExp(`found "oh" in line ${line}, column 1 \\(x\\)`));
        return true;
      },
    );
  }));
});

Deno.test("whatever bytes there are, a table is read or refused in one line", async () => {
  const cell = fc.oneof(
    fc.double().map(String),
    fc.integer().map(String),
    fc.constantFrom(
      "",
      "NA",
      '"',
      '""',
      '"a,b"',
      "a\nb",
      "0,5",
      "1.234,5",
      "#",
      " ",
      "\0",
      "\ufeff",
      "sep=;",
      "x",
      "é",
    ),
  );
  const table = fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom(",", ";", "\t", " ", "|"), async (rows, between) => {
      const text = rows.map((row) => row.join(between)).join("\n");
      const bytes = new TextEncoder().encode(text);
      try {
        const data = await parseCsv(contentOf(bytes, []), "x.csv", AS_IT_LOOKS, UNWATCHED);
        assert.ok(decodeExamples(wholeBytes(data.bytes), "float32").every(Number.isFinite));
      } catch (error) {
        const { name, message } = error as Error;
        assert.equal(name, "UserError", message);
        assert.doesNotMatch(message, /\p{Cc}/u);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("rows of 300,000 numbers, and a quote that is never closed", async () => {
  const wide = new Array(300_000).fill("0.25").join(",");
  const { shape, error } = await readFile("x.csv", `${wide}\n${wide}\n${wide}\n`);
  assert.deepEqual([error, shape], [undefined, [3, 300_000]]);
  const open = `1.5,2\n"${"3,4\n".repeat(1 << 23)}`;
  assert.equal(
    (await readFile("x.csv", open)).error,
    "Cannot read data file F: lines of at most 33554432 characters are required, found one with a quote that is not " +
      "closed in line 2",
  );
});

Deno.test("a table without end is read piece by piece, and refused where it is wrong", async () => {
  const block = new TextEncoder().encode("-1,0.25,7,1\n".repeat(10_000));
  const wrong = new TextEncoder().encode("-1,0.25,seven,1\n");
  let taken = 0;
  const endless: Content = {
    ...contentOf(block, []),
    async *pieces() {
      for (;;) yield ++taken === 50 ? wrong : block;
    },
  };
  await assert.rejects(parseCsv(endless, "x.csv", AS_IT_LOOKS, UNWATCHED), {
    message: /found "seven" in line 490001, column 3;/,
  });
  assert.ok(taken <= 51, `${taken} pieces`);
});

Deno.test("numbers grow by what is expected of the rest, up to a limit", () => {
  const numbers = new Numbers();
  for (let i = 0; i < 200_000; i++) {
    assert.ok(numbers.reserve(1, (i + 1) / 200_000));
    assert.equal(numbers.push(i / 3), Math.fround(i / 3));
  }
  assert.equal(numbers.length, 200_000);
  assert.ok(numbers.values().every((value, i) => value === Math.fround(i / 3)));
  assert.ok(!numbers.reserve(MAX_NUMBERS, 1));
});

Deno.test("how far a table is read is told in megabytes, up to the end", async () => {
  const block = new TextEncoder().encode("-1,0.25,7,1\n".repeat(100_000));
  const told: string[] = [];
  let taken_bytes = 0;
  const content: Content = {
    ...contentOf(block, []),
    packed_bytes: 4 * block.length,
    get taken_bytes() {
      return taken_bytes;
    },
    async *pieces() {
      for (let i = 0; i < 4; i++) {
        taken_bytes += block.length;
        yield block;
      }
    },
  };
  const progress = (done: number, total: number, thing?: string) =>
    void told.push(`${done}/${total} ${thing}`);
  await parseCsv(content, "x.csv", AS_IT_LOOKS, { ...UNWATCHED, progress });
  assert.deepEqual(told, [
    "0/5 megabyte",
    "2/5 megabyte",
    "3/5 megabyte",
    "4/5 megabyte",
    "5/5 megabyte",
  ]);
});

for (const [what, line] of [["empty", "\n"], ["of comments", "#\n"], ["of empty cells", ",\n"]] as const) {
  Deno.test(`lines ${what} do not go on without end`, async () => {
    const block = new TextEncoder().encode(line.repeat(300_000));
    let num_blocks = 0;
    const content: Content = {
      ...contentOf(block, []),
      async *pieces() {
        yield new TextEncoder().encode("1,2\n3,4\n");
        for (; num_blocks < 10; num_blocks++) yield block;
      },
    };
    await assert.rejects(
      parseCsv(content, "x.csv", AS_IT_LOOKS, UNWATCHED),
      /lines of numbers are required, found 10000\d\d that are empty or comments up to line 10000\d\d; remove them/,
    );
    assert.ok(num_blocks < 5, `${num_blocks} of 10 pieces were read`);
  });
}

Deno.test("as many empty lines as there are numbers are no fault", async () => {
  const bytes = new TextEncoder().encode("1,2\n\n\n".repeat(1_100_000));
  const ends = Array.from({ length: 6 }, (_, i) => i * 1_000_003);
  const { num_examples } = await parseCsv(contentOf(bytes, ends), "x.csv", AS_IT_LOOKS, UNWATCHED);
  assert.equal(num_examples, 1_100_000);
});

Deno.test("numbers in another base are refused, alone and among others", async () => {
  for (const cell of ["0x1F", "0b101", "0o17", "0X1f", ' "0x1F"']) {
    const { error } = await readFile("x.csv", `a,b\n0.5,1.5\n2.5,${cell}\n`);
    assert.match(
      error!,
      /finite numbers are required, found .*0.* in line 3, column 2 \(b\); write it in decimal/,
    );
  }
});

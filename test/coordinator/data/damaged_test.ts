/** Files of every kind, damaged at random: read, or refused in one line, and nothing else. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipOf } from "../../common/files/zip_file.ts";
import { inTempFolder, read } from "./files.ts";
import { npyOf } from "./npy_file.ts";

const NUMBERS = new Uint8Array(Float32Array.from({ length: 40 }, (_, i) => i / 8).buffer);
const POINTS = npyOf("<f4", [20, 2], NUMBERS);
const IMAGES = npyOf("|u1", [10, 4, 4], NUMBERS, { version: 2, fortran: true });
const text = (content: string) => new TextEncoder().encode(content);
const FILES: Record<string, Uint8Array> = {
  "a.npy": POINTS,
  "b.npy": IMAGES,
  "c.npy.gz": new Uint8Array(gzipSync(POINTS)),
  "d.npz": zipOf([
    { name: "x.npy", content: POINTS, deflate: true, zip64: true },
    { name: "y.npy", content: npyOf("|O", [2], NUMBERS) },
  ], { zip64: true }),
  "e-images-idx3-ubyte": Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 4, 0, 0, 0, 4, ...NUMBERS),
  "data_batch_1.bin": new Uint8Array(2 * 3073),
  "train.bin": new Uint8Array(2 * 3074),
  "f.csv": text('"",x;y\n"1",0.5,1e3\n"2",-2.5,"7"\n'),
  "g.csv.gz": new Uint8Array(gzipSync("x;y\r\n0,5;1,25\r\n-2;3\r\n")),
};

/** Bytes that are changed, taken out or put in. */
const damage = fc.array(
  fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.constantFrom("set", "cut", "put") }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

for (const [name, whole] of Object.entries(FILES)) {
  Deno.test(`a damaged ${name} is read or refused in one line`, async () => {
    await inTempFolder(async (folder) => {
      const file = join(folder, name);
      await fc.assert(
        fc.asyncProperty(damage, async (changes) => {
          let bytes = [...whole];
          for (const { at, byte, how } of changes) {
            const place = at % (bytes.length + 1);
            if (how === "set") bytes[place] = byte;
            else if (how === "cut") bytes = bytes.slice(0, place);
            else bytes.splice(place, 0, byte);
          }
          await Deno.writeFile(file, Uint8Array.from(bytes));
          const { error, is_users, shape } = await read(file, folder);
          assert.ok(error === undefined ? shape![0]! > 0 : is_users, error ?? "no example");
        }),
        { numRuns: 150 },
      );
    });
  });
}

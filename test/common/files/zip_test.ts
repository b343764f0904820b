import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import type { ByteSource } from "../../../common/files/regular_file.ts";
import { bytesOf, isZip, type Spoken, zipEntries } from "../../../common/files/zip.ts";
import { type Packed, zipOf } from "./zip_file.ts";

const CONTENT = Uint8Array.from({ length: 100_000 }, (_, i) => i * i >> 3);
const FILE: Packed = { name: "a/b.npy", content: CONTENT, deflate: true };
const SPOKEN: Spoken = {
  kind: "archive",
  part: "file",
  refuse: (why) => {
    throw new Error(why);
  },
};

/** Bytes in memory, and how many of them were read. */
function sourceOf(bytes: Uint8Array<ArrayBuffer>): ByteSource & { num_read: number } {
  return {
    size: bytes.length,
    num_read: 0,
    read(at, length) {
      const part = bytes.slice(at, at + length);
      this.num_read += part.length;
      return Promise.resolve(part);
    },
  };
}

const VARIANTS: Record<string, Uint8Array<ArrayBuffer>> = {
  "deflated": zipOf([FILE]),
  "stored": zipOf([{ ...FILE, deflate: false }]),
  "with its sizes behind it": zipOf([{ ...FILE, descriptor: true }]),
  "ZIP64 in its entries": zipOf([{ ...FILE, zip64: true }]),
  "ZIP64 in its end": zipOf([FILE], { zip64: true }),
  "ZIP64 in both, with something before it": zipOf([{ ...FILE, zip64: true }], {
    zip64: true,
    prefix: "#!/bin/sh\n",
  }),
  "with a comment and something before it": zipOf([FILE], {
    comment: "PK\x05\x06".repeat(3),
    prefix: "MZ".repeat(99),
  }),
};

for (const [what, bytes] of Object.entries(VARIANTS)) {
  Deno.test(`an archive ${what}`, async () => {
    const [entry, ...others] = await zipEntries(sourceOf(bytes), SPOKEN);
    assert.deepEqual([entry!.name, entry!.size, others], ["a/b.npy", CONTENT.length, []]);
    assert.deepEqual(await bytesOf(entry!, CONTENT.length, SPOKEN), CONTENT);
    assert.equal(isZip(bytes), !what.includes("before"));
  });
}

/** By its one entry. */
const REFUSED: Record<string, readonly [change: Partial<Packed>, why: RegExp]> = {
  "encrypted": [
    { flags: 1 },
    /^files without a password are required, found a\/b\.npy encrypted; unpack it yourself$/,
  ],
  "of another method": [
    { method: 14 },
    /^files stored or deflated are required, found LZMA in a\/b\.npy; unpack/,
  ],
  "of a method without a name": [{ method: 77 }, /found method 77 in a\/b\.npy/],
  "larger than it says": [
    { claimed: CONTENT.length - 1 },
    /^a whole file is required, found a damaged one in a\/b/,
  ],
  "smaller than it says": [
    { claimed: CONTENT.length + 1 },
    /^a whole file is required, found a damaged one in a\/b/,
  ],
  "that inflates to something else": [
    { packed: new Uint8Array(deflateRawSync(CONTENT.map((byte, i) => i === 5 ? byte ^ 1 : byte))) },
    /^a whole file is required, found a damaged one in a\/b/,
  ],
  "that does not inflate": [
    { packed: new Uint8Array(100).fill(0xff) },
    /^a whole file is required, found a damaged/,
  ],
};

for (const [what, [change, why]] of Object.entries(REFUSED)) {
  Deno.test(`a file ${what} is refused`, async () => {
    const [entry] = await zipEntries(sourceOf(zipOf([{ ...FILE, ...change }])), SPOKEN);
    await assert.rejects(bytesOf(entry!, 2 * CONTENT.length, SPOKEN), { message: why });
  });
}

Deno.test("damaged archives are refused, wherever they are cut or changed", async () => {
  const bytes = zipOf([FILE, { ...FILE, name: "c", zip64: true }], { zip64: true });
  for (const end of [10, 1000, bytes.length - 60, bytes.length - 1]) {
    await assert.rejects(zipEntries(sourceOf(bytes.slice(0, end)), SPOKEN), {
      message: /ends early|damaged/,
    });
  }
  // Every byte of directory and end: refused, or of no weight.
  const directory = bytes.length - 22 - 20 - 56 - 2 * 46 - 8 - 28;
  for (let at = directory; at < bytes.length; at++) {
    const changed = bytes.map((byte, i) => i === at ? byte ^ 0x41 : byte);
    try {
      for (const entry of await zipEntries(sourceOf(changed), SPOKEN)) await bytesOf(entry, 1 << 20, SPOKEN);
    } catch (error) {
      assert.match((error as Error).message, /required/, `byte ${at}`);
    }
  }
});

Deno.test("what nobody asks for is neither read nor unpacked", async () => {
  const bomb: Packed = { name: "bomb", content: new Uint8Array(1 << 26), deflate: true };
  const source = sourceOf(zipOf([bomb, FILE]));
  const entries = await zipEntries(source, SPOKEN);
  const listed = source.num_read;
  await bytesOf(entries[1]!, CONTENT.length, SPOKEN);
  assert.ok(source.num_read - listed < 2 * CONTENT.length, `${source.num_read - listed} bytes read`);
  await assert.rejects(bytesOf(entries[0]!, 1 << 20, SPOKEN), {
    message: "a file of at most 1048576 bytes is required, found 67108864 in bomb",
  });
  // One that claims less than it inflates to is stopped there.
  const [liar] = await zipEntries(sourceOf(zipOf([{ ...bomb, claimed: 1000 }])), SPOKEN);
  let taken = 0;
  await assert.rejects(async () => {
    for await (const piece of liar!.pieces()) taken += piece.length;
  }, { message: /damaged/ });
  assert.ok(taken <= 1000);
});

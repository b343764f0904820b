/** The checksum of weights and payloads: equal to its reference, and changed by every change. */
import assert from "node:assert/strict";
import { checksumBytes, Kernels } from "../../kernels/kernels.ts";
import { checksumReference } from "./reference.ts";
import { bytesOf, CAPACITY_BYTES } from "./special_floats.ts";

Deno.test("checksum: agrees with the reference for every length, inside and outside of the memory", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const view = kernels.allocate(100);
  const bytes = bytesOf(view).map((_, i) => (i * 77 + 5) & 0xff);
  for (let n = 0; n <= 300; n++) {
    const expected = checksumReference(bytes.subarray(3, n + 3));
    bytesOf(view).set(bytes);
    assert.equal(kernels.checksum(bytesOf(view).subarray(3, n + 3)), expected);
    assert.equal(checksumBytes(bytes.subarray(3, n + 3)), expected);
  }
});

Deno.test("checksum: pieces of the copying make no difference", () => {
  const bytes = Uint8Array.from({ length: 65536 * 2 + 100 }, (_, i) => (i * i) >> 5);
  for (const n of [65535, 65536, 65537, 65536 * 2, bytes.length]) {
    assert.equal(checksumBytes(bytes.subarray(0, n)), checksumReference(bytes.subarray(0, n)));
  }
});

Deno.test("checksum: fixed values", () => {
  assert.equal(checksumBytes(new Uint8Array(0)), "2dae9c58f1af56e6");
  assert.equal(checksumBytes(new TextEncoder().encode("wagon")), "fa3e18ca6523614c");
});

Deno.test("checksum: every bit, every exchange and every length counts", () => {
  const bytes = Uint8Array.from({ length: 260 }, (_, i) => (i * 37) % 251);
  const seen = new Set([checksumBytes(bytes)]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    seen.add(checksumBytes(changed));
  }
  assert.equal(seen.size, 1 + bytes.length * 8);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) {
    for (let j = 0; j < i; j++) {
      const changed = words.slice();
      [changed[i], changed[j]] = [words[j] as number, words[i] as number];
      seen.add(checksumBytes(new Uint8Array(changed.buffer)));
    }
  }
  assert.equal(seen.size, 1 + bytes.length * 8 + (words.length * (words.length - 1)) / 2);
  const zeros = new Set(Array.from({ length: 300 }, (_, n) => checksumBytes(new Uint8Array(n))));
  assert.equal(zeros.size, 300);
});

Deno.test("checksum: signs of any two weights count", () => {
  const bytes = new Uint8Array(64 * 4 * 3);
  const words = new Uint32Array(bytes.buffer);
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    for (let j = 0; j < i; j++) {
      words[i] = words[j] = 0x80000000;
      seen.add(checksumBytes(bytes));
      words[i] = words[j] = 0;
    }
  }
  assert.equal(seen.size, (words.length * (words.length - 1)) / 2);
});

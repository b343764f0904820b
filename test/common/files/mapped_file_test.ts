import assert from "node:assert/strict";
import { join } from "node:path";
import { mapFile, PAGE_BYTES, wholePages } from "../../../common/files/mapped_file.ts";

const IS_LINUX = Deno.build.os === "linux";

/** Memory of so many pages, filled with a number, as the kernels have it. */
function pages(count: number, value: number): Uint8Array<ArrayBuffer> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  return new Uint8Array(memory.buffer, 0, count * PAGE_BYTES).fill(value);
}

const page = (memory: Uint8Array<ArrayBuffer>, i: number) =>
  memory.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES);

async function withFile(test: (path: string) => void) {
  const folder = await Deno.makeTempDir({ prefix: "wagon-test-" });
  try {
    test(join(folder, "file"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "what is written to mapped memory is in the file, and the other way; the rest stays as it is",
  ignore: !IS_LINUX,
  fn: () =>
    withFile((path) => {
      const memory = pages(4, 1);
      Deno.writeFileSync(path, new Uint8Array(3 * PAGE_BYTES).fill(2));
      const parts = [
        { memory: page(memory, 1), offset: 2 * PAGE_BYTES },
        { memory: page(memory, 3), offset: 0 },
      ];
      assert.equal(mapFile(path, parts, "write"), true);
      assert.deepEqual([0, 1, 2, 3].map((i) => page(memory, i)[5]), [1, 2, 1, 2]);
      memory.fill(7);
      const found = Deno.readFileSync(path);
      assert.deepEqual([0, 1, 2].map((i) => page(found, i).every((byte) => byte === 7)), [true, false, true]);
      assert.ok(page(found, 1).every((byte) => byte === 2));
      using file = Deno.openSync(path, { write: true });
      file.writeSync(Uint8Array.of(9));
      assert.equal(page(memory, 3)[0], 9);
    }),
});

Deno.test({
  name: "another file takes the place of the first, which keeps what was written to it",
  ignore: !IS_LINUX,
  fn: () =>
    withFile((path) => {
      const memory = pages(1, 0);
      for (const name of ["a", "b"]) Deno.writeFileSync(path + name, new Uint8Array(PAGE_BYTES));
      assert.ok(mapFile(`${path}a`, [{ memory, offset: 0 }], "write"));
      memory.fill(1);
      Deno.removeSync(`${path}a`);
      assert.equal(memory[0], 1);
      assert.ok(mapFile(`${path}b`, [{ memory, offset: 0 }], "write"));
      assert.equal(memory[0], 0);
      memory.fill(2);
      assert.ok(Deno.readFileSync(`${path}b`).every((byte) => byte === 2));
    }),
});

Deno.test({
  name: "who maps a file to read sees what others write there, and keeps what it writes itself",
  ignore: !IS_LINUX,
  fn: () =>
    withFile((path) => {
      Deno.writeFileSync(path, new Uint8Array(2 * PAGE_BYTES).fill(2));
      const [writer, reader] = [pages(2, 0), pages(2, 0)];
      assert.ok(mapFile(path, [{ memory: writer, offset: 0 }], "write"));
      Deno.chmodSync(path, 0o400);
      assert.ok(mapFile(path, [{ memory: reader, offset: 0 }], "read"));
      assert.equal(reader[7], 2);
      writer.fill(3);
      assert.ok(reader.every((byte) => byte === 3));
      reader[PAGE_BYTES] = 4;
      assert.equal(writer[PAGE_BYTES], 3);
      writer.fill(5);
      assert.deepEqual([reader[7], reader[PAGE_BYTES]], [5, 4]);
    }),
});

Deno.test("nothing is mapped of a file that ends before", () =>
  withFile((path) => {
    Deno.writeFileSync(path, new Uint8Array(PAGE_BYTES + 1));
    const memory = pages(2, 3);
    for (const mapping of ["read", "write"] as const) {
      assert.equal(mapFile(path, [{ memory, offset: 0 }], mapping), false);
      assert.equal(mapFile(path, [{ memory: page(memory, 0), offset: PAGE_BYTES }], mapping), false);
    }
    assert.ok(memory.every((byte) => byte === 3));
  }));

Deno.test({
  name: "nothing is mapped without the right to call libraries",
  permissions: { read: true, write: true, ffi: false },
  fn: () =>
    withFile((path) => {
      Deno.writeFileSync(path, new Uint8Array(PAGE_BYTES));
      const memory = pages(1, 3);
      assert.equal(mapFile(path, [{ memory, offset: 0 }], "read"), false);
      assert.ok(memory.every((byte) => byte === 3));
    }),
});

Deno.test("a buffer's pages are those that it lies in", () => {
  const memory = pages(4, 0);
  const floats = new Float32Array(memory.buffer, PAGE_BYTES, PAGE_BYTES / 4 + 1);
  const { byteOffset, length } = wholePages(floats);
  assert.deepEqual([byteOffset, length], [PAGE_BYTES, 2 * PAGE_BYTES]);
});

Deno.test("memory stays what it is where the file cannot be had", () =>
  withFile((path) => {
    const memory = pages(1, 3);
    assert.equal(mapFile(path, [{ memory, offset: 0 }], "write"), false);
    assert.ok(memory.every((byte) => byte === 3));
  }));

Deno.test({
  name: "parts of pages are refused before anything is mapped",
  ignore: !IS_LINUX,
  fn: () =>
    withFile((path) => {
      Deno.writeFileSync(path, new Uint8Array(2 * PAGE_BYTES));
      const memory = pages(2, 3);
      const whole = { memory: page(memory, 0), offset: 0 };
      for (
        const odd of [
          { memory: memory.subarray(8, 8 + PAGE_BYTES), offset: 0 },
          { memory: memory.subarray(0, PAGE_BYTES - 1), offset: 0 },
          { memory: page(memory, 1), offset: 100 },
        ]
      ) {
        assert.throws(() => mapFile(path, [whole, odd], "write"), {
          name: "RangeError",
          message: /^A mapped part must be made of pages of 4096 bytes: found \d+$/,
        });
      }
      assert.ok(memory.every((byte) => byte === 3));
    }),
});

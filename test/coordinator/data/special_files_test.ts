/** What is no regular file, and what unpacks to more than its header says: refused at once, within a little memory. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { contentOf, readBehind } from "../../../coordinator/data/files/content.ts";
import { RegularFile } from "../../../common/files/regular_file.ts";
import { zipOf } from "../../common/files/zip_file.ts";
import { inTempFolder, read, readFile } from "./files.ts";
import { npyOf } from "./npy_file.ts";

const SPECIAL = Deno.build.os !== "windows";

async function makePipe(path: string): Promise<void> {
  assert.ok((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
}

Deno.test(
  "a pipe, a device and a socket are refused at once, whatever they are called",
  { ignore: !SPECIAL },
  async () => {
    await inTempFolder(async (folder) => {
      const why = (found: string) =>
        `Cannot read data file F: a regular file is required, found ${found}; name a file that contains the data`;
      for (
        const name of ["x.csv", "x.npy", "x.npz", "train-images-idx3-ubyte", "data_batch_1.bin", "train.bin"]
      ) {
        const path = join(folder, name);
        await makePipe(path);
        assert.equal((await read(path, path)).error, why("a pipe"), name);
        const link = join(folder, `link-${name}`);
        await Deno.symlink("/dev/zero", link);
        assert.equal((await read(link, link)).error, why("a device"), name);
      }
      const socket = join(folder, "socket.csv");
      using _listener = Deno.listen({ transport: "unix", path: socket });
      const { error, is_users } = await read(socket, socket);
      assert.match(error!, /socket|ENXIO/);
      assert.ok(is_users);
    });
  },
);

Deno.test(
  "a pipe in a folder of IDX files or CIFAR batches is refused at once",
  { ignore: !SPECIAL },
  async () => {
    for (const name of ["train-images-idx3-ubyte", "data_batch_1.bin"]) {
      await inTempFolder(async (folder) => {
        await makePipe(join(folder, name));
        const { error } = await read(folder, folder);
        assert.match(error!, /^Cannot read data file F\/.*: a regular file is required, found a pipe/);
      });
    }
  },
);

Deno.test(
  "a link to a regular file is followed, a link to nothing is nothing",
  { ignore: !SPECIAL },
  async () => {
    await inTempFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "x.csv"), "1.5,2\n");
      await Deno.symlink("x.csv", join(folder, "y.csv"));
      assert.deepEqual((await read(join(folder, "y.csv"), folder)).shape, [1, 2]);
      await Deno.symlink("nowhere", join(folder, "z.csv"));
      assert.match((await read(join(folder, "z.csv"), folder)).error!, /found nothing at F\/z\.csv/);
    });
  },
);

/** 256 MiB of zeros, in 260 kB: as many times as a file may repeat them. */
const ZEROS = new Uint8Array(gzipSync(new Uint8Array(1 << 28), { level: 9 }));
const IDX = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2);
/** Headers in front of 6 GiB of zeros. */
const BOMBS: Record<string, readonly [name: string, head: Uint8Array, why: RegExp]> = {
  "an array": [
    "x.npy.gz",
    npyOf("|u1", [2, 2, 2], new Uint8Array(0)),
    /required for \|u1 of \[2,2,2\], found more; it has extra bytes/,
  ],
  "an array that says so": [
    "x.npy.gz",
    npyOf("|u1", [6 * 2 ** 20, 32, 32], new Uint8Array(0)),
    /at most 2147483648 bytes of data are supported, found 6442450944/,
  ],
  "images": [
    "x-images-idx3-ubyte.gz",
    IDX,
    /24 bytes are required for 2 images of 2 x 2, found more; it has extra bytes/,
  ],
  "a table": [
    "x.csv.gz",
    new TextEncoder().encode("1.5,2\n"),
    /text is required, found a zero byte after line 1/,
  ],
  "nothing": ["x", new Uint8Array(16), /found a file of another kind/],
};

for (const [what, [name, head, why]] of Object.entries(BOMBS)) {
  Deno.test(`${what} in front of 6 GiB of zeros is refused before they are unpacked`, async () => {
    const packed = new Uint8Array(24 * ZEROS.length + 1000);
    const first = gzipSync(head);
    packed.set(first);
    for (let i = 0; i < 24; i++) packed.set(ZEROS, first.length + i * ZEROS.length);
    const { error, is_users } = await readFile(name, packed.subarray(0, first.length + 24 * ZEROS.length));
    assert.match(error!, why);
    assert.ok(is_users);
  });
}

Deno.test("an archive whose array unpacks to more than it says is refused where it does", async () => {
  const content = new Uint8Array(1 << 26);
  content.set(npyOf("|u1", [2, 2, 2], new Uint8Array(0)));
  const honest = zipOf([{ name: "x.npy", content, deflate: true }]);
  assert.match((await readFile("x.npz", honest)).error!, /found 67108864; it has extra bytes/);
  const size = npyOf("|u1", [2, 2, 2], new Uint8Array(8)).length;
  const liar = zipOf([{ name: "x.npy", content, deflate: true, claimed: size }]);
  assert.match((await readFile("x.npz", liar)).error!, /a damaged one in x\.npy; download it again/);
});

Deno.test("of a packed file no more is unpacked than is asked for", async () => {
  await inTempFolder(async (folder) => {
    const file = join(folder, "zeros.gz");
    await Deno.writeFile(file, ZEROS);
    using opened = await RegularFile.open(file);
    const content = await contentOf(file, opened);
    let unpacked = 0;
    const counted = {
      ...content,
      async *pieces() {
        for await (const piece of content.pieces()) {
          unpacked += piece.length;
          yield piece;
        }
      },
    };
    await assert.rejects(readBehind(counted, 10, 1000, "ten"), {
      message: /1010 bytes are required for ten, found more/,
    });
    assert.ok(unpacked <= 1 << 17, `${unpacked} bytes`);
  });
});

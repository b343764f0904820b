/** Pictures and folders as people brought them, with the values that are right. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DataSet } from "../../../coordinator/data/data_set.ts";
import { loadData } from "../../../coordinator/data/load.ts";
import { encodePng } from "../../../pictures/png.ts";
import { inTempDir } from "../../temp_dir.ts";
import goldens from "./goldens/user_pictures.json" with { type: "json" };

interface Right {
  readonly name: string;
  readonly file: string;
  readonly image_size?: number;
  readonly shape?: readonly number[];
  readonly sha256?: string;
  /** The pixel in row 16 and column 16. */
  readonly centre?: readonly number[];
  /** Row, column and pixel. */
  readonly points?: readonly [number, number, readonly number[]][];
  readonly tol?: number;
  readonly refuse?: readonly string[];
}

/** The SHA-256 of the 20 pictures' tones. */
const TWENTY = "dbdc1a8b3f0ee2ba59c66dae13f0f67f5a8c47e53b0ab8185716501ad9aa08ff";

async function load(
  path: string,
  image_size: number | null = null,
): Promise<{ data: DataSet; said: string[] }> {
  const said: string[] = [];
  const reading = { say: (line: string) => void said.push(line), progress: () => {}, num_cores: 2 };
  return { data: await loadData(path, { image_size, channels: null }, reading), said };
}

for (const [id, right] of Object.entries(goldens as unknown as Record<string, Right>)) {
  Deno.test(`user's picture ${id}`, async () => {
    await inTempDir(async (folder) => {
      for (const copy of ["a", "b", "c", "d"]) {
        await Deno.writeFile(join(folder, `${copy}-${right.name}`), Uint8Array.fromBase64(right.file));
      }
      if (right.refuse) {
        await assert.rejects(load(folder), (error: Error) => {
          assert.ok(right.refuse!.every((pattern) => new RegExp(pattern).test(error.message)), error.message);
          return error.name === "UserError" && error.message.includes(`a-${right.name}`);
        });
        return;
      }
      const { data } = await load(folder, right.image_size);
      assert.deepEqual(data.example_shape, right.shape);
      const tones = data.bytes.subarray(0, data.example_bytes);
      if (right.sha256) assert.equal(await data.sha256(), right.sha256);
      const [, height, width] = data.example_shape as [number, number, number];
      for (
        const [row, column, pixel] of right.points ?? (right.centre ? [[16, 16, right.centre] as const] : [])
      ) {
        pixel.forEach((tone, c) => {
          const found = tones[(c * height + row) * width + column]!;
          assert.ok(
            Math.abs(found - tone) <= right.tol!,
            `row ${row}, column ${column}: ${found}, not ${tone}`,
          );
        });
      }
    });
  });
}

/** Twenty pictures of 32 x 32. */
async function putTwenty(folder: string): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % 32, Math.floor(at / 96)];
      return [x * 7 + i * 13, y * 5 + i * 29, (x + y) * 3 + i * 7][at % 3]! % 256;
    });
    const picture = encodePng({ width: 32, height: 32, channels: 3, data });
    await Deno.writeFile(join(folder, `${String(i).padStart(3, "0")}.png`), picture);
  }
}

interface Folder {
  /** Puts more into the folder; returns the path to read. */
  readonly put: (folder: string) => Promise<string | void>;
  readonly said?: readonly string[];
}

const text = (path: string, content = "x") => Deno.writeTextFile(path, content);
const first = (folder: string) => Deno.readFile(join(folder, "000.png"));

/** Folders that hold the twenty pictures and nothing else to train on. FOLDER stands for the folder. */
const FOLDERS: Readonly<Record<string, Folder>> = {
  "as it is": { put: async () => {} },
  "with what macOS leaves": {
    put: async (folder) => {
      await text(join(folder, "._000.jpg"), "\0\x05\x16\x07");
      await text(join(folder, ".DS_Store"));
      await Deno.mkdir(join(folder, "__MACOSX"));
      await text(join(folder, "__MACOSX", "._000.png"));
      await Deno.writeFile(join(folder, "__MACOSX", "000.png"), await first(folder));
    },
  },
  "with Jupyter's copies": {
    put: async (folder) => {
      await Deno.mkdir(join(folder, ".ipynb_checkpoints"));
      await Deno.writeFile(join(folder, ".ipynb_checkpoints", "000-checkpoint.png"), await first(folder));
    },
  },
  "with what Windows and a NAS leave": {
    put: async (folder) => {
      for (const name of ["Thumbs.db", "desktop.ini"]) await text(join(folder, name));
      await Deno.mkdir(join(folder, "@eaDir"));
      await Deno.writeFile(join(folder, "@eaDir", "SYNOPHOTO_THUMB_M.jpg"), await first(folder));
    },
  },
  "with pictures of other kinds and files of none": {
    put: async (folder) => {
      for (let i = 20; i < 30; i++) await text(join(folder, `${i}.heic`));
      for (const name of ["030.jxl", "labels.csv", "a.txt", "b.TXT", "LICENSE"]) {
        await text(join(folder, name));
      }
    },
    said: [
      "Not read in FOLDER: 10 .heic, 1 .jxl (not read: convert them to PNG); 2 .txt, 1 without an " +
      "ending in its name, 1 .csv",
    ],
  },
  "with hidden files": {
    put: async (folder) => {
      await Deno.writeFile(join(folder, ".000.png"), await first(folder));
      await Deno.mkdir(join(folder, ".cache"));
      await Deno.writeFile(join(folder, ".cache", "000.png"), await first(folder));
    },
    said: ["Not read in FOLDER: 2 hidden files or folders (.000.png, ...)"],
  },
  "with a link to a folder above it": {
    put: (folder) => Deno.symlink(folder, join(folder, "again")),
    said: ["Not read in FOLDER: 1 link to a file that is read anyway (again)"],
  },
  "with links to pictures in it": {
    put: async (folder) => {
      await Deno.symlink("000.png", join(folder, "a.png"));
      await Deno.symlink(join(folder, "001.png"), join(folder, "b.png"));
    },
    said: ["Not read in FOLDER: 2 links to files that are read anyway (a.png, ...)"],
  },
  "with links that lead nowhere": {
    put: async (folder) => {
      await Deno.symlink("gone.png", join(folder, "a.png"));
      await Deno.symlink("b.png", join(folder, "b.png"));
    },
    said: ["Not read in FOLDER: 2 links that lead nowhere (a.png, ...)"],
  },
  "behind a link, and links in a circle": {
    put: async (folder) => {
      await Deno.mkdir(join(folder, "in"));
      await Deno.symlink(folder, join(folder, "in", "faces"));
      await Deno.symlink(join(folder, "in"), join(folder, "in", "same"));
      return join(folder, "in");
    },
    said: [
      "Not read in FOLDER/in: 1 link to a file that is read anyway (same)",
    ],
  },
  "of links to pictures": {
    put: async (folder) => {
      await Deno.mkdir(join(folder, "links"));
      for await (const { name } of Deno.readDir(folder)) {
        if (name.endsWith(".png")) await Deno.symlink(join("..", name), join(folder, "links", name));
      }
      return join(folder, "links");
    },
  },
};

for (const [what, { put, said = [] }] of Object.entries(FOLDERS)) {
  Deno.test(`a folder ${what} has its twenty pictures once each`, async () => {
    await inTempDir(async (made) => {
      const folder = await Deno.realPath(made);
      await putTwenty(folder);
      const found = await load(await put(folder) ?? folder);
      assert.deepEqual(found.said.map((line) => line.replaceAll(folder, "FOLDER")), said);
      assert.equal(found.data.num_examples, 20);
      assert.equal(await found.data.sha256(), TWENTY);
    });
  });
}

Deno.test({
  name: "pipes and devices called pictures are never opened, linked or not",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempDir(async (folder) => {
      await putTwenty(folder);
      const { success } = await new Deno.Command("mkfifo", { args: [join(folder, "zz.png")] }).output();
      assert.ok(success);
      await Deno.symlink(join(folder, "zz.png"), join(folder, "pipe.png"));
      await Deno.symlink("/dev/zero", join(folder, "zero.jpg"));
      const { data, said } = await load(folder);
      assert.deepEqual(said, [`Not read in ${folder}: 3 pipes, sockets or devices (zz.png, ...)`]);
      assert.equal(await data.sha256(), TWENTY);
    }),
});

Deno.test({
  name:
    "names in other bytes than UTF-8, under which nothing can be opened, are told; a U+FFFD in a name is a letter",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTempDir(async (folder) => {
      await putTwenty(folder);
      // Latin-1, as old archives have it.
      const script =
        `cp 000.png "$(printf '\\374bel.png')"; mkdir "$(printf 'caf\\351')"; cp 000.png "$(printf 'caf\\351')"`;
      const { success } = await new Deno.Command("sh", { args: ["-c", script], cwd: folder }).output();
      assert.ok(success);
      const odd = await load(folder);
      assert.deepEqual(odd.said, [
        `Not read in ${folder}: 2 files or folders whose names are not UTF-8 (caf\ufffd, ...): rename them`,
      ]);
      assert.equal(await odd.data.sha256(), TWENTY);
      await Deno.copyFile(join(folder, "000.png"), join(folder, "\ufffd.png"));
      assert.equal((await load(folder)).data.num_examples, 21);
    }),
});

Deno.test("a name cannot write to the terminal", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "a\x1b[2J\n.png"), new Uint8Array(0));
    await Deno.writeFile(join(folder, "b\x9b.png"), new Uint8Array(0));
    await assert.rejects(load(folder), ({ message }: Error) => {
      assert.match(
        message,
        /^Cannot read 2 of 2 pictures in .*: .* found a\?\[2J\?\.png \(an empty file\), b\?\.png/,
      );
      return true;
    });
  }));

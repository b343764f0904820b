/** What is wrong with the options is said before the pictures are read: reading takes the longest of all. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseOptions } from "../../../common/cli/cli.ts";
import { UNWATCHED } from "../../../coordinator/data/data_source.ts";
import { givenConfig } from "../../../coordinator/config/given_config.ts";
import { TRAIN_OPTIONS } from "../../../coordinator/config/options/options.ts";
import { prepare } from "../../../coordinator/run/prepare.ts";
import { putPictures } from "../../e2e/images.ts";
import { inTempDir } from "../../temp_dir.ts";

const COMMAND = { name: "train", about: "", options: TRAIN_OPTIONS };

interface Start {
  readonly options: readonly string[];
  readonly out?: string;
  readonly resume?: string;
}

/** Prepares a run on a folder; `counts`: how far reading came, each time that it was told. */
async function start(folder: string, { options, out, resume }: Start, counts: number[] = []) {
  const data = resume === undefined ? ["--data", folder, "--image-size", "32"] : [];
  const given = givenConfig(parseOptions(COMMAND, [...data, ...options]).given);
  const reading = { ...UNWATCHED, progress: (done: number) => void counts.push(done) };
  const { log, lock } = await prepare({
    ...{ given, exact: true, readable: false, now: new Date(0), reading },
    out: out ?? null,
    resume: resume ?? null,
  });
  await log.close();
  await lock[Symbol.asyncDispose]();
}

const SMALL = ["--batch", "8", "--shards", "2", "--preset", "wgan-dcgan", "--width", "4", "--latent", "4"];

const WRONG: Readonly<Record<string, [Start, RegExp]>> = {
  "a batch that shards do not divide": [
    { options: ["--batch", "63"] },
    /^Cannot plan shards: --batch must be a multi/,
  ],
  "a batch of more than there are": [{ options: ["--batch", "64"] }, /^Cannot plan shards: --batch 64 needs/],
  "too small a part held out": [
    { options: ["--batch", "8", "--holdout", "0.01"] },
    /^Cannot hold out examples: --holdout 0.01 must keep out/,
  ],
  "an option of other presets": [{ options: ["--preset", "wgan", "--width", "8"] }, /^Cannot use --width/],
  "a border that is too small": [{ options: ["--pad-to", "16"] }, /^Cannot pad examples to 16 x 16/],
  "a preset for points": [{ options: ["--preset", "toy-wgan", "--batch", "8"] }, /toy-wgan/],
  "a folder that is not empty": [
    { options: SMALL, out: "used" },
    /^Cannot start a run in .*used: the folder must be/,
  ],
  "a file in place of a folder": [
    { options: SMALL, out: "file" },
    /^Cannot make run folder .*file: it must be/,
  ],
};

for (const [what, [wrong, message]] of Object.entries(WRONG)) {
  Deno.test(`${what} is refused before pictures are read`, () =>
    inTempDir(async (folder) => {
      const pictures = join(folder, "pictures");
      await putPictures(pictures, 12, 3);
      await Deno.writeTextFile(join(pictures, "z.png"), "no picture");
      await Deno.mkdir(join(folder, "used"));
      for (const file of ["file", "used/x"]) await Deno.writeTextFile(join(folder, file), "");
      const counts: number[] = [];
      const out = join(folder, wrong.out ?? "out");
      await assert.rejects(start(pictures, { ...wrong, out }, counts), { name: "UserError", message });
      assert.deepEqual(counts, []);
    }));
}

Deno.test("what a resumed run may not change is refused before pictures are read", () =>
  inTempDir(async (folder) => {
    const pictures = join(folder, "pictures"), run = join(folder, "run");
    await putPictures(pictures, 12, 3);
    await start(pictures, { options: SMALL, out: run });
    const counts: number[] = [];
    for (
      const [options, message] of [
        [["--seed", "5"], /^Cannot resume with another seed/],
        [["--batch", "4"], /^Cannot resume with another batch/],
      ] as const
    ) {
      await assert.rejects(start(pictures, { options, resume: run }, counts), { name: "UserError", message });
    }
    assert.deepEqual(counts, []);
    await start(pictures, { options: [], resume: run }, counts);
    assert.deepEqual([counts[0], counts.at(-1)], [0, 12]);
    await Deno.copyFile(join(pictures, "1.png"), join(pictures, "0.png"));
    await assert.rejects(
      start(pictures, { options: [], resume: run }),
      /^UserError: Cannot resume with other data/,
    );
  }));

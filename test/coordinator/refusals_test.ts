/**
 * A user's mistake is reported in one line, before there is a run folder, by the code that `train` and `coordinator`
 * run; test/e2e/bad_input_test.ts proves what their processes make of it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeNpy } from "../../common/files/npy.ts";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { encodePng } from "../../pictures/png.ts";
import { blank } from "../../pictures/raster.ts";
import { tinyImages } from "../e2e/images.ts";
import { inTempDir } from "../temp_dir.ts";
import { CoordinatorScene } from "./coordinator_scene.ts";

interface Case {
  /** The command line; its first word is the task. Its paths, and those of the message, lie in the test's folder. */
  readonly line: string;
  readonly message: string;
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.sort();
}

/** Options whose value is a path. */
const PATHS = ["--tensorboard", "--data", "--out", "--resume", "--config", "--token-file"];

/** The command line with its paths in `folder`, and a run folder there. */
function lineIn(folder: string, line: string): string {
  const [task, ...words] = line.split(" ");
  const placed = words.map((word, i) => PATHS.includes(words[i - 1]!) ? join(folder, word) : word);
  const has_folder = words.includes("--out") || words.includes("--resume");
  return [task, ...has_folder ? [] : ["--out", join(folder, "new-run")], ...placed].join(" ");
}

/** Each case must fail with its message before workers are let in, and leave no file behind. */
async function checkCases(folder: string, cases: readonly Case[]): Promise<void> {
  const before = await namesIn(folder);
  for (const { line, message } of cases) {
    const scene = new CoordinatorScene();
    const letsIn = () => {
      throw new Error("Workers are let in");
    };
    const error = await scene.run(lineIn(folder, line), letsIn).then(() => null, (error: Error) => error);
    assert.deepEqual(
      { line, name: error?.name, message: error?.message.replaceAll(`${folder}/`, "") },
      { line, name: "UserError", message },
    );
    assert.equal(scene.listens, false);
    assert.deepEqual(await namesIn(folder), before, line);
  }
}

Deno.test("data that cannot be read are refused in one line", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "images-idx3-ubyte"), tinyImages());
    const images = tinyImages();
    const put = (name: string, bytes: Uint8Array) => Deno.writeFile(join(folder, name), bytes);
    await put("cut", images.subarray(0, 1000));
    await put("cut.gz", gzipSync(images).subarray(0, 1000));
    await put("magic", Uint8Array.from(images, (byte, i) => i === 2 ? 0x0d : byte));
    await put("labels", Uint8Array.from(images, (byte, i) => i === 3 ? 0x01 : byte));
    for (const name of ["both", "none", "broken", "mixed"]) await Deno.mkdir(join(folder, name));
    for (const name of ["train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"]) {
      await put(`both/${name}`, gzipSync(images));
    }
    await put("wide.npy", encodeNpy(new Float32Array(8 * 400_000), [8, 400_000]));
    await Deno.writeTextFile(join(folder, "years.csv"), "2019,2020\n0.5,1.5\n");
    await new Deno.Command("mkfifo", { args: [join(folder, "pipe.npy")] }).output();
    const picture = encodePng(blank(4, 4, 1, 200)), coloured = encodePng(blank(4, 4, 3, 200));
    await put("broken/a.png", picture);
    await put("broken/b.png", picture.subarray(0, 50));
    await put("mixed/a.png", picture);
    await put("mixed/b.png", coloured);
    await checkCases(folder, [
      {
        line: "train --data nowhere",
        message: "Cannot read data: a file or folder is required, found nothing at nowhere; check --data",
      },
      {
        line: "train --data cut",
        message: "Cannot read data file cut: 6928 bytes are required for 192 images of 6 x 6, found 1000; " +
          "it is incomplete: download it again",
      },
      {
        line: "train --data cut.gz",
        message: "Cannot read data file cut.gz: a whole gzip file is required, found one that ends early; " +
          "download it again",
      },
      {
        line: "train --data magic",
        message: "Cannot read data file magic: the IDX magic number of images must be 0x00000803 (bytes in " +
          "3 dimensions), found 0x00000d03; give an IDX image file",
      },
      {
        line: "train --data labels",
        message: "Cannot read data file labels: images are required (IDX magic number 0x00000803), " +
          "found labels (0x00000801); give the file of images",
      },
      {
        line: "train --data years.csv",
        message:
          "Cannot read data file years.csv: line 1 (2019, 2020) may be a header of numbers or the first example; " +
          "say which: --data years.csv#header=yes or --data years.csv#header=no",
      },
      {
        line: "train --data pipe.npy",
        message:
          "Cannot read data file pipe.npy: a regular file is required, found a pipe; name a file that contains the data",
      },
      {
        line: "train --data none",
        message:
          "Cannot read data folder none: pictures (.png, .jpg, .webp and others), NPY files, an IDX image file such as " +
          "train-images-idx3-ubyte.gz or CIFAR-10's data_batch_*.bin are required, found none of them; name " +
          "another folder, or a file, with --data",
      },
      {
        line: "train --data both",
        message: "Cannot read data folder both: one IDX image file is required, found " +
          "t10k-images-idx3-ubyte.gz and train-images-idx3-ubyte.gz; name one of them, for example " +
          "--data both/t10k-images-idx3-ubyte.gz",
      },
      {
        line: "train --data broken --batch 2 --shards 1",
        message: "Cannot read data file broken/b.png: a whole picture is required, found a PNG that " +
          "ends early; repair or remove the file, or leave it out with --on-bad-item skip",
      },
      {
        line: "train --data mixed --batch 2 --shards 1",
        message:
          "Cannot read data folder mixed: pictures of one kind are required, found a grey one (a.png) and a " +
          "coloured one (b.png); make all grey with --channels 1, or colour with --channels 3",
      },
      {
        line: "train --data mixed --channels 3",
        message:
          "Cannot plan shards: --batch 64 needs at least 64 training examples, found 2; use a smaller " +
          "--batch or more data",
      },
      { line: "train --channels 2", message: "Option --channels must be 1 (grey) or 3 (colour): found 2" },
      {
        line: "train --dataset 8gaussians --image-size 32",
        message:
          "Cannot use --image-size: images are required, found points of 2 numbers (8gaussians); leave it out",
      },
      {
        line: "train --data wide.npy --preset wgan --batch 8",
        message:
          "Cannot train networks of this size: weights, the optimizer's state and the sums of 4 shards must " +
          "fit into 4 GiB, found 15.3 GiB; use smaller networks or images, or fewer --shards",
      },
      {
        line: "train --data cut --dataset strokes",
        message: "Cannot choose the data: one of --dataset and --data is required, found both " +
          "(strokes and cut); leave one out",
      },
    ]);
  }));

Deno.test("options that do not exist, are out of range or do not fit are refused in one line", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "images-idx3-ubyte"), tinyImages());
    await checkCases(folder, [
      { line: "train --step 5", message: "Unknown option --step: did you mean --steps?" },
      {
        line: "coordinator --workers 5",
        message: "Unknown option --workers: see deno task coordinator --help",
      },
      { line: "train now", message: 'Unexpected argument "now": see deno task train --help' },
      { line: "train --preset", message: "Option --preset needs a value: found the end of the line" },
      {
        line: "train --preset wgn",
        message: `Option --preset must be one of ${Object.keys(PRESETS).join(", ")}: found "wgn" (did ` +
          "you mean wgan?)",
      },
      {
        line: "train --steps 0",
        message: 'Option --steps must be an integer from 1 to 4294967294 (critic steps): found "0"',
      },
      { line: "train --lr 0", message: 'Option --lr must be a number above 0 and at most 10: found "0"' },
      {
        line: "train --latent 1.5",
        message: 'Option --latent must be an integer from 1 to 65536: found "1.5"',
      },
      {
        line: "train --holdout 1",
        message: 'Option --holdout must be a number from 0 to 0.9 (share): found "1"',
      },
      {
        line: "coordinator --port 65536",
        message: 'Option --port must be an integer from 0 to 65535: found "65536"',
      },
      {
        line: "train --batch 10",
        message:
          "Cannot plan shards: --batch must be a multiple of --shards 4, found 10; use --batch 8 or 12",
      },
      {
        line: "train --batch 4",
        message: "Cannot plan shards: with batch normalisation --batch must be at least twice --shards 4, " +
          "found 4; use --batch 8 or fewer --shards",
      },
      {
        line: "train --batch 64 --pac 10",
        message:
          "Cannot pack examples: --batch must be a multiple of 40 (--shards 4 times --pac 10), found 64; use --batch 80",
      },
      {
        line: "train --data images-idx3-ubyte --batch 400",
        message: "Cannot plan shards: --batch 400 needs at least 400 training examples, found 192; " +
          "use a smaller --batch or more data",
      },
      {
        line: "train --steps 10 --epochs 1",
        message:
          "Cannot set the length of the run: one of --steps and --epochs is required, found both; leave one out",
      },
      {
        line: "train --width 32",
        message:
          "Cannot use --width: convolutional networks are required, found preset strokes; use --preset " +
          "wgan-dcgan, or leave it out",
      },
      { line: "train --gpu 0 --cpu", message: "Option --cpu excludes --gpu: give one" },
      {
        line: "coordinator --token-file nowhere",
        message:
          "Cannot read token file nowhere: a readable file is required, found ENOENT: no such file or directory, " +
          "open 'nowhere'; check --token-file",
      },
    ]);
  }));

Deno.test("a configuration file that cannot be used is refused in one line", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "images-idx3-ubyte"), tinyImages());
    const files = {
      typo: '{"n_critc": 3}',
      broken: '{"lr": ',
      range: '{"batch": 0}',
      list: "[]",
      resume: '{"resume": "x"}',
    };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    await checkCases(folder, [
      {
        line: "train --config typo",
        message: 'Unknown key "n_critc" in configuration file typo: did you mean n_critic?',
      },
      {
        line: "train --config resume",
        message:
          'Unknown key "resume" in configuration file resume; its keys are names of options, such as preset, dataset, data',
      },
      {
        line: "coordinator --config broken",
        message: "Cannot read configuration file broken: it must be JSON, found Unexpected end of JSON input",
      },
      {
        line: "train --config range",
        message:
          'Key "batch" in configuration file range must be an integer from 1 to 1048576 (examples): found 0',
      },
      {
        line: "train --config list",
        message: "Cannot use configuration file list: it must hold one JSON object",
      },
      {
        line: "train --config nowhere",
        message:
          "Cannot read configuration file nowhere: a readable file is required, found ENOENT: no such file " +
          "or directory, open 'nowhere'; check --config",
      },
    ]);
  }));

/** A log whose first record says that it is of another format. */
const OTHER_FORMAT = '{"type":"run","format":3,"versions":{"wagon":"9.0.0"}}\n';

Deno.test("a folder that is no run of this version, or no place for a new one, is refused in one line", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "images-idx3-ubyte"), tinyImages());
    for (const name of ["newer", "garbage", "full"]) await Deno.mkdir(join(folder, name));
    await Deno.writeTextFile(join(folder, "newer", "events.jsonl"), OTHER_FORMAT);
    await Deno.writeTextFile(join(folder, "garbage", "events.jsonl"), "garbage\n");
    await Deno.writeTextFile(join(folder, "full", "a file"), "");
    const newer =
      "Cannot read newer/events.jsonl: this version of wagon reads run formats 1 and 2, and the folder is of " +
      "run format 3: use the version that wrote it (wagon 9.0.0)";
    await checkCases(folder, [
      { line: "train --resume newer", message: newer },
      { line: "coordinator --port 0 --resume newer", message: newer },
      {
        line: "train --resume garbage",
        message: "Cannot read garbage/events.jsonl: it must begin with a run record, found none",
      },
      {
        line: "train --resume nowhere",
        message: "Cannot read run nowhere: a run folder must hold events.jsonl, found none",
      },
      ...["ftp://logs.example/", "logs.example:80"].map((url) => ({
        line: `train --log-url ${url}`,
        message: "Cannot use --log-url: an address that begins with http:// or https:// is required, found " +
          url,
      })),
      {
        line: "coordinator --log-url http://me:secret@logs.example/",
        message:
          "Cannot use --log-url: an address that begins with http:// or https:// is required, found a user or a " +
          "password in it; give a token with WAGON_LOG_TOKEN",
      },
      {
        line: "train --tensorboard images-idx3-ubyte/events",
        message:
          "Cannot write events for TensorBoard: images-idx3-ubyte/events must be a folder that can be written, on a disk with free space, found " +
          "Not a directory (os error 20): mkdir 'images-idx3-ubyte/events'; name another with --tensorboard",
      },
      {
        line: "train --resume full --name x",
        message:
          "Cannot name a run that exists: --name is for new runs, found x; leave it out, or use --note",
      },
      {
        line: "train --out full",
        message: "Cannot start a run in full: the folder must be empty or new; name another with --out, " +
          "or continue with --resume full",
      },
      {
        line: "train --out images-idx3-ubyte",
        message:
          "Cannot make run folder images-idx3-ubyte: it must be a new or empty folder on a disk with free space, found " +
          "Not a directory (os error 20): readdir 'images-idx3-ubyte'; name another with --out",
      },
    ]);
  }));

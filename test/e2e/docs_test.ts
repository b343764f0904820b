/** Every command that the documents tell a reader to type is run here, shortened where it would take minutes. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EMBEDDED_CLASSIFIER } from "../../classifier/embedded.ts";
import { generatorBytes } from "../tasks/small_generator.ts";
import type { Ended, TaskName } from "./child.ts";
import { putPictures, squareImages } from "./images.ts";
import { trainHere } from "./train_here.ts";
import { npyOf } from "../coordinator/data/npy_file.ts";
import { labelledCritic, labelledGenerator, modelBytes } from "../models/import/labelled_networks.ts";
import { Workplace } from "./workplace.ts";
import parquet from "../coordinator/data/goldens/parquet.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = [".", "docs", "docs/results", "bench"];
/** Pages about the past, and with tests of their own (several_machines_test.ts, encryption_test.ts, relay_test.ts, test/deploy). */
const OTHER_PAGES = /\/(?:CHANGELOG|encryption|relays|on-several-machines|on-slurm|on-kubernetes)\.md$/;
const NETWORKS = join(ROOT, "test/models/import/files");
const SMALL_PAIR = ["--batch", "8", "--width", "4", "--latent", "8"];
/** Options of evaluate: they take the place of those that were given. */
const FEW = ["--count", "6", "--repeats", "1"];
const SHORT = ["--steps", "5", "--sample-every", "0", "--workers", "1"];

/** The lines of the blocks marked `sh`, without what makes Deno itself available, or PyTorch. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap((block) => block[1]!.split("\n"))
    .map((line) => line.trim().replace(/^npx -y deno@[\d.]+ /, "deno "))
    .filter((line) => line !== "" && !/^(?:#|pip |python )/.test(line));
}

function pages(): string[] {
  return FOLDERS.flatMap((folder) =>
    [...Deno.readDirSync(join(ROOT, folder))].map(({ name }) => join(ROOT, folder, name))
  ).filter((path) => path.endsWith(".md") && !OTHER_PAGES.test(path));
}

async function documented(): Promise<Set<string>> {
  const texts = await Promise.all(pages().map((path) => Deno.readTextFile(path)));
  return new Set(texts.flatMap(commandsOf));
}

/** An IDX file of labels that take turns. */
function labelsIdx(count: number, num_classes: number): Uint8Array {
  const out = new Uint8Array(8 + count), view = new DataView(out.buffer);
  view.setUint32(0, 0x801);
  view.setUint32(4, count);
  for (let i = 0; i < count; i++) out[8 + i] = i % num_classes;
  return out;
}

/** A table of ages, codes of four places, and two kinds. */
async function putPeople(place: Workplace): Promise<void> {
  const rows = Array.from({ length: 64 }, (_, i) => `${20 + i % 40},${1000 + i % 4},${["a", "b"][i % 2]}\n`);
  await Deno.writeTextFile(place.path("people.csv"), `age,zip,kind\n${rows.join("")}`);
}

type Run = (place: Workplace, args: string[]) => Promise<Ended | void>;

/** Runs a task with what was documented, and more options that make it short. */
const withOptions = (...more: string[]): Run => (place, args) => {
  const [task, ...rest] = args;
  return place.run(task as TaskName, [...rest, ...more]);
};

/** In the place of 10,240 images that are drawn first, where those are not the subject. */
const FEW_IMAGES = ["--data", "images-idx3-ubyte.gz", "--batch", "16", "--preset", "strokes"];
const fewImagesIn = (place: Workplace) => FEW_IMAGES.map((word) => wholePath(place, word));

const train: Run = (place, args) => withOptions(...SHORT, "--out", place.path("trained"))(place, args);

/** A word, with the whole path if it names a file of the place, or columns of one. */
function wholePath(place: Workplace, word: string): string {
  return existsSync(place.path(word.split("#")[0]!)) ? place.path(word) : word;
}

/** The same in this process, where another command here, or another test, has a process do the same with such files. */
const here: Run = async (place, [, ...args]) => {
  const words = args.map((word) => wholePath(place, word));
  const { state, steps } = await trainHere([...words, ...SHORT, "--out", place.path("trained")]);
  assert.deepEqual([state, steps], ["finished", 5]);
};

/** Runs once what several commands of the documents say together. */
function once(run: (place: Workplace) => Promise<Ended>): Run {
  let ended: Promise<Ended> | null = null;
  return (place) => ended ??= run(place);
}

/** The three that find each other, in the order of the documents. */
const together = once(async (place) => {
  const args = [...FEW_IMAGES, "--port", "0", "--out", place.path("run"), "--steps", "5"];
  const coordinator = place.start("coordinator", args);
  await coordinator.line(/Listening on/);
  const worker = place.start("worker", []);
  assert.equal((await coordinator.end()).code, 0);
  assert.equal((await worker.end()).code, 0);
  return await place.run("inspect", ["--runs", place.folder]);
});

/** How each documented command is run; what must come out is exit code 0 unless it says otherwise. */
const RUNS: Readonly<Record<string, Run>> = {
  "deno task train": train,
  "deno task train --data images-idx3-ubyte.gz": here,
  "deno task train --data photos/ --image-size 32 --preset wgan-dcgan": async (place, args) => {
    await putPictures(place.path("photos"), 12, 3);
    return train(place, [...args, ...SMALL_PAIR]);
  },
  "deno task train --generator generator.onnx --critic critic.onnx --objective wgan --data images-idx3-ubyte.gz":
    async (place, args) => {
      await Deno.writeFile(place.path("images-idx3-ubyte.gz"), squareImages(64, 8));
      for (const role of ["generator", "critic"]) {
        await Deno.copyFile(join(NETWORKS, `mlp_${role}_script13.onnx`), place.path(`${role}.onnx`));
      }
      return here(place, [...args, "--batch", "16"]);
    },
  "deno task train --data images-idx3-ubyte.gz --preset cwgan-gp": async (place, args) => {
    // 192 images of 6 x 6, and the class of each beside them.
    await Deno.writeFile(place.path("labels-idx1-ubyte.gz"), labelsIdx(192, 3));
    return train(place, [...args, "--batch", "16"]);
  },
  "deno task train --data photos/ --image-size 32 --preset cdcgan": async (place, args) => {
    await Deno.mkdir(place.path("photos"));
    for (const name of ["cats", "dogs"]) await putPictures(place.path("photos", name), 8, 3);
    return here(place, [...args, ...SMALL_PAIR]);
  },
  "deno task train --data people.csv --labels kind": async (place, args) => {
    const rows = Array.from({ length: 64 }, (_, i) => `${Math.sin(i)},${["a", "b"][i % 2]},${Math.cos(i)}`);
    await Deno.writeTextFile(place.path("people.csv"), `age,kind,income\n${rows.join("\n")}\n`);
    return here(place, [...args, "--batch", "16"]);
  },
  "deno task sample latest --class 7 --count 64 --grid sevens.png": async (place, args) => {
    await Deno.writeFile(place.path("labels-idx1-ubyte.gz"), labelsIdx(192, 8));
    const made = ["--data", place.path("images-idx3-ubyte.gz"), "--preset", "cwgan-gp", "--batch", "16"];
    await trainHere([...made, ...SHORT, "--out", place.path("runs", "digits")]);
    return withOptions()(place, args);
  },
  "deno task train --generator generator.onnx --critic critic.onnx --objective wgan-gp --data points.npy --labels labels.npy":
    async (place, args) => {
      await Deno.writeFile(place.path("generator.onnx"), modelBytes(labelledGenerator()));
      await Deno.writeFile(place.path("critic.onnx"), modelBytes(labelledCritic()));
      const points = Float32Array.from({ length: 64 * 4 }, (_, i) => Math.sin(i));
      await Deno.writeFile(place.path("points.npy"), npyOf("<f4", [64, 4], new Uint8Array(points.buffer)));
      const labels = Uint8Array.from({ length: 64 }, (_, i) => i % 3);
      await Deno.writeFile(place.path("labels.npy"), npyOf("|u1", [64], labels));
      return train(place, [...args, "--batch", "16"]);
    },
  "deno task train --tensorboard logs": async (place, args) => {
    const ended = await train(place, [...args, ...FEW_IMAGES]);
    const [name] = [...Deno.readDirSync(place.path("logs", "trained"))].map(({ name }) => name);
    assert.match(name!, /^events\.out\.tfevents\./);
    return ended;
  },
  "deno task train --log-url http://127.0.0.1:7800/": async (place, [task, option]) => {
    let text = "";
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      text += await request.text();
      return new Response(null, { status: 204 });
    });
    try {
      const ended = await train(place, [
        ...[task!, option!, `http://127.0.0.1:${server.addr.port}/`],
        ...FEW_IMAGES,
      ]);
      assert.equal(text, await Deno.readTextFile(place.path("trained", "events.jsonl")));
      return ended;
    } finally {
      await server.shutdown();
    }
  },
  "deno task train --data people.csv --categories zip": async (place, args) => {
    await putPeople(place);
    return here(place, [...args, "--batch", "20"]);
  },
  "deno task sample latest --csv more-people.csv": async (place, args) => {
    await putPeople(place);
    const people = place.path("people.csv");
    await trainHere(["--data", people, "--batch", "20", ...SHORT, "--out", place.path("runs", "people")]);
    return withOptions()(place, args);
  },
  "deno task train --data people.parquet#columns=age,kind": async (place, args) => {
    const [file] = Object.values(parquet.words.files);
    await Deno.writeFile(place.path("people.parquet"), Uint8Array.fromBase64(file!));
    // pyarrow's file has sizes for ages.
    return train(place, [
      ...args.map((word) => word.replace("=age,", "=size,")),
      "--batch",
      "4",
      "--shards",
      "2",
    ]);
  },
  "deno task train --data people.csv --scale standard": async (place, args) => {
    const rows = Array.from({ length: 64 }, (_, i) => `${20 + i % 40},${1_000 * (i % 7)}\n`);
    await Deno.writeTextFile(place.path("people.csv"), `age,income\n${rows.join("")}`);
    return here(place, [...args, "--batch", "16"]);
  },
  "deno task fetch-data emoji": async (place, [, ...args]) => {
    // Nothing listens there: what it downloads is test/tasks/fetch_data_test.ts's.
    const nowhere = { npm_config_registry: "http://127.0.0.1:2/" };
    const { code, stderr } = await place.run("fetch-data", args, nowhere);
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot download .*run the command again when the network is there/);
  },
  "deno task train --data data/emoji --image-size 32 --preset wgan-gp-dcgan": async (place, args) => {
    await putPictures(place.path("data", "emoji"), 12, 3);
    return here(place, [...args, ...SMALL_PAIR]);
  },
  "deno task evaluate latest": async (place, args) => {
    await trainHere([...fewImagesIn(place), ...SHORT, "--out", place.path("runs", "one")]);
    return withOptions(...FEW)(place, args);
  },
  "deno task evaluate generator.onnx --against images-idx3-ubyte.gz": async (place, args) => {
    await Deno.writeFile(place.path("generator.onnx"), await generatorBytes([6, 6], [-1, 1]));
    return withOptions(...FEW)(place, args);
  },
  "deno task evaluate samples/ --against photos/ --image-size 32": async (place, args) => {
    await putPictures(place.path("samples"), 6, 3);
    await putPictures(place.path("photos"), 7, 3);
    return withOptions(...FEW)(place, args);
  },
  "deno task evaluate latest --features inception.onnx --count 10000": async (place, args) => {
    // The network takes images of 16 x 16.
    await trainHere(["--dataset", "strokes", ...SHORT, "--out", place.path("runs", "one")]);
    await Deno.copyFile(EMBEDDED_CLASSIFIER, place.path("inception.onnx"));
    return withOptions(...FEW)(place, args);
  },
  "deno task sweep --grid lr=5e-4,1e-3 --seeds 1..3 -- --dataset 8gaussians": async (
    place,
    [, , , , , ...train],
  ) => {
    const few = ["--grid", "lr=1e-3", "--seeds", "2", "--out", place.path("sweep"), "--workers", "1"];
    const ended = await place.run("sweep", [...few, ...train, "--steps", "2", "--sample-every", "0"]);
    assert.match(ended.stderr, /^lr=1e-3 +1 of 1 /m);
    assert.match(await Deno.readTextFile(place.path("sweep", "report.html")), /lr=1e-3_seed=2/);
    return ended;
  },
  "deno task coordinator": together,
  "deno task worker": together,
  "deno task inspect": together,
  "deno task coordinator --host 0.0.0.0 --data images-idx3-ubyte.gz": async (place, args) => {
    // No worker comes: it listens, and gives up.
    const more = ["--port", "0", "--give-up-after", "0.2", "--out", place.path("run")];
    const { code, stderr } = await withOptions(...more)(place, args) as Ended;
    assert.equal(code, 2);
    assert.match(stderr, /Listening on ws:\/\/0\.0\.0\.0:\d+/);
  },
};

Deno.test("every documented command works", async (t) => {
  const commands = await documented();
  for (const command of commands) {
    await t.step(command, async () => {
      const [deno, task, ...args] = command.split(" ");
      assert.deepEqual([deno, task], ["deno", "task"]);
      const run = RUNS[command];
      assert.ok(run, `No way to run this command is given in ${import.meta.filename}`);
      await using place = await Workplace.open();
      await Deno.rename(place.images, place.path("images-idx3-ubyte.gz"));
      const ended = await run(place, args);
      if (ended) assert.equal(ended.code, 0, ended.stderr);
    });
  }
  assert.deepEqual(Object.keys(RUNS).filter((command) => !commands.has(command)), [], "documented no more");
});

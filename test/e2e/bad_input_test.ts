/**
 * A mistake gets one clear line and exit code 2: no stack trace, and nothing is left behind. Each task's process once;
 * what there is to be wrong, and its words, are units (test/coordinator/refusals_test.ts and beside each reader).
 */
import assert from "node:assert/strict";
import type { TaskName } from "./child.ts";
import { Workplace } from "./workplace.ts";

/** Processes at a time. */
const SIDE_BY_SIDE = 2;

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.sort();
}

const NOWHERE = "Cannot find run nowhere: there are no runs in runs";
const NO_DATA = "Cannot read data: a file or folder is required, found nothing at nowhere; check --data";

/** The command line of each task, and all of standard error but for the end of the line. */
const CASES: Readonly<Record<Exclude<TaskName, "contest">, readonly [args: string, message: string]>> = {
  train: ["--data nowhere", NO_DATA],
  coordinator: [
    "--port PORT",
    "Cannot listen on 127.0.0.1:PORT: the port is in use; choose another with --port, or stop the program that uses it",
  ],
  worker: [
    "--threads 0",
    'Option --threads must be an integer from 1 to 1024 (threads): found "0"',
  ],
  relay: [
    "--port PORT",
    "Cannot relay: --upstream must be the address of the run's coordinator or of another relay, found none; give it, " +
    "e.g. --upstream ws://10.0.0.5:7700",
  ],
  inspect: ["nowhere --json", NOWHERE],
  evaluate: ["nowhere", NOWHERE],
  export: ["nowhere --csv tables", NOWHERE],
  sample: ["nowhere --npy samples.npy", NOWHERE],
  report: ["nowhere", NOWHERE],
  cache: ["--clear=yes", 'Option --clear takes no value: found "yes"'],
  "fetch-data": [
    "imagenet",
    "Cannot fetch data: one of mnist, fashion-mnist, cifar10, emoji is required, found imagenet",
  ],
  "compare-presets": ["--data nowhere", NO_DATA],
  sweep: [
    "--grid lr -- --dataset 8gaussians",
    'Option --grid must be OPTION=VALUE,VALUE,…, e.g. lr=1e-4,2e-4: found "lr"',
  ],
  presets: ["--all", "Unknown option --all: see deno task presets --help"],
  page: ["nowhere --out page", NOWHERE],
  artifacts: [
    "--out new --preset wgan --batch 10",
    "Cannot plan shards: --batch must be a multiple of --shards 4, found 10; use --batch 8 or 12",
  ],
  keys: [
    "--tls ws://gpu-box:7700",
    'Option --tls must be names and addresses such as gpu-box,192.168.1.20, without ws:// and port: found "ws://gpu-box:7700"',
  ],
  simulate: [
    "--workers 2 --device-step-ms 5 --link 100",
    "Option --link must be DOWN[:UP][/RTT[/JITTER]] with rates above 0, e.g. 100mbit, 20mbit/300ms or " +
    '20mbit:5mbit/40ms/5ms: found "100"',
  ],
};

Deno.test("of every task, what is wrong is one line, exit code 2 and no stack trace", async () => {
  await using place = await Workplace.open();
  // In use before there is a run folder.
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const before = await namesIn(place.folder);
  const queue = Object.entries(CASES);
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [task, [args, message]] = next;
      const words = args.replaceAll("PORT", String(port)).split(" ");
      const { code, stdout, stderr } = await place.run(task as TaskName, words);
      assert.deepEqual(
        { task, code, stdout, stderr: stderr.replaceAll(String(port), "PORT") },
        { task, code: 2, stdout: "", stderr: `${message}\n` },
      );
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  assert.deepEqual(await namesIn(place.folder), before);
});

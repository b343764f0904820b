/** Which cores processes keep to, as the kernel tells. */
import assert from "node:assert/strict";
import { usableCores } from "../../common/process/cores.ts";
import { lastStep, logged } from "./log.ts";
import { childrenOf } from "./processes.ts";
import { SMALL, Workplace } from "./workplace.ts";

/** SCHED_BATCH of sched.h. */
const BATCH = 3;

const CORES = usableCores() ?? [];
/** Not where a container may use less than its cores. */
const CAN_SHARE_OUT = CORES.length >= 2 && navigator.hardwareConcurrency === CORES.length;
const WORKERS = CORES.length % 2 === 0 ? 2 : 1;
const SHARDS = Math.max(4, CORES.length);

interface Thread {
  readonly cores: number[];
  readonly policy: number;
}

/** From "0-2,5" to numbers. */
function coresOf(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}

async function threadsOf(pid: number): Promise<Thread[]> {
  const threads: Thread[] = [];
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${name}`;
    // It may have ended since.
    const status = await Deno.readTextFile(`${folder}/status`).catch(() => null);
    const stat = await Deno.readTextFile(`${folder}/stat`).catch(() => null);
    if (status === null || stat === null) continue;
    threads.push({
      cores: coresOf(status.match(/^Cpus_allowed_list:\s*(\S+)$/m)![1]!),
      // Field 41, of which the first two end with the program's name in parentheses.
      policy: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38]),
    });
  }
  return threads;
}

/** Starts a run of endless length, and gives the threads of each of its workers once they compute. */
async function threadsOfWorkers(place: Workplace, workers: number): Promise<Thread[][]> {
  const run = place.path(`run-${workers}`);
  const shape = ["--shards", `${SHARDS}`, "--batch", `${4 * SHARDS}`, "--workers", `${workers}`];
  const args = ["--data", place.images, ...SMALL, ...shape, "--steps", "1000000", "--out", run];
  const train = place.start("train", args);
  await train.line(/run folder/);
  await logged(run, "step 20", (records) => lastStep(records) >= 20);
  const threads = await Promise.all((await childrenOf(train.pid)).map(threadsOf));
  await train.kill();
  return threads;
}

Deno.test({
  name: "train's workers keep to cores of their own where they are as many threads as there are cores",
  ignore: !CAN_SHARE_OUT,
  fn: async () => {
    await using place = await Workplace.open();
    const workers = await threadsOfWorkers(place, WORKERS);
    const kept = workers.map((threads) => threads.filter(({ policy }) => policy === BATCH));
    // The socket's thread and those that compute.
    for (const threads of kept) assert.ok(threads.length > CORES.length / WORKERS, `${threads.length}`);
    for (const [first, ...others] of kept) {
      for (const { cores } of others) assert.deepEqual(cores, first!.cores);
    }
    const all = kept.map(([first]) => first!.cores);
    assert.equal(all.length, WORKERS);
    assert.deepEqual(all.flat().toSorted((a, b) => a - b), CORES);
  },
});

Deno.test({
  name: "train leaves its workers' places to the system where they are more threads than there are cores",
  ignore: CORES.length < 2,
  fn: async () => {
    await using place = await Workplace.open();
    const workers = await threadsOfWorkers(place, CORES.length + 1);
    assert.equal(workers.length, CORES.length + 1);
    for (const { cores, policy } of workers.flat()) {
      assert.deepEqual(cores, CORES);
      assert.notEqual(policy, BATCH);
    }
  },
});

Deno.test({
  name: "a worker by itself keeps to the cores that it is told, with a thread for each",
  ignore: CORES.length < 2,
  fn: async () => {
    await using place = await Workplace.open();
    const last = CORES.at(-1)!;
    place.coordinate(place.path("run"), ["--shards", "4", "--batch", "16", "--steps", "1000000"]);
    const worker = place.start("worker", ["--cores", `${last}`]);
    await worker.line(/\nReady: .* on one thread\n/);
    const kept = (await threadsOf(worker.pid)).filter(({ policy }) => policy === BATCH);
    assert.ok(kept.length >= 2);
    for (const { cores } of kept) assert.deepEqual(cores, [last]);
  },
});

Deno.test({
  name: "cores that there are not are refused in a line",
  ignore: CORES.length === 0,
  fn: async () => {
    await using place = await Workplace.open();
    for (const text of [`${CORES.at(-1)! + 1}`, "x", `${CORES[0]},${CORES[0]}`]) {
      const { code, stderr } = await place.run("worker", ["--cores", text]);
      const message = `Option --cores must be different numbers among ${CORES.join(",")}: found "${text}"`;
      assert.deepEqual({ code, stderr }, { code: 2, stderr: `${message}\n` });
    }
  },
});

Deno.test({
  name: "a process that is kept to a core may use that one alone",
  ignore: CORES.length < 2,
  fn: async () => {
    const last = CORES.at(-1)!;
    const cores = import.meta.resolve("../../common/process/cores.ts");
    const code = `import { keepToCores, usableCores } from ${JSON.stringify(cores)};
      console.log(JSON.stringify([keepToCores([${last}]), usableCores()]));`;
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", code] }).output();
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [true, [last]]);
  },
});

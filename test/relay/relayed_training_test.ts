/** Training through relays, with real workers in this process: the bits are those of a run without any. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { silentScreen } from "../../common/terminal/silent_screen.ts";
import { conduct, type OpenRun } from "../../coordinator/conduct.ts";
import { type Accept, LocalWorkers } from "../../library/local_workers.ts";
import { type RunOptions, startOf } from "../../library/run_options.ts";
import { workerLines } from "../../library/worker_lines.ts";
import { relay } from "../../relay/relay.ts";
import type { RecordOf } from "../../runlog/records.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { NUM_IMAGES, tinyImages } from "../e2e/images.ts";
import { inTempDir } from "../temp_dir.ts";
import { MemorySocket } from "../wire/memory_socket.ts";

const TOKEN = "a token for relays and workers";
const STEPS = 12;

/** Workers of a run: beside relays, and behind each of them; a number is so many workers. */
interface Crew {
  readonly beside?: number;
  readonly behind: readonly (number | Crew)[];
}

/** What is started for a run, to be stopped with it. */
class Crews {
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>[] = [];
  /** Those of relays to whatever they work for, the newest last. */
  readonly #upward: MemorySocket[] = [];
  /** What relays have said that is not of everyday. */
  readonly said: string[] = [];

  start(shards: number, accept: Accept, { beside = 0, behind }: Crew): void {
    this.#work(shards, accept, beside);
    for (const crew of behind) this.#relay(shards, accept, crew);
  }

  #work(shards: number, accept: Accept, count: number): void {
    const workers = new LocalWorkers(count, TOKEN);
    workers.start(shards, accept);
    this.#stop.signal.addEventListener("abort", () => this.#ended.push(workers.stop()));
  }

  #relay(shards: number, accept: Accept, crew: number | Crew): void {
    const say = (text: string) => void this.said.push(text);
    const lines = workerLines(say);
    const relayed = relay({
      locate: () => Promise.resolve({ url: "ws://up", token: TOKEN }),
      connect: () => {
        const [near, far] = MemorySocket.pair();
        accept(far, "relay");
        this.#upward.push(near);
        return Promise.resolve(near);
      },
      open: (onsocket) => {
        if (typeof crew === "number") this.#work(shards, onsocket, crew);
        else this.start(shards, onsocket, crew);
        return Promise.resolve({ port: 1, local_url: "", close: () => Promise.resolve() });
      },
      opened: () => {},
      name: "relay",
      platform: "test",
      memory_bytes: 1e9,
      cache: null,
      console: {
        ...lines,
        line: () => {},
        caused: () => {},
        // Who is spare says nothing of the bits.
        notice: () => {},
        onshard: null,
        shardsHeld() {
          this.onshard!();
        },
      },
      observer: () => ({
        joined: () => {},
        relayed: () => {},
        left: () => {},
        fault: ({ what, reason }) => say(`${what}: ${reason}`),
        refused: (_peer, reason) => say(`refused: ${reason}`),
      }),
      clock: SYSTEM_CLOCK,
      wall_ms: Date.now,
      random: Math.random,
      stop: this.#stop.signal,
    });
    this.#ended.push(relayed);
  }

  /** Cuts all relays off. They come back by themselves. */
  cut(): void {
    for (const socket of this.#upward.splice(0)) socket.close("cut off", true);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#ended);
  }
}

/**
 * Trains with a crew, in memory; the hash of the weights, how many have computed, and the log's steps. `cut_at`: relays are
 * cut off when these steps have been made.
 */
async function trained(options: RunOptions, crew: Crew, cut_at: readonly number[] = []) {
  const crews = new Crews();
  const steps: RecordOf<"step">[] = [];
  const { record, error } = await conduct(
    {
      ...startOf({ ...options, steps: STEPS }),
      token: TOKEN,
      min_workers: (crew.beside ?? 0) + crew.behind.length,
      give_up_after_s: null,
      advice: "",
      shares_memory: false,
      signal: new AbortController().signal,
    },
    {
      sinks: () =>
        Promise.resolve([{
          record: (record) => {
            if (record.type !== "step") return;
            steps.push(record);
            if (cut_at.includes(record.step)) crews.cut();
          },
        }]),
      opened: ({ run, fleet }: OpenRun) =>
        crews.start(run.config.shards, (socket, peer) => void fleet.accept(socket, peer), crew),
    },
    silentScreen(),
    SYSTEM_CLOCK,
  );
  await crews.end();
  assert.equal(error, null);
  if (cut_at.length === 0) assert.deepEqual(crews.said, []);
  const num_computing = new Set(steps.flatMap(({ workers }) => Object.keys(workers))).size;
  return { sha256: record.weights_sha256, num_computing, steps };
}

/** An IDX1 file of three classes, each in turn; presets without labels do not read it. */
function classesInTurn(): Uint8Array {
  const file = Uint8Array.from({ length: 8 + NUM_IMAGES }, (_, i) => i % 3);
  new DataView(file.buffer).setUint32(0, 0x0000_0801);
  new DataView(file.buffer).setUint32(4, NUM_IMAGES);
  return file;
}

/** Data of a run, for as long as `use` takes. */
async function withData(use: (data: string) => Promise<void>): Promise<void> {
  await inTempDir(async (folder) => {
    const data = join(folder, "images-idx3-ubyte");
    await Deno.writeFile(data, tinyImages());
    await Deno.writeFile(join(folder, "labels-idx1-ubyte"), classesInTurn());
    await use(data);
  });
}

const SMALL: RunOptions = { preset: "strokes", n_critic: 2, shards: 8, batch: 16 };

/**
 * Trains without a relay, and with each crew: always the same weights, and each of its members has computed, or with
 * `may_spare` one at least: steps are short, and one that lengthens them is left out.
 */
async function compare(options: RunOptions, crews: readonly Crew[], may_spare = false): Promise<void> {
  await withData(async (data) => {
    const of = { ...SMALL, ...options, data };
    const alone = await trained(of, { beside: 1, behind: [] });
    for (const crew of crews) {
      const { sha256, num_computing } = await trained(of, crew);
      assert.equal(sha256, alone.sha256, JSON.stringify(crew));
      const num_members = (crew.beside ?? 0) + crew.behind.length;
      assert.ok(num_computing === num_members || may_spare && num_computing > 0, JSON.stringify(crew));
    }
  });
}

Deno.test("2 to 4 workers behind a relay, alone and beside another, train the same weights", async () => {
  await compare({}, [{ behind: [2] }, { beside: 1, behind: [3] }, { behind: [4] }]);
});

Deno.test("int8: a relay rounds groups that several workers have computed to the same bits", async () => {
  await compare({ wire: "int8", wire_groups: 2 }, [{ behind: [3] }, { behind: [2, 1] }], true);
});

Deno.test("bfloat16, and a relay of one worker behind a relay, with a worker beside it", async () => {
  await compare({ wire: "bfloat16" }, [{ behind: [{ beside: 1, behind: [1] }] }]);
});

Deno.test("learners of local steps train the same behind relays", async () => {
  await compare({ local_steps: 3, learners: 4 }, [{ beside: 1, behind: [2] }]);
});

for (
  const mode of [
    { wire: "int8", wire_groups: 4 },
    { local_steps: 3, learners: 4, outer_momentum: 0.9 },
  ] as const
) {
  Deno.test(`a relay that is cut off again and again costs no bits: ${JSON.stringify(mode)}`, async () => {
    await withData(async (data) => {
      const of = { ...SMALL, ...mode, data };
      const alone = await trained(of, { beside: 1, behind: [] });
      // There is nobody else, so that the run waits until it is back.
      const { sha256, num_computing } = await trained(of, { behind: [2] }, [3, 6, 9]);
      assert.equal(sha256, alone.sha256);
      assert.equal(num_computing, 4, "the relay must count anew each time");
    });
  });
}

/** The least bytes of a critic step in which so many computed: some of the first ones bring data, too. */
function leastOf(steps: readonly RecordOf<"step">[], num_computing: number) {
  const shared = steps.filter(({ generator, workers }) =>
    !generator && Object.keys(workers).length === num_computing
  );
  const least = (field: "bytes_in" | "bytes_out") => Math.min(...shared.map((step) => step[field]));
  return { bytes_in: least("bytes_in"), bytes_out: least("bytes_out") };
}

Deno.test("a relay's link carries weights and sums once, for three workers", async () => {
  await withData(async (data) => {
    // As many shards as workers: each has one.
    const of = { ...SMALL, shards: 3, batch: 6, data };
    const remote = leastOf((await trained(of, { beside: 3, behind: [] })).steps, 3);
    const relayed = leastOf((await trained(of, { behind: [3] })).steps, 1);
    const ratios = [remote.bytes_in / relayed.bytes_in, remote.bytes_out / relayed.bytes_out];
    assert.ok(ratios.every((ratio) => ratio > 1.9 && ratio < 4), JSON.stringify({ remote, relayed }));
  });
});

Deno.test("labels and flips go through a relay", async () => {
  await compare({ preset: "cwgan-gp", flip: true }, [{ beside: 1, behind: [2] }]);
});

/** The rule of result_memory.ts, whatever workers do in a run: a real fleet over real rings. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canMap } from "../../../../common/files/mapped_file.ts";
import type { AdmissionOptions } from "../../../../coordinator/fleet/admission/admission.ts";
import type { RoundOutcome } from "../../../../coordinator/fleet/open_round.ts";
import type { NodeResult } from "../../../../coordinator/fleet/round.ts";
import { bytesOf } from "../../../../wire/frame.ts";
import { numSlots } from "../../../../wire/shared_ring.ts";
import { inTempDir } from "../../../temp_dir.ts";
import { settled } from "../../../wire/fake_clock.ts";
import { open, REQUEST, RESULT_SIZE, resultMemory, values } from "../fleet_scene.ts";
import type { ScriptedWorker } from "../scripted_worker.ts";
import { areApart } from "./apart.ts";
import { WorkerRing } from "./worker_ring.ts";

const NUM_RINGS = 3;
const MAX_WORKERS = 5;

/** What happens next. `who` and `which` choose among the workers, and the results that one owes. */
interface Event {
  readonly what:
    | "join here"
    | "join elsewhere"
    | "leave"
    | "come again"
    | "answer"
    | "answer badly"
    | "wait"
    | "finish round";
  readonly who: number;
  readonly which: number;
}

const EVENTS = fc.array(
  fc.record({
    what: fc.oneof(
      { arbitrary: fc.constant("answer" as const), weight: 8 },
      { arbitrary: fc.constant("finish round" as const), weight: 5 },
      { arbitrary: fc.constant("wait" as const), weight: 3 },
      { arbitrary: fc.constantFrom("join here" as const, "come again" as const), weight: 4 },
      {
        arbitrary: fc.constantFrom("join elsewhere" as const, "leave" as const, "answer badly" as const),
        weight: 2,
      },
    ),
    who: fc.nat(MAX_WORKERS - 1),
    which: fc.nat(3),
  }),
  { minLength: 20, maxLength: 60 },
);

/** A run whose every result is told from all others by its number. */
class Run {
  readonly #num_shards: number;
  readonly #can_map = canMap();
  readonly #memory;
  readonly #rings: WorkerRing[] = [];
  readonly #newRing: () => WorkerRing;
  #fleet!: Awaited<ReturnType<typeof open>>;
  #workers: ScriptedWorker[] = [];
  #joined = 0;
  #step = 0;
  #serial = 0;
  #bad_step = 0;
  #outcome: RoundOutcome | null = null;
  /** Numbers of the results of this round, by node. */
  readonly #sent = new Map<string, number[]>();
  /** What was found of the results that count. */
  readonly #seen = new Map<string, number>();
  /** What was handed out in this round. */
  #handed: Uint8Array[] = [];

  private constructor(num_shards: number, folder: string) {
    this.#num_shards = num_shards;
    this.#memory = resultMemory(num_shards, NUM_RINGS);
    this.#newRing = () => {
      const path = `${folder}/${crypto.randomUUID()}`;
      this.#rings.push(new WorkerRing(path, RESULT_SIZE, numSlots(num_shards)));
      return this.#rings.at(-1)!;
    };
  }

  static async open(num_shards: number, folder: string): Promise<Run> {
    const run = new Run(num_shards, folder);
    const memory = run.#memory;
    const shared_memory: AdmissionOptions["shared_memory"] = {
      offer: () => ({ folder: "/here", key: "a".repeat(32) }),
      share: (worker, channel) => {
        const { take } = memory.share(worker, run.#rings.at(-1)!.path);
        channel.share({ take: (...args) => run.#handOut(take(...args)) });
      },
      publish: () => {},
    };
    run.#fleet = await open({ num_shards, shared_memory, memory });
    run.#begin();
    return run;
  }

  #handOut(payload: Uint8Array | null): Uint8Array | null {
    if (payload === null) return null;
    for (const other of this.#handed) {
      assert.ok(areApart(payload, other), "Memory was handed out twice in a round");
    }
    this.#handed.push(payload);
    return payload;
  }

  /** Begins the next round, after which nothing is said of the results before. */
  #begin(): void {
    this.#step++;
    this.#outcome = null;
    this.#handed = [];
    this.#sent.clear();
    this.#seen.clear();
    const kind = this.#step % 3 === 0 ? "generator" as const : "critic" as const;
    void this.#fleet.fleet.round({ ...REQUEST, kind, step: this.#step })
      .then((outcome) => this.#outcome = outcome);
  }

  async do({ what, who, which }: Event): Promise<void> {
    const worker = this.#workers[who % Math.max(1, this.#workers.length)];
    if (what === "join here") await this.#join(true);
    if (what === "join elsewhere") await this.#join(false);
    if ((what === "leave" || what === "come again") && worker) await worker.die();
    if (what === "come again") await this.#join(true);
    if (what === "answer" && worker) await this.#answer(worker, which);
    if (what === "answer badly" && worker && this.#bad_step !== this.#step) {
      // A second bad answer would end the run.
      this.#bad_step = this.#step;
      await this.#answer(worker, which, NaN);
    }
    if (what === "wait") await this.#fleet.clock.advance([300, 1100, 2500, 6000][which]!);
    if (what === "finish round") await this.#finish(who, which);
    this.#workers = this.#workers.filter(({ closed }) => closed === null);
    this.#check();
  }

  async #join(here: boolean): Promise<void> {
    this.#workers = this.#workers.filter(({ closed }) => closed === null);
    if (this.#workers.length >= MAX_WORKERS) return;
    const name = `worker ${++this.#joined}`;
    this.#workers.push(await this.#fleet.join(name, { shared: here && this.#newRing() }));
  }

  /** Gives one of the results that a worker owes, not always the oldest: its threads work side by side. */
  async #answer(worker: ScriptedWorker, which: number, value = ++this.#serial): Promise<void> {
    if (worker.closed !== null || worker.work.length === 0) return;
    worker.work.unshift(...worker.work.splice(which % worker.work.length, 1));
    const { step, begin, end } = worker.work[0]!;
    const node = `${step} ${begin}-${end}`;
    this.#sent.set(node, [...this.#sent.get(node) ?? [], value]);
    await worker.answer(values(value));
    this.#check();
  }

  /** Has the round come to its end, if it has not; the next begins. Some keep what they owe. */
  async #finish(who: number, which: number): Promise<void> {
    const slow = this.#workers.length > 1 ? this.#workers[who % this.#workers.length] : undefined;
    for (let turns = 0; this.#outcome === null && turns < 200; turns++) {
      const able = this.#workers.filter((worker) => worker.closed === null && worker.work.length > 0);
      const next = able.find((worker) => worker !== slow) ?? able[0];
      if (next) await this.#answer(next, which);
      else if (this.#workers.some(({ closed }) => closed === null)) await this.#fleet.clock.advance(1000);
      else await this.#join(true);
    }
    assert.ok(this.#outcome !== null, "the round ends");
    this.#check();
    this.#begin();
    await settled();
  }

  /** What counts of this round holds what its workers wrote, and what it held before. */
  #check(): void {
    const results: readonly NodeResult[] = (this.#outcome as RoundOutcome | null)?.results ??
      this.#memory.results;
    for (const { begin, end, values } of results) {
      const node = `${this.#step} ${begin}-${end}`;
      const value = this.#seen.get(node) ?? values[0]!;
      assert.ok(this.#sent.get(node)?.includes(value), `${node}: nobody wrote ${values[0]}`);
      assert.ok(
        values.length === RESULT_SIZE && values.every((found) => found === value),
        `${node}: ${values}`,
      );
      this.#seen.set(node, value);
    }
    assert.ok(this.#memory.areWhole(), "workers keep the rule");
  }

  /** All workers leave: then there is as much memory as at the start, and no more. */
  async end(): Promise<void> {
    for (const worker of this.#workers) await worker.die();
    await this.#fleet.fleet.finish("test over");
    this.#memory.beginRound();
    const num_buffers = Math.min(this.#num_shards, 8);
    const taken: Uint8Array[] = [];
    for (let worker = 1001; worker <= 1000 + NUM_RINGS; worker++) {
      if (this.#can_map) taken.push(...this.#takeFrom(worker, 1));
      else this.#takeFrom(worker, 0);
    }
    // All rings are taken: the last worker's results are copied, and one buffer too few is there.
    taken.push(...this.#takeFrom(1001 + NUM_RINGS, num_buffers + 1));
    const in_kernels = taken.filter(({ buffer }) => buffer === taken[0]!.buffer);
    assert.equal(in_kernels.length, taken.length - 1, "rings and buffers that are free in the end");
    taken.forEach((payload, i) => assert.ok(taken.every((other, k) => i === k || areApart(payload, other))));
  }

  /** So many results of one more worker. */
  #takeFrom(worker: number, count: number): Uint8Array[] {
    const ring = this.#newRing();
    const { take } = this.#memory.share(worker, ring.path);
    return Array.from({ length: count }, (_, i) => {
      this.#memory.expect(worker);
      const shared = ring.end(ring.begin(), values(i + 1));
      const payload = take(shared, shared.bytes);
      assert.deepEqual(payload, bytesOf(values(i + 1)));
      return payload!;
    });
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
    for (const ring of this.#rings) ring[Symbol.dispose]();
  }
}

function holds(num_runs: number): Promise<void> {
  return inTempDir((folder) =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2, 4, 8), EVENTS, async (num_shards, events) => {
        using run = await Run.open(num_shards, folder);
        for (const event of events) await run.do(event);
        await run.end();
      }),
      { numRuns: num_runs },
    )
  );
}

Deno.test("results stay until the next round, no memory is lent twice, and none is lost", () => holds(60));
Deno.test({
  name:
    "results stay until the next round, no memory is lent twice, and none is lost; where nothing can be mapped",
  permissions: { read: true, write: true, sys: ["uid"], ffi: false },
  fn: () => holds(20),
});

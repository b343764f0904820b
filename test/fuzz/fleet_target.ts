/** What workers send, damaged, to a coordinator in mid-run: it goes on with whoever is left. */
import assert from "node:assert/strict";
import { UserError } from "../../common/errors.ts";
import type { AdmissionOptions } from "../../coordinator/fleet/admission/admission.ts";
import type { ResultMemory } from "../../coordinator/fleet/memory/result_memory.ts";
import { bytesOf } from "../../wire/frame.ts";
import { RingWriter, writeParcel } from "../../wire/shared_ring.ts";
import type { Socket } from "../../wire/socket.ts";
import {
  NUM_GRADIENTS,
  open,
  REQUEST,
  RESULT_SIZE,
  resultMemory,
  values,
} from "../coordinator/fleet/fleet_scene.ts";
import type { ScriptedWorker } from "../coordinator/fleet/scripted_worker.ts";
import { type FakeClock, settled } from "../wire/fake_clock.ts";
import type { Chance } from "./chance.ts";
import { DamagedSocket } from "./damaged_socket.ts";
import type { Target } from "./target.ts";

/** Proofs are made beside the event loop: time goes on only when they have had theirs. */
const PATIENT_TURNS = 50;

const JOB = {
  kind: "score",
  count: 2,
  noise_counter: 0,
  weights: Float32Array.of(1, 2),
  input: new Float32Array(4),
} as const;

export class FleetTarget implements Target {
  readonly name = "messages to the coordinator";
  readonly #ring: string;

  private constructor(ring: string) {
    this.#ring = ring;
  }

  /** `folder` is the target's own. */
  static open(folder: string): FleetTarget {
    const ring = `${folder}/ring`;
    using writer = RingWriter.create(ring, 4 * RESULT_SIZE, 1);
    using file = Deno.openSync(ring, { write: true });
    // Where scripted workers say that their results are.
    writeParcel(file, { ...writer.reserve(), tag: "1".repeat(16) }, bytesOf(values(1)));
    return new FleetTarget(ring);
  }

  /** Workers on this machine, whose results lie in a file. */
  #shared_memory(memory: ResultMemory): AdmissionOptions["shared_memory"] {
    return {
      offer: () => ({ folder: "/here", key: "a".repeat(32) }),
      share: (worker, channel) => channel.share(memory.share(worker, this.#ring)),
      publish: () => {},
    };
  }

  async attempt(chance: Chance): Promise<string> {
    using memory = resultMemory();
    const shared_memory = this.#shared_memory(memory);
    const { fleet, join, clock } = await open({ exact: chance.is(0.5), shared_memory, memory });
    const through = (socket: Socket) => new DamagedSocket(socket, chance);
    const workers: ScriptedWorker[] = [];
    for (const name of ["one", "two"]) {
      const joining = join(name, { through, shared: chance.is(0.5) }).catch(() => null);
      const worker = await whileTimeGoesOn(clock, joining);
      if (worker !== null) workers.push(worker);
    }
    let outcome = "all rounds done";
    for (let step = 1; step <= 3; step++) {
      const round = fleet.round({ ...REQUEST, step }).catch((error) => error);
      const job = fleet.jobs.ask(JOB, fleet.members);
      await settled();
      for (const worker of workers) await act(worker, chance);
      if (!await answered(round)) {
        const healthy = await join("healthy", { numeric_class: [...fleet.classes].at(-1) ?? "a".repeat(64) });
        while (healthy.work.length > 0) await healthy.answer(values(step));
        // Others may keep their work until they are given up.
        for (const worker of workers) if (worker.closed === null) await worker.die();
        while (healthy.work.length > 0) await healthy.answer(values(step));
        await healthy.die();
      }
      const found = await round;
      if (found instanceof UserError) outcome = "refused by all";
      else {assert.ok(found.results.every((result: { values: Float32Array }) =>
          result.values.length === RESULT_SIZE
        ));}
      fleet.jobs.abandon();
      await job;
    }
    // A connection that broke in the middle of its handshake is noticed by its silence.
    await whileTimeGoesOn(clock, fleet.finish("fuzzed"));
    return outcome;
  }
}

/** Waits for something that takes turns of the event loop, or time. */
async function whileTimeGoesOn<T>(clock: FakeClock, something: Promise<T>): Promise<T> {
  let over = false;
  const ended = something.finally(() => over = true);
  for (let turns = 0; !over; turns++) await (turns < PATIENT_TURNS ? settled() : clock.advance(1_000));
  return await ended;
}

async function answered(round: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  return await Promise.race([round, settled().then(() => open)]) !== open;
}

/** A worker does what workers do, and some of what they do not. */
async function act(worker: ScriptedWorker, chance: Chance): Promise<void> {
  while (worker.closed === null && worker.work.length > 0) {
    if (chance.is(0.3)) {
      worker.send(chance.of([
        { type: "shard_held", run: "run-1", shard: chance.below(5) },
        { type: "ping", sent_ms: 1 },
        { type: "pong", sent_ms: 1 },
        { type: "job_result", run: "run-1", job: 1 + chance.below(3) },
        {
          type: "refuse",
          code: "compute_failed",
          reason: "out of memory",
          fatal: false,
          job: chance.of([null, 1]),
        },
        { type: "result_chunk", index: chance.below(2), checksum: "c".repeat(16) },
        { type: "leave", reason: "it was asked to" },
        { type: "ready", numeric_class: "b".repeat(64), shard_ms: 1, shared: true },
      ]));
    }
    if (worker.ring !== null || chance.is(0.5)) await worker.answer(values(chance.below(9)));
    else await worker.answerInChunks(values(chance.below(9)), NUM_GRADIENTS);
  }
  for (const { job, count } of worker.messages("job")) {
    worker.send({ type: "job_result", run: "run-1", job }, new Uint8Array(4 * count));
  }
  await settled();
}

/** A run by simulated time: the coordinator's real fleet and rounds, with workers, links and processors that are not. */
import { setImmediate } from "node:timers";
import type { NetworkName } from "../common/network_name.ts";
import type { Fleet } from "../coordinator/fleet/fleet.ts";
import type { RoundOutcome } from "../coordinator/fleet/open_round.ts";
import { SimulatedClock } from "./clock.ts";
import { costOf } from "./costs.ts";
import { openFleet } from "./fleet.ts";
import { type NumChunks, numChunks } from "./sizes.ts";
import { MOST_CHUNKS } from "../kernels/chunks.ts";
import { Connection, type CoordinatorLink, coordinatorLink } from "./pipes.ts";
import { Processor, Thread } from "./processor.ts";
import { seededRandom } from "./seeded_random.ts";
import { numWorkers, type Setup, type WorkerGroup } from "./setup.ts";
import { type Facts, type Places, SimulatedWorker } from "./worker.ts";

/** More of them send their messages in fewer pieces. */
const MANY_WORKERS = 512;

/** Chunks of a message at most: fewer where there are so many workers that they would take minutes. */
function mostChunks(workers: number): number {
  return workers > MANY_WORKERS ? 3 : workers > 32 ? 6 : MOST_CHUNKS;
}
const NO_BYTES = new Uint8Array();
/** Resolves when all promises have been followed that have resolved. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class SimulatedRun {
  readonly clock = new SimulatedClock();
  readonly workers: readonly SimulatedWorker[];
  readonly coordinator: Thread;
  readonly link: CoordinatorLink | null;
  /** What the fleet told: moved shards, lost workers. */
  readonly told: string[] = [];
  readonly fleet: Fleet;
  readonly #setup: Setup;
  readonly #num_chunks: NumChunks;
  readonly #checksums = { critic: 0, generator: 0 };
  #step = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
    const processor = new Processor(this.clock, setup.cores);
    this.coordinator = new Thread(processor);
    this.link = setup.coordinator_link && coordinatorLink(this.clock, setup.coordinator_link);
    this.#num_chunks = setup.streams
      ? numChunks(setup.sizes, mostChunks(numWorkers(setup)))
      : { critic: 1, generator: 1 };
    this.fleet = openFleet(setup, this.#num_chunks, this.clock, this.told);
    this.#publish("critic");
    this.#publish("generator");
    this.workers = this.#openWorkers(processor);
    for (const { member } of this.workers) this.fleet.join(member);
  }

  #openWorkers(coordinators: Processor): SimulatedWorker[] {
    const { groups, sizes, wire, costs, fakes_share } = this.#setup;
    const most_pieces = numWorkers(this.#setup) > MANY_WORKERS ? 2 : 8;
    const num_chunks = this.#num_chunks;
    const facts: Facts = { sizes, wire, costs, num_chunks, fakes_share, most_pieces };
    const relay = groups.some(({ relayed }) => relayed) ? new Thread(coordinators) : null;
    const random = seededRandom(1);
    let id = 0;
    return groups.flatMap((group) =>
      Array.from({ length: group.count }, (_, i) => {
        const places = this.#placesOf(group, coordinators, relay, random);
        const name = group.count === 1 ? group.name : `${group.name}-${i + 1}`;
        return new SimulatedWorker(++id, name, group, facts, places);
      })
    );
  }

  #placesOf(
    { link, on_its_cores, relayed }: WorkerGroup,
    coordinators: Processor,
    relay: Thread | null,
    random: () => number,
  ): Places {
    const { clock, coordinator } = this;
    return {
      clock,
      coordinator,
      processor: link === null || on_its_cores ? coordinators : new Processor(clock, Infinity),
      connection: link && new Connection(clock, link, this.link, random),
      relay: relayed ? relay : null,
    };
  }

  /** Critic steps that were taken. */
  get step(): number {
    return this.#step;
  }

  /** True if the next step is the first after a generator step, or of all. */
  get ended_cycle(): boolean {
    return this.#step % this.#setup.n_critic === 0;
  }

  /** Takes a critic step, with the generator step that follows it where one does; resolves to the critic round's outcome. */
  async takeStep(): Promise<RoundOutcome> {
    const step = ++this.#step;
    const { n_critic } = this.#setup;
    const is_due = step % n_critic === 0;
    const outcome = await this.#round("critic", step, is_due ? null : step + 1);
    if (is_due) await this.#round("generator", step, null);
    return outcome;
  }

  async #round(kind: NetworkName, step: number, next_noise_counter: number | null): Promise<RoundOutcome> {
    const request = {
      kind,
      step,
      epoch: 0,
      batch: 0,
      noise_purpose: `${kind}_noise`,
      noise_counter: step,
      next_noise_counter,
    } as const;
    const last = this.#num_chunks[kind] - 1;
    const take = last === 0
      ? null
      : (index: number, { length }: { readonly length: number }) => this.#takeChunk(kind, index, length);
    const { streamed = false, ...outcome } = await this.#until(this.fleet.round(request, take));
    await this.#work(
      this.#setup.costs.round_ms + (streamed ? 0 : this.#updateTime(kind, outcome.results.length)),
    );
    if (streamed) this.#sendChunk(kind, last);
    this.#publish(kind);
    return outcome;
  }

  /** All shards have a chunk: it is added, updated, and sent at once, but for the last one. */
  #takeChunk(kind: NetworkName, index: number, num_results: number): void {
    const num_chunks = this.#num_chunks[kind];
    this.coordinator.run(this.#updateTime(kind, num_results) / num_chunks, () => {
      if (index < num_chunks - 1) this.#sendChunk(kind, index);
    });
  }

  #sendChunk(state: NetworkName, index: number): void {
    const checksum = checksumOf(index);
    const from = this.#setup.wire.format === "float32" ? null : checksumOf(this.#checksums[state]);
    this.fleet.sendChunk({ state, step: this.#step, index, payload: NO_BYTES, checksum, from });
  }

  /** Adding results, the update, and making what is published. */
  #updateTime(kind: NetworkName, num_results: number): number {
    const { costs, sizes: { weights }, wire } = this.#setup;
    const numbers = weights[kind];
    const rounded = wire.format === "float32" ? 0 : numbers * (2 * num_results + 1);
    return costOf(numbers * num_results, costs.sum_ns_per_number) +
      costOf(numbers, costs.update_ns_per_weight) + costOf(rounded, costs.round_ns_per_number);
  }

  #publish(kind: NetworkName): void {
    const before = checksumOf(this.#checksums[kind]), checksum = checksumOf(++this.#checksums[kind]);
    const is_change = this.#setup.wire.format !== "float32";
    const change = is_change ? { from: before, rounded: new Uint8Array(4) } : null;
    this.fleet.publish(kind, this.#step, { checksum, given: new Float32Array(1), change });
  }

  #work(work_ms: number): Promise<void> {
    return this.#until(new Promise((resolve) => this.coordinator.run(work_ms, () => resolve())));
  }

  /** Lets events happen until a promise has resolved. */
  async #until<T>(promise: Promise<T>): Promise<T> {
    let is_over = false;
    const end = () => void (is_over = true);
    promise.then(end, end);
    while (true) {
      // Only then can a round be over.
      if (this.fleet.asked.length === 0) await settled();
      if (is_over) return await promise;
      if (!this.clock.next()) {
        throw new Error("A simulated run must go on: found that nothing happens any more");
      }
    }
  }

  /** Ends the fleet. */
  async finish(): Promise<void> {
    await this.fleet.finish("The simulation is over");
  }
}

function checksumOf(version: number): string {
  return version.toString(16).padStart(16, "0");
}

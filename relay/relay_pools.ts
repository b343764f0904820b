/** The fleet of a relay from run to run: workers stay while the relay's own connection is lost and found again. */
import { UserError } from "../common/errors.ts";
import { FLOAT32_WIRE } from "../common/wire_format.ts";
import type { RunFacts } from "../coordinator/fleet/admission/join.ts";
import { Fleet } from "../coordinator/fleet/fleet.ts";
import type { Member } from "../coordinator/fleet/member.ts";
import type { FleetObserver } from "../coordinator/fleet/observer.ts";
import type { Clock } from "../wire/clock.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { AllowedKeys } from "../wire/proof/worker_key.ts";
import type { Socket } from "../wire/socket.ts";
import type { ComputePool, PoolSource, RunAtHand } from "../worker/compute/pools/compute_pool.ts";
import type { PoolOptions } from "../worker/compute/pool.ts";
import type { ShardStore } from "../worker/connection/shard_store.ts";
import { NodeSums } from "./node_sums.ts";
import { RelayPool } from "./relay_pool.ts";
import { RelayRounds } from "./relay_rounds.ts";
import { RelayStates } from "./relay_states.ts";
import { RelayedData } from "./relayed_data.ts";

const NO_RUN = "The relay has not reached the run's coordinator yet";

export interface RelayPoolsOptions {
  readonly store: ShardStore;
  readonly clock: Clock;
  /** That of the run: workers prove it, as the relay does. */
  readonly token: () => string;
  /** Keys that let workers in, besides the token; null: the token alone does. */
  readonly allowed_keys: AllowedKeys | null;
  /** Hears of the workers of a run with so many shards. */
  readonly observer: (run: Pick<MessageOf<"welcome">, "shards" | "local_steps">) => FleetObserver;
}

/** Workers that compute for a run. */
interface Site {
  readonly key: string;
  readonly fleet: Fleet;
  readonly pool: RelayPool;
}

export class RelayPools implements PoolSource {
  /** Its workers' are theirs. */
  readonly devices = [];
  readonly #options: RelayPoolsOptions;
  #site: Site | null = null;

  constructor(options: RelayPoolsOptions) {
    this.#options = options;
  }

  /** Its workers. */
  get members(): readonly Member[] {
    return this.#site?.fleet.members ?? [];
  }

  /** Takes in a worker, if there is a run for it. Never throws. */
  async accept(socket: Socket, peer: string): Promise<void> {
    if (this.#site === null) return socket.close(NO_RUN);
    await this.#site.fleet.accept(socket, peer);
  }

  /** Workers for a run, as soon as there is one. Throws {@linkcode UserError} where there is no memory for it. */
  async prepare({ manifest }: Pick<PoolOptions, "manifest">, run: RunAtHand): Promise<ComputePool> {
    const key = JSON.stringify([this.#options.token(), ...factsOf(run.welcome)]);
    if (this.#site?.key !== key) {
      this.discard();
      this.#site = this.#open(key, manifest, run);
    }
    const { fleet, pool } = this.#site;
    pool.restart();
    await fleet.waitFor(1);
    return pool;
  }

  #open(key: string, manifest: PoolOptions["manifest"], { welcome, files }: RunAtHand): Site {
    const { store, clock, token, allowed_keys, observer } = this.#options;
    const { run, incarnation, seed, flip_columns, chunk_floats, local_steps: local } = welcome;
    const sums = sumsOf(welcome, manifest), states = new RelayStates(sums.reader);
    const data = new RelayedData(welcome, store);
    const facts: RunFacts = {
      ...{ run, incarnation, seed, manifest, files, flip_columns, chunk_floats, local },
      // Rounded is what goes over the relay's own link.
      wire: FLOAT32_WIRE,
    };
    const told = observer(welcome);
    const changed = <A extends readonly unknown[]>(tell: (...about: A) => void) => (...about: A) => {
      tell(...about);
      pool.changed();
    };
    const fleet = new Fleet(facts, data, {
      token: token(),
      read_token: undefined,
      allowed_keys,
      clock,
      exact: true,
      is_relay: true,
      classes: [],
      shared_memory: null,
      memory: sums.memory,
    }, {
      joined: changed((member) => told.joined(member)),
      relayed: changed((member) => told.relayed(member)),
      left: changed((member, reason) => told.left(member, reason)),
      fault: (fault) => told.fault(fault),
      refused: (peer, reason) => told.refused(peer, reason),
    });
    const rounds = new RelayRounds(fleet, data, states);
    const steps = local?.steps ?? 1;
    const pool: RelayPool = new RelayPool({
      ...{ fleet, rounds, states, sums, clock, steps },
      terminate: () => void fleet.finish("The relay has left the run", true),
    });
    return { key, fleet, pool };
  }

  /** One more shard has come whole: those that compute it are sent it. */
  ship(): void {
    this.#site?.fleet.placement.ship();
  }

  /** Workers shall wait for the relay to come back. */
  discard(): void {
    const site = this.#site;
    this.#site = null;
    site?.pool.terminate();
  }

  /** Says goodbye to the workers. `comes_back`: they shall wait. */
  async finish(reason: string, comes_back: boolean): Promise<void> {
    const site = this.#site;
    this.#site = null;
    await site?.fleet.finish(reason, comes_back);
  }
}

/** What a run is to its workers: with the same, they may stay. A coordinator that was started again is the same to them. */
function factsOf(welcome: MessageOf<"welcome">): readonly unknown[] {
  const { run, seed, shards, shard_sha256, encoding, class_counts, flip_columns, ...more } = welcome;
  const { wire, chunk_floats, local_steps, artifacts } = more;
  return [
    run,
    seed,
    shards,
    shard_sha256,
    encoding,
    class_counts,
    flip_columns,
    wire,
    chunk_floats,
    local_steps,
    artifacts,
  ];
}

function sumsOf(welcome: MessageOf<"welcome">, manifest: PoolOptions["manifest"]): NodeSums {
  try {
    return new NodeSums(welcome, manifest);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `Cannot relay this run: sums of its networks need more memory than there is here (${error.message}); start ` +
        "the relay on a machine with more",
    );
  }
}

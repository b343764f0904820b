/**
 * Rounds of a relay's own fleet: of each round of the run, the nodes that the run's coordinator asks for, which come one by
 * one. Rounds are made in the order in which they were asked for, also one that others have completed meanwhile: whoever
 * asked waits for each answer, as it does with any worker.
 */
import { type NetworkName, NETWORKS } from "../common/network_name.ts";
import type { RoundRequest } from "../coordinator/fleet/fence.ts";
import type { Fleet } from "../coordinator/fleet/fleet.ts";
import type { ClaimedTimes } from "../coordinator/fleet/claims.ts";
import type { NodeResult } from "../coordinator/fleet/round.ts";
import type { TreeNode } from "../kernels/tree.ts";
import type { LeavesAt, RelayedData } from "./relayed_data.ts";
import { coverOf, isWithin, SpanWatch } from "./spans.ts";
import type { RelayStates, Snapshot, Snapshots } from "./relay_states.ts";

/** What is asked of a relay. */
export interface NodeRequest {
  readonly request: RoundRequest;
  readonly node: TreeNode;
  readonly states: Snapshots;
  readonly leavesAt: LeavesAt;
  /** Makes the answer of results that make up the node, at once: they do not stay. */
  readonly make: (results: readonly NodeResult[]) => Float32Array<ArrayBuffer>;
}

/** `compute_ms`: of all together. `elapsed_ms`: of the worker that took longest. */
export interface NodeAnswer extends ClaimedTimes {
  readonly values: Float32Array<ArrayBuffer>;
}

interface Asked extends NodeRequest {
  /** The same for nodes of one round. */
  readonly key: string;
  readonly resolve: (answer: NodeAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Open {
  readonly key: string;
  /** Not answered. */
  asked: Asked[];
  results: readonly NodeResult[];
  /** Of the results, by the first shard of each. */
  readonly answers: Map<number, TreeNode & ClaimedTimes>;
}

type Below = Pick<Fleet, "round" | "extend" | "dropRound" | "publish" | "placement">;

export class RelayRounds {
  readonly #fleet: Below;
  readonly #data: Pick<RelayedData, "beginRound" | "bring">;
  readonly #states: Pick<RelayStates, "recycle">;
  readonly #published: Record<NetworkName, Snapshot | null> = { critic: null, generator: null };
  readonly #spans: SpanWatch;
  #waiting: Asked[] = [];
  #open: Open | null = null;

  constructor(
    fleet: Below,
    data: Pick<RelayedData, "beginRound" | "bring">,
    states: Pick<RelayStates, "recycle">,
  ) {
    this.#fleet = fleet;
    this.#data = data;
    this.#states = states;
    this.#spans = new SpanWatch((span) => fleet.placement.setSpan(span));
  }

  /** Has a node computed. Rejects where every worker refuses the work; never settles once {@linkcode drop} was called. */
  ask(request: NodeRequest): Promise<NodeAnswer> {
    const { request: { kind, step }, states: { critic, generator } } = request;
    const key = `${kind} ${step} ${critic.checksum} ${generator.checksum}`;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...request, key, resolve, reject });
      this.#advance();
    });
  }

  /** Nobody waits for answers any more. */
  drop(): void {
    this.#fleet.dropRound();
    this.#waiting = [];
    this.#open = null;
  }

  #advance(): void {
    if (this.#open !== null) return this.#joinOpen(this.#open);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
  }

  /** Those that wait for the open round become a part of it. */
  #joinOpen(open: Open): void {
    const joining = this.#waiting.filter(({ key }) => key === open.key);
    for (const asked of joining) {
      this.#bring(asked);
      const is_there = coverOf(asked.node, open.answers) !== null;
      if (!is_there && !this.#fleet.extend(asked.node)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== asked);
      open.asked.push(asked);
    }
    this.#answer(open);
  }

  #begin(first: Asked): void {
    const { request, node, key } = first;
    const open: Open = { key, asked: [first], results: [], answers: new Map() };
    this.#open = open;
    this.#spans.begin(key);
    this.#data.beginRound();
    this.#bring(first);
    for (const network of NETWORKS) this.#publish(network, first.states[network]);
    const answered = (results: readonly NodeResult[], answer: TreeNode & ClaimedTimes) => {
      open.results = results;
      open.answers.set(answer.begin, answer);
      if (this.#open === open) this.#answer(open);
    };
    this.#fleet.round(request, null, { node, answered }).then(
      () => this.#end(open),
      (error) => {
        for (const { reject } of open.asked) reject(error);
        this.#end(open);
      },
    );
    this.#advance();
  }

  #end(open: Open): void {
    if (this.#open !== open) return;
    this.#open = null;
    this.#advance();
  }

  #bring({ node, leavesAt }: Asked): void {
    this.#spans.asked(node);
    this.#data.bring(node, leavesAt);
  }

  /** Answers what is complete. */
  #answer(open: Open): void {
    open.asked = open.asked.filter(({ node, make, resolve }) => {
      const covering = coverOf(node, open.answers);
      if (covering === null) return true;
      const values = make(open.results.filter((result) => isWithin(result, node)));
      const compute_ms = covering.reduce((sum, answer) => sum + answer.compute_ms, 0);
      const elapsed_ms = Math.max(...covering.map((answer) => answer.elapsed_ms));
      resolve({ values, compute_ms, elapsed_ms });
      return false;
    });
  }

  /** Gives the fleet a network, unless it has that one. */
  #publish(network: NetworkName, next: Snapshot): void {
    const before = this.#published[network];
    if (before === next) return;
    this.#published[network] = next;
    const { values: given, checksum, step } = next;
    this.#fleet.publish(network, step, { checksum, given, change: null });
    const is_used = before !== null && this.#waiting.some(({ states }) => states[network] === before);
    if (before !== null && !is_used) this.#states.recycle(network, before);
  }
}

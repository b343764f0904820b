/**
 * The workers of a run: who is in, who computes what, and what their answers are. The shell around the pure
 * parts (assignment, round, patience): it owns the channels and the clock, and nothing of the training.
 */
import { numElements } from "../../common/shape.ts";
import type { Cancel, Clock } from "../../wire/clock.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import type { TreeNode } from "../../kernels/tree.ts";
import { bytesOf, payloadFloats } from "../../wire/frame.ts";
import type { Message, MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { Socket } from "../../wire/socket.ts";
import type { RunFacts } from "./admission/join.ts";
import { candidates, helpersAmong, trialsDue } from "./placement/eligibility.ts";
import { Admission, type AdmissionOptions } from "./admission/admission.ts";
import { Jobs } from "./jobs.ts";
import { BadResult, Judge } from "./judge.ts";
import type { Member } from "./member.ts";
import { type Fence, type RoundRequest, staleness } from "./fence.ts";
import { type FleetObserver, WORKER_LOST } from "./observer.ts";
import { ShardRebalancer } from "./placement/shard_rebalancer.ts";
import type { PackedResults } from "./memory/packed_results.ts";
import { type GivenWeights, PublishedWeights, type TrainedState } from "./memory/published_weights.ts";
import type { ResultMemory } from "./memory/result_memory.ts";
import { RefusedWork } from "./refused_work.ts";
import { type Flaw, graphOf } from "./result_check.ts";
import { type NodeResult, Round, type Task } from "./round.ts";
import { SecondOpinions } from "./second_opinions.ts";
import { holdAll, sendWork, shipShards, tellSpares } from "./shipping.ts";
import type { ShardedData } from "../data/sharded_data.ts";
import { countResult, type WorkerShare, type WorkerShares } from "./worker_share.ts";

/** Late answers are looked for this often. */
const TICK_MS = 500;

export interface RoundOutcome {
  readonly results: readonly NodeResult[];
  /** True if the results are still what their workers wrote: to be asked when they have been read. */
  readonly areWhole: () => boolean;
  readonly shares: ReadonlyMap<number, WorkerShare>;
}

interface OpenRound {
  readonly request: RoundRequest;
  readonly opinions: SecondOpinions;
  readonly round: Round;
  readonly refused: RefusedWork;
  readonly shares: WorkerShares;
  readonly asked_ms: number;
  readonly resolve: (outcome: RoundOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface FleetOptions extends AdmissionOptions {
  /** Where results lie until the next round. Workers on this machine share it. */
  readonly memory: ResultMemory;
  /** Reads rounded results; absent: they are float32. */
  readonly packed?: PackedResults | null;
}

export class Fleet {
  readonly jobs: Jobs;
  readonly #facts: RunFacts;
  readonly #data: ShardedData;
  readonly #shared_memory: AdmissionOptions["shared_memory"];
  readonly #memory: ResultMemory;
  readonly #packed: PackedResults | null;
  readonly #group_shards: number | null;
  readonly #admission: Admission;
  readonly #observer: FleetObserver;
  readonly #members = new Map<number, Member>();
  readonly #weights: PublishedWeights;
  readonly #rebalancer: ShardRebalancer;
  readonly #judge: Judge;
  readonly #clock: Clock;
  readonly #stopTick: Cancel;
  #generation = 0;
  #open: OpenRound | null = null;
  #bytes_of_departed = { in: 0, out: 0 };
  #abandoned: { readonly error: unknown } | null = null;
  /** Who waits for enough workers. */
  #waiting: { count: number; resolve: () => void; reject: (error: unknown) => void } | null = null;

  constructor(facts: RunFacts, data: ShardedData, options: FleetOptions, observer: FleetObserver) {
    this.#facts = facts;
    this.#data = data;
    this.#shared_memory = options.shared_memory;
    this.#memory = options.memory;
    this.#packed = options.packed ?? null;
    this.#group_shards = facts.wire?.group_shards ?? null;
    this.#admission = new Admission(facts, data, options, observer);
    this.#observer = observer;
    this.#weights = new PublishedWeights(facts);
    this.#clock = options.clock;
    this.#rebalancer = new ShardRebalancer(data.plan.num_shards, this.#group_shards ?? 1);
    this.#judge = new Judge(facts.manifest, (values) => options.memory.largest(values), observer);
    const example_size = numElements(facts.manifest.example_shape);
    this.jobs = new Jobs(facts.run, example_size, this.#clock, observer);
    this.#stopTick = this.#clock.every(TICK_MS, () => this.#lookForLate());
  }

  /** Numeric classes of which a result has counted. */
  get classes(): ReadonlySet<string> {
    return this.#admission.classes;
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Requests of the present round that have not been answered. */
  get asked(): readonly Task[] {
    return this.#open?.round.open ?? [];
  }

  /** Bytes over all connections since the start. */
  get bytes(): { in: number; out: number } {
    return this.members.reduce(
      (total, { channel }) => ({ in: total.in + channel.bytes_in, out: total.out + channel.bytes_out }),
      this.#bytes_of_departed,
    );
  }

  /** Time spent on what the present workers sent. */
  get handled_ms(): number {
    return this.members.reduce((sum, { channel }) => sum + channel.handled_ms, 0);
  }

  /** Resolves once `count` workers are in. Rejects when abandoned. */
  waitFor(count: number): Promise<void> {
    if (this.#members.size >= count) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting = { count, resolve, reject });
  }

  /** Admits a new connection to the fleet. Never throws. */
  async accept(socket: Socket, peer: string): Promise<void> {
    await this.#admission.accept(socket, peer, (member) => this.join(member));
  }

  /** Takes in a worker that has been admitted. */
  join(member: Member): void {
    this.#members.set(member.id, member);
    member.channel.onmessage = (message, payload) => this.#receive(member, message, payload);
    member.channel.onclose = (reason) => this.#leave(member, reason);
    this.#generation++;
    this.#observer.joined(member);
    if (this.#open) {
      const now_ms = this.#clock.now_ms();
      this.#send(this.#open, this.#open.round.reissueMissing([member.id], now_ms));
    }
    if (this.#waiting && this.#members.size >= this.#waiting.count) {
      this.#waiting.resolve();
      this.#waiting = null;
    }
  }

  #leave(member: Member, reason: string): void {
    if (!this.#members.delete(member.id)) return;
    this.#memory.left(member.id);
    this.#bytes_of_departed.in += member.channel.bytes_in;
    this.#bytes_of_departed.out += member.channel.bytes_out;
    this.#generation++;
    const now_ms = this.#clock.now_ms();
    const tasks = this.#open?.round.lost(member.id, helpersAmong(this.members), now_ms) ?? [];
    this.#observer.left(member, tasks.length > 0 ? `${reason}; its work goes to the others` : reason);
    this.jobs.lost(member.id);
    if (!this.#open) return;
    if (tasks.length > 0 && !member.said_why) {
      const to = [...new Set(tasks.map((t) => t.worker))].join(", ");
      const decision = `gave its open shards of step ${this.#open.request.step} to worker ${to}`;
      this.#observer.fault({ what: WORKER_LOST, worker: member.id, decision, reason });
    }
    this.#send(this.#open, tasks);
    if (this.#abandoned && this.#members.size === 0) this.#endRound(this.#abandoned.error);
  }

  /**
   * Publishes new weights: encoded once, the same bytes to every worker that computes. They must stay as they
   * are until all results are there of the rounds that follow.
   */
  publish(state: TrainedState, step: number, weights: GivenWeights): void {
    this.#weights.set(state, step, weights);
    this.#shared_memory?.publish(state, weights.given);
    for (const { worker } of this.#rebalancer.ranges) {
      const member = this.#members.get(worker);
      if (member) this.#sendCurrent(member, state);
    }
  }

  #sendCurrent(member: Member, state: TrainedState): string {
    const checksum = this.#weights.checksum(state);
    if (!member.channel.shares) {
      member.sendWeights(state, checksum, (held) => this.#weights.frame(state, this.#generation, held));
    }
    return checksum;
  }

  /**
   * Has every shard computed. Waits without end for workers if there are none. Throws {@linkcode BadResult} where a node
   * has no good result, whoever computes it.
   */
  round(request: RoundRequest): Promise<RoundOutcome> {
    this.#memory.beginRound();
    this.#reassign(request.kind);
    return new Promise((resolve, reject) => {
      const round = new Round(this.#data.plan.num_shards, this.#group_shards);
      const asked_ms = this.#clock.now_ms();
      const answers = {
        refused: new RefusedWork(request),
        opinions: new SecondOpinions(),
        shares: new Map<number, WorkerShare>(),
      };
      this.#open = { request, round, ...answers, asked_ms, resolve, reject };
      this.#send(this.#open, round.start(this.#rebalancer.ranges, asked_ms));
      if (request.kind === "critic" && !this.#rebalancer.is_trying) this.#tryIdle(this.#open, asked_ms);
    });
  }

  /** Has workers without shards compute what others compute, too, to see how fast they are. Nobody waits for them. */
  #tryIdle(open: OpenRound, now_ms: number): void {
    const tasks = open.round.open;
    const [smallest] = tasks.toSorted((a, b) => a.end - a.begin - (b.end - b.begin));
    if (!smallest) return;
    const working = new Set(tasks.map(({ worker }) => worker));
    for (const member of trialsDue(this.members, working, now_ms)) this.#ask(open, member, smallest, true);
  }

  /** Ends with this error whatever waits for workers, now or later; a round that is being computed goes on. */
  abandonIdle(error: unknown): void {
    this.#abandoned = { error };
    this.#waiting?.reject(error);
    this.#waiting = null;
    if (this.#members.size === 0) this.#endRound(error);
  }

  #endRound(error: unknown): void {
    this.#open?.reject(error);
    this.#open = null;
  }

  #reassign(kind: RoundRequest["kind"]): void {
    const rebalancer = this.#rebalancer;
    const speeds = candidates(this.members, rebalancer.ranges).map(({ record }) => record.speed);
    const holdsAll = () => holdAll(rebalancer.ranges, this.#members);
    const change = rebalancer.update(speeds, this.#clock.now_ms(), { kind, holdsAll });
    if (change === null || change.is_trial) return;
    const { reason } = change;
    if (reason !== null) {
      this.#generation++;
      this.#observer.fault({ what: "uneven speeds", worker: null, decision: "moved shards", reason });
    }
    shipShards(rebalancer.ranges, this.#members, this.#facts.run, this.#data);
    tellSpares(rebalancer, this.members);
  }

  #send(open: OpenRound, tasks: readonly Task[]): void {
    for (const task of tasks) {
      const member = this.#members.get(task.worker);
      if (member) this.#ask(open, member, task, false);
    }
  }

  #ask({ request }: OpenRound, member: Member, { begin, end, issued_ms }: Task, is_trial: boolean): void {
    this.#memory.expect(member.id);
    member.record.ask(request, { begin, end }, issued_ms, is_trial);
    const critic_checksum = this.#sendCurrent(member, "critic");
    const generator_checksum = this.#sendCurrent(member, "generator");
    const { run, incarnation } = this.#facts;
    const fence = { run, incarnation, generation: this.#generation, critic_checksum, generator_checksum };
    const next_noise_counter = is_trial ? null : request.next_noise_counter;
    sendWork(member, this.#data, { ...fence, ...request, next_noise_counter, begin, end });
  }

  #receive(member: Member, message: Message, payload: Uint8Array): void {
    switch (message.type) {
      case "result":
        return this.#result(member, message, payload);
      case "shard_held":
        if (message.run === this.#facts.run && message.shard < this.#data.plan.num_shards) {
          member.held.add(message.shard);
        }
        return;
      case "job_result":
        return this.jobs.result(member.id, message, payload);
      case "refuse":
        return this.#refusal(member, message);
      case "leave":
        member.said_why = true;
        return member.channel.close(message.reason);
      default:
        throw new Refusal("unexpected_message", `Message ${message.type} must not come after ready`);
    }
  }

  #refusal(member: Member, message: MessageOf<"refuse">): void {
    if (message.job !== null) return this.jobs.failed(member.id, message.job, message.reason);
    const decision = "closed its connection; its shards go to others, and it may join again";
    const what = message.code.replaceAll("_", " ");
    this.#observer.fault({ what, worker: member.id, decision, reason: message.reason });
    member.said_why = true;
    member.channel.close(`It refused its work: ${message.reason}`);
    const error = this.#open?.refused.add(member, message, this.members);
    if (error) this.#endRound(error);
  }

  #result(member: Member, message: MessageOf<"result">, payload: Uint8Array): void {
    const now_ms = this.#clock.now_ms();
    const asked = member.record.answered(message, now_ms);
    if (asked?.is_trial) return;
    const open = this.#open;
    const stale = open ? staleness(message, this.#fence(open)) : "no step is open";
    if (!open || stale !== null) {
      const found = `step ${message.step} (${message.kind}), shards ${message.begin} to ${message.end - 1}`;
      throw new Refusal("stale", `Result must belong to the open round, found ${found}: ${stale}`);
    }
    const { kind } = open.request, { begin, end } = message;
    const size = this.#packed?.payloadSize(kind) ?? graphOf(this.#facts.manifest, kind).size;
    const values = payloadFloats(payload, size);
    if (this.#judge.isDamaged(member, open.request, message, payload)) return;
    const numbers = this.#packed?.unpack(kind, values) ?? values;
    const flaw = this.#judge.flaw(member, open.request, message, numbers);
    const verdict = open.round[flaw ? "reject" : "accept"](member.id, begin, end);
    if (verdict === "unknown") throw new Refusal("stale", "Result must be asked for: that node was not");
    if (verdict === "duplicate") return;
    if (flaw !== null) return this.#doubt(open, member, { begin, end, values }, flaw);
    const since_ms = now_ms - (asked?.issued_ms ?? open.asked_ms);
    countResult(open.shares, member, message, { since_ms, answered_ms: now_ms - open.asked_ms });
    this.#memory.keep({ begin, end, values });
    if (!this.classes.has(member.numeric_class)) this.#admission.settle(member.numeric_class, this.members);
    this.#judge.expelWrong(this.#erred(open, message), member, open.request, message, now_ms);
    if (!open.round.complete) return;
    this.#open = null;
    open.resolve({ results: this.#memory.results, areWhole: this.#memory.areWhole, shares: open.shares });
  }

  /** A bad result may be its worker's fault or the training's: somebody else computes the node, too. */
  #doubt(open: OpenRound, member: Member, { begin, end, values }: NodeResult, flaw: Flaw): void {
    const node = { begin, end };
    open.opinions.add(node, member.id, checksumBytes(bytesOf(values)));
    const erred = this.#erred(open, node);
    const others = this.members.filter((other) => !erred.includes(other));
    const is_bad = open.opinions.isConfirmed(node, others.length > 0);
    if (is_bad) return this.#endRound(new BadResult(node, flaw));
    const helpers = (others.length > 0 ? others : [member]).map(({ id }) => id);
    const tasks = open.round.askAgain(begin, end, helpers, this.#clock.now_ms());
    this.#judge.tellDoubt(member, node, flaw, tasks);
    this.#send(open, tasks);
  }

  /** Present workers whose result of a node was bad. */
  #erred({ opinions }: OpenRound, node: TreeNode): Member[] {
    return opinions.whoErred(node).flatMap((worker) => this.#members.get(worker) ?? []);
  }

  #fence({ request }: OpenRound): Fence {
    const { run, incarnation } = this.#facts;
    return { run, incarnation, generation: this.#generation, request, checksums: this.#weights.checksums };
  }

  #lookForLate(): void {
    const now_ms = this.#clock.now_ms();
    for (const { record, channel } of this.members) {
      record.becameLate(now_ms);
      if (!record.isHung(now_ms)) continue;
      const { begin, end, issued_ms } = record.oldest!;
      const waited_s = Math.round((now_ms - issued_ms) / 1000);
      return channel.close(`It kept shards ${begin} to ${end - 1} for ${waited_s} s`);
    }
    if (this.#open) this.#askOthers(this.#open, now_ms);
  }

  /** Asks idle workers, too, for what is late. */
  #askOthers(open: OpenRound, now_ms: number): void {
    const busy = new Set(open.round.open.map((task) => task.worker));
    const idle = helpersAmong(this.members.filter(({ id }) => !busy.has(id)));
    if (idle.length === 0) return;
    const lateOf = (task: Task) => this.#members.get(task.worker)?.record.late_ms ?? 0;
    const isLate = (task: Task) => now_ms - task.issued_ms >= lateOf(task);
    const late = open.round.open.filter(isLate);
    const tasks = open.round.doubleLate(isLate, idle, now_ms);
    for (const task of tasks) {
      const owner = late.find(({ begin }) => begin === task.begin)!;
      const decision = `asked worker ${task.worker} for shards ${task.begin} to ${task.end - 1}, too`;
      const reason = `No answer within ${Math.round(lateOf(owner))} ms (from its earlier answers)`;
      this.#observer.fault({ what: "late answer", worker: owner.worker, decision, reason });
    }
    this.#send(open, tasks);
  }

  /** Says goodbye to all, also to those that are not ready yet. */
  async finish(reason: string): Promise<void> {
    this.#stopTick();
    this.jobs.abandon();
    for (const { channel } of this.#members.values()) channel.onclose = null;
    const channels = [...this.members.map(({ channel }) => channel), ...this.#admission.close()];
    for (const channel of channels) channel.send({ type: "finish", reason });
    await Promise.allSettled(channels.map((channel) => channel.drained()));
    for (const channel of channels) channel.close(reason);
  }
}

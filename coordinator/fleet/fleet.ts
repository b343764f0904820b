/**
 * The workers of a run: who is in, who computes what, and what their answers are. The shell around the pure
 * parts (assignment, round, patience): it owns the channels and the clock, and nothing of the training.
 */
import { numElements } from "../../common/shape.ts";
import { FLOAT32_WIRE } from "../../common/wire_format.ts";
import type { Cancel, Clock } from "../../wire/clock.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import type { TreeNode } from "../../kernels/tree.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { Message, MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { Socket } from "../../wire/socket.ts";
import type { RunFacts } from "./admission/join.ts";
import { Answers } from "./answers/answers.ts";
import { candidates, helpersAmong } from "./placement/eligibility.ts";
import { askForLate, closeHung } from "./placement/late_answers.ts";
import { trialTasks } from "./placement/trials.ts";
import { Admission, type AdmissionOptions } from "./admission/admission.ts";
import { Gathering } from "./admission/gathering.ts";
import { Jobs } from "./jobs.ts";
import { BadResult, Judge } from "./judge.ts";
import { dismiss, type Member } from "./member.ts";
import { type Fence, type RoundRequest, staleness, staleResult } from "./fence.ts";
import { type FleetObserver, WORKER_LOST } from "./observer.ts";
import { type OpenRound, openRound, type RoundOutcome } from "./open_round.ts";
import { ShardRebalancer } from "./placement/shard_rebalancer.ts";
import type { ChunkMemory } from "./memory/chunk_memory.ts";
import type { PackedResults } from "./memory/packed_results.ts";
import type { GivenWeights, TrainedState } from "./memory/published_weights.ts";
import type { ResultMemory } from "./memory/result_memory.ts";
import { refusedWork } from "./refused_work.ts";
import type { Flaw } from "./result_check.ts";
import { type NodeResult, Round, type Task } from "./round.ts";
import { holdAll, sendWork, shipShards, tellSpares } from "./shipping.ts";
import { IncomingResults, type ReadResult } from "./streaming/incoming_results.ts";
import { chunkFloatsOf, ResultChunks } from "./streaming/result_chunks.ts";
import type { TakeChunk } from "./streaming/round_chunks.ts";
import { WeightsDelivery } from "./streaming/weights_delivery.ts";
import type { WeightsChunk } from "./streaming/weights_stream.ts";
import type { ShardedData } from "../data/sharded_data.ts";
import { countResult } from "./worker_share.ts";

/** Late answers are looked for this often. */
const TICK_MS = 500;

export interface FleetOptions extends AdmissionOptions {
  /** Where results lie until the next round. Workers on this machine share it. */
  readonly memory: ResultMemory;
  /** Reads rounded results; absent: they are float32. */
  readonly packed?: PackedResults | null;
  /** Where chunks of results lie until the next round; absent: where the socket puts them. */
  readonly chunks?: ChunkMemory | null;
}

export class Fleet {
  readonly jobs: Jobs;
  readonly #facts: RunFacts;
  readonly #data: ShardedData;
  readonly #memory: ResultMemory;
  readonly #answers: Answers;
  readonly #admission: Admission;
  readonly #observer: FleetObserver;
  readonly #members = new Map<number, Member>();
  readonly #weights: WeightsDelivery;
  readonly #incoming: IncomingResults;
  readonly #rebalancer: ShardRebalancer;
  readonly #judge: Judge;
  readonly #clock: Clock;
  readonly #stopTick: Cancel;
  #generation = 0;
  #open: OpenRound | null = null;
  #bytes_of_departed = { in: 0, out: 0 };
  #abandoned: { readonly error: unknown } | null = null;
  readonly #gathering = new Gathering();

  constructor(facts: RunFacts, data: ShardedData, options: FleetOptions, observer: FleetObserver) {
    this.#facts = facts;
    this.#data = data;
    this.#memory = options.memory;
    this.#admission = new Admission(facts, data, options, observer);
    this.#observer = observer;
    const { manifest, wire = FLOAT32_WIRE } = facts, { num_shards } = data.plan;
    this.#answers = new Answers(facts, num_shards, options);
    const cuts = new ResultChunks(manifest, wire.format, chunkFloatsOf(facts));
    this.#weights = new WeightsDelivery(facts, options.shared_memory, (state) => cuts.of(state).length);
    this.#clock = options.clock;
    this.#rebalancer = new ShardRebalancer(num_shards, this.#answers.unit_shards ?? 1);
    this.#judge = new Judge(this.#answers, observer);
    this.#incoming = new IncomingResults(manifest, this.#answers, cuts, this.#judge, options);
    this.jobs = new Jobs(facts.run, numElements(manifest.example_shape), this.#clock, observer);
    this.#stopTick = this.#clock.every(TICK_MS, () => this.#lookForLate());
  }

  /** Length of the chunks that larger results and weights travel in. */
  get chunk_floats(): number {
    return chunkFloatsOf(this.#facts);
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
    return this.#gathering.wait(count, this.#members.size);
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
    this.#gathering.joined(this.#members.size);
  }

  #leave(member: Member, reason: string): void {
    if (!this.#members.delete(member.id)) return;
    this.#memory.left(member.id);
    this.#incoming.left(member.id);
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
    this.#weights.publish(state, step, weights);
    for (const member of this.#working()) this.#sendCurrent(member, state);
  }

  /** Sends a chunk of weights that may become the next ones: {@linkcode publish} says whether they do. */
  sendChunk(chunk: WeightsChunk): void {
    this.#weights.sendChunk(chunk, this.#working());
  }

  /** Workers that have shards. */
  #working(): Member[] {
    return this.#rebalancer.ranges.flatMap(({ worker }) => this.#members.get(worker) ?? []);
  }

  #sendCurrent(member: Member, state: TrainedState): string {
    return this.#weights.sendCurrent(member, state, this.#generation);
  }

  /**
   * Has every shard computed. Waits without end for workers if there are none. `take` is called with chunks of gradients
   * as soon as all shards have them, if any result comes in chunks. Throws {@linkcode BadResult} where a node has no good
   * result, whoever computes it.
   */
  round(request: RoundRequest, take: TakeChunk | null = null): Promise<RoundOutcome> {
    this.#memory.beginRound();
    this.#incoming.beginRound();
    this.#reassign(request.kind);
    return new Promise((resolve, reject) => {
      const round = new Round(this.#data.plan.num_shards, this.#answers.unit_shards);
      const asked_ms = this.#clock.now_ms();
      const open = this.#open = openRound({ request, round, asked_ms, take, resolve, reject });
      this.#send(open, round.start(this.#rebalancer.ranges, asked_ms));
      if (request.kind !== "critic" || this.#rebalancer.is_trying) return;
      // Workers without shards compute what others compute, too, to see how fast they are. Nobody waits for them.
      for (const { member, task } of trialTasks(round.open, this.members, asked_ms)) {
        this.#ask(open, member, task, true);
      }
    });
  }

  /** Ends with this error whatever waits for workers, now or later; a round that is being computed goes on. */
  abandonIdle(error: unknown): void {
    this.#abandoned = { error };
    this.#gathering.abandon(error);
    if (this.#members.size === 0) this.#endRound(error);
  }

  #endRound(error: unknown): void {
    this.#open?.reject(error);
    this.#open = null;
  }

  #reassign(kind: RoundRequest["kind"]): void {
    const rebalancer = this.#rebalancer;
    const speeds = this.#answers.speedsOf(candidates(this.members, rebalancer.ranges));
    const holdsAll = () => holdAll(rebalancer.ranges, this.#members);
    const isLocal = (worker: number) => this.#members.get(worker)?.channel.shares ?? false;
    const change = rebalancer.update(speeds, this.#clock.now_ms(), { kind, holdsAll, isLocal });
    if (change === null || change.is_trial) return;
    const { reason } = change;
    if (reason !== null) {
      this.#generation++;
      this.#observer.fault({ what: "uneven speeds", worker: null, decision: "moved shards", reason });
    }
    shipShards(rebalancer.ranges, this.#members, this.#facts.run, this.#data);
    tellSpares(rebalancer, this.members, this.#answers.learners);
  }

  #send(open: OpenRound, tasks: readonly Task[]): void {
    for (const task of tasks) {
      const member = this.#members.get(task.worker);
      if (member) this.#ask(open, member, task, false);
    }
  }

  #ask({ request }: OpenRound, member: Member, { begin, end, issued_ms }: Task, is_trial: boolean): void {
    this.#memory.expect(member.id);
    if (!member.channel.shares) member.channel.expectMessages(this.#incoming.most_chunks);
    member.record.ask(request, { begin, end }, issued_ms, is_trial);
    const critic_checksum = this.#sendCurrent(member, "critic");
    const generator_checksum = this.#sendCurrent(member, "generator");
    const { run, incarnation } = this.#facts;
    const fence = { run, incarnation, generation: this.#generation, critic_checksum, generator_checksum };
    const next_noise_counter = is_trial ? null : request.next_noise_counter;
    sendWork(member, this.#data, this.#answers, { ...fence, ...request, next_noise_counter, begin, end });
  }

  #receive(member: Member, message: Message, payload: Uint8Array): void {
    switch (message.type) {
      case "result":
        return this.#result(member, message, payload);
      case "result_start":
        return this.#resultStart(member, message, payload);
      case "result_chunk":
        return this.#resultChunk(member, message, payload);
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
    this.#observer.fault(refusedWork(member, message));
    member.said_why = true;
    member.channel.close(`It refused its work: ${message.reason}`);
    const error = this.#open?.refused.add(member, message, this.members);
    if (error) this.#endRound(error);
  }

  #result(member: Member, message: MessageOf<"result">, payload: Uint8Array): void {
    const asked = member.record.answered(message, this.#clock.now_ms());
    if (asked?.is_trial) return;
    const open = this.#current(message);
    const read = this.#incoming.readWhole(member, open, message, payload);
    if (read) this.#take(open, member, message, read, asked?.issued_ms ?? open.asked_ms);
  }

  /** The open round. Throws {@linkcode Refusal} if a result does not belong to it. */
  #current(message: MessageOf<"result" | "result_start">): OpenRound {
    const open = this.#open;
    const stale = open ? staleness(message, this.#fence(open)) : "no step is open";
    if (open && stale === null) return open;
    throw staleResult(message, stale);
  }

  /** A result begins to come. What becomes of it is decided when all of it is there. */
  #resultStart(member: Member, message: MessageOf<"result_start">, payload: Uint8Array): void {
    const open = this.#open;
    const counts = open !== null && staleness(message, this.#fence(open)) === null &&
      open.round.isAsked(member.id, message.begin, message.end);
    this.#incoming.start(member, message, payload, counts ? open : null);
  }

  #resultChunk(member: Member, message: MessageOf<"result_chunk">, payload: Uint8Array): void {
    const whole = this.#incoming.chunk(member, message, payload, this.#open, this.#memory.results);
    if (whole === null) return;
    const { result, open: its_round } = whole;
    const start = result.message;
    const asked = member.record.answered(start, this.#clock.now_ms());
    if (asked?.is_trial) return;
    const open = this.#current(start);
    if (open !== its_round) throw new Refusal("stale", "Result must be asked for: that node was not");
    const read = this.#incoming.read(member, open, result);
    this.#take(open, member, start, read, asked?.issued_ms ?? open.asked_ms);
  }

  /** Takes a result of the open round, or turns it down for its flaw. `issued_ms`: when it was asked for. */
  #take(
    open: OpenRound,
    member: Member,
    message: MessageOf<"result" | "result_start">,
    { flaw, result }: ReadResult,
    issued_ms: number,
  ): void {
    const verdict = open.round[flaw ? "reject" : "accept"](member.id, message.begin, message.end);
    if (verdict === "unknown") throw new Refusal("stale", "Result must be asked for: that node was not");
    if (verdict === "duplicate") return;
    if (flaw !== null) return this.#doubt(open, member, result, flaw);
    const now_ms = this.#clock.now_ms();
    const times = { since_ms: now_ms - issued_ms, answered_ms: now_ms - open.asked_ms };
    countResult(open.shares, member, message, { ...times, steps: this.#answers.steps(message) });
    this.#memory.keep(result);
    if (!this.classes.has(member.numeric_class)) this.#admission.settle(member.numeric_class, this.members);
    this.#judge.expelWrong(this.#erred(open, message), member, open.request, message, now_ms);
    if (!open.round.complete) return open.chunks?.counts(result, this.#memory.results);
    this.#open = null;
    const { results, areWhole } = this.#memory;
    const streamed = open.chunks?.finish(results) ?? false;
    if (!streamed) this.#weights.dropChunks();
    open.resolve({ results, areWhole, shares: open.shares, streamed });
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
    if (closeHung(this.members, now_ms) || !this.#open) return;
    this.#send(this.#open, askForLate(this.#open.round, this.#members, now_ms, this.#observer));
  }

  /** Says goodbye to all, also to those that are not ready yet. `comes_back`: workers shall wait for it. */
  async finish(reason: string, comes_back = false): Promise<void> {
    this.#stopTick();
    this.jobs.abandon();
    for (const { channel } of this.#members.values()) channel.onclose = null;
    const channels = [...this.members.map(({ channel }) => channel), ...this.#admission.close()];
    await dismiss(channels, reason, comes_back);
  }
}

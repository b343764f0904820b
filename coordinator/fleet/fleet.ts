/**
 * The workers of a run: who is in, who computes what, and what their answers are. The shell around the pure
 * parts (assignment, round, patience): it owns the channels and the clock, and nothing of the training.
 */
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
import { helpersAmong } from "./placement/eligibility.ts";
import { askForLate, closeHung } from "./placement/late_answers.ts";
import { trialTasks } from "./placement/trials.ts";
import { Admission } from "./admission/admission.ts";
import type { FleetOptions } from "./admission/fleet_options.ts";
import { Membership } from "./admission/membership.ts";
import { Jobs } from "./jobs.ts";
import { BadResult, Judge } from "./judge.ts";
import { dismiss, type Member } from "./member.ts";
import { type Fence, type RoundRequest, staleness, staleResult } from "./fence.ts";
import { type FleetObserver, lostInMidStep } from "./observer.ts";
import { type OpenRound, openRound, type RoundOutcome, type RoundPart } from "./open_round.ts";
import { Placement } from "./placement/placement.ts";
import type { GivenWeights, TrainedState } from "./memory/published_weights.ts";
import type { ResultMemory } from "./memory/result_memory.ts";
import { expelRefusing } from "./refused_work.ts";
import type { Flaw } from "./result_check.ts";
import { type NodeResult, Round, type Task } from "./round.ts";
import { sendWork } from "./shipping.ts";
import { IncomingResults, type ReadResult } from "./streaming/incoming_results.ts";
import { chunkFloatsOf, ResultChunks } from "./streaming/result_chunks.ts";
import type { TakeChunk } from "./streaming/round_chunks.ts";
import { WeightsDelivery } from "./streaming/weights_delivery.ts";
import type { WeightsChunk } from "./streaming/weights_stream.ts";
import type { ShardSource } from "../data/sharded_data.ts";
import { countResult } from "./worker_share.ts";

/** Late answers are looked for this often. */
const TICK_MS = 500;

export class Fleet {
  readonly jobs: Jobs;
  readonly #facts: RunFacts;
  readonly #data: ShardSource;
  readonly #memory: ResultMemory;
  readonly #answers: Answers;
  readonly #admission: Admission;
  readonly #observer: FleetObserver;
  readonly #members = new Membership();
  readonly #weights: WeightsDelivery;
  readonly #incoming: IncomingResults;
  readonly placement: Placement;
  readonly #judge: Judge;
  readonly #clock: Clock;
  readonly #stopTick: Cancel;
  readonly #is_relay: boolean;
  #open: OpenRound | null = null;

  constructor(facts: RunFacts, data: ShardSource, options: FleetOptions, observer: FleetObserver) {
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
    const is_relay = this.#is_relay = options.is_relay ?? false;
    const members = this.#members.by_id, answers = this.#answers;
    this.placement = new Placement({ run: facts.run, data, members, answers, observer, is_relay });
    this.#judge = new Judge(this.#answers, observer);
    this.#incoming = new IncomingResults(manifest, this.#answers, cuts, this.#judge, options);
    this.jobs = new Jobs(facts.run, manifest, this.#clock, observer);
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
    return this.#members.all;
  }

  /** Requests of the present round that have not been answered. */
  get asked(): readonly Task[] {
    return this.#open?.round.open ?? [];
  }

  /** Bytes over all connections since the start. */
  get bytes(): { in: number; out: number } {
    return this.#members.bytes;
  }

  /** Time spent on what the present workers sent. */
  get handled_ms(): number {
    return this.#members.handled_ms;
  }

  /** Resolves once `count` workers are in. Rejects when abandoned. */
  waitFor(count: number): Promise<void> {
    return this.#members.waitFor(count);
  }

  /** Admits a new connection to the fleet. Never throws. */
  async accept(socket: Socket, peer: string): Promise<void> {
    await this.#admission.accept(socket, peer, (member) => this.join(member));
  }

  /** Takes in a worker that has been admitted. */
  join(member: Member): void {
    this.#members.join(member);
    member.channel.onmessage = (message, payload) => this.#receive(member, message, payload);
    member.channel.onclose = (reason) => this.#leave(member, reason);
    this.#observer.joined(member);
    if (this.#open) {
      const now_ms = this.#clock.now_ms();
      this.#send(this.#open, this.#open.round.reissueMissing([member.id], now_ms));
    }
    this.#members.joined();
  }

  #leave(member: Member, reason: string): void {
    if (!this.#members.leave(member)) return;
    this.#memory.left(member.id);
    this.#incoming.left(member.id);
    const now_ms = this.#clock.now_ms();
    const tasks = this.#open?.round.lost(member.id, helpersAmong(this.members), now_ms) ?? [];
    this.#observer.left(member, tasks.length > 0 ? `${reason}; its work goes to the others` : reason);
    this.jobs.lost(member.id);
    if (!this.#open) return;
    if (tasks.length > 0 && !member.said_why) {
      this.#observer.fault(lostInMidStep(member, this.#open.request, tasks, reason));
    }
    this.#send(this.#open, tasks);
    if (this.#members.given_up) this.#endRound(this.#members.given_up.error);
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
    return this.placement.ranges.flatMap(({ worker }) => this.#members.by_id.get(worker) ?? []);
  }

  #sendCurrent(member: Member, state: TrainedState): string {
    return this.#weights.sendCurrent(member, state, this.#members.generation);
  }

  /**
   * Has every shard computed. Waits without end for workers if there are none. `take` is called with chunks of gradients
   * as soon as all shards have them, if any result comes in chunks. `part`: all that is to be computed of the round. Throws
   * {@linkcode BadResult} where a node has no good result, whoever computes it.
   */
  round(request: RoundRequest, take: TakeChunk | null = null, part?: RoundPart): Promise<RoundOutcome> {
    this.#memory.beginRound();
    this.#incoming.beginRound();
    const asked_ms = this.#clock.now_ms();
    if (this.placement.update(request.kind, asked_ms)) this.#members.generation++;
    return new Promise((resolve, reject) => {
      const round = new Round(this.#data.plan.num_shards, this.#answers.unit_shards, part?.node);
      const { answered = null } = part ?? {};
      const open = this.#open = openRound({ request, round, asked_ms, take, answered, resolve, reject });
      if (this.#members.given_up) this.#endRound(this.#members.given_up.error);
      this.#ask(open, asked_ms);
      if (request.kind !== "critic" || this.placement.is_trying) return;
      // Workers without shards compute what others compute, too, to see how fast they are. Nobody waits for them.
      for (const { member, task } of trialTasks(round.open, this.members, asked_ms)) {
        this.#askFor(open, member, task, true);
      }
    });
  }

  /** The open round is about one more node. False where there is none, or where it is about a part of the node already. */
  extend(node: TreeNode): boolean {
    if (!this.#open?.round.want(node)) return false;
    this.#ask(this.#open, this.#clock.now_ms());
    return true;
  }

  /** The open round is of no use any more: its promise never resolves. */
  dropRound(): void {
    this.#open = null;
  }

  /** Asks each worker for its own shards, and behind a relay those that are quick for what is nobody's. */
  #ask(open: OpenRound, now_ms: number): void {
    this.#send(open, open.round.start(this.placement.ranges, now_ms));
    if (!this.#is_relay) return;
    this.#send(open, open.round.reissueMissing(helpersAmong(this.members), now_ms));
  }

  /** Ends with this error whatever waits for workers, now or later; a round that is being computed goes on. */
  abandonIdle(error: unknown): void {
    this.#members.abandon(error);
    if (this.#members.given_up) this.#endRound(this.#members.given_up.error);
  }

  #endRound(error: unknown): void {
    this.#open?.reject(error);
    this.#open = null;
  }

  #send(open: OpenRound, tasks: readonly Task[]): void {
    for (const task of tasks) {
      const member = this.#members.by_id.get(task.worker);
      if (member) this.#askFor(open, member, task, false);
    }
  }

  #askFor({ request }: OpenRound, member: Member, { begin, end, issued_ms }: Task, is_trial: boolean): void {
    this.#memory.expect(member.id);
    if (!member.channel.shares) member.channel.expectMessages(this.#incoming.most_chunks);
    member.record.ask(request, { begin, end }, issued_ms, is_trial);
    const critic_checksum = this.#sendCurrent(member, "critic");
    const generator_checksum = this.#sendCurrent(member, "generator");
    const { run, incarnation } = this.#facts;
    const { generation } = this.#members;
    const fence = { run, incarnation, generation, critic_checksum, generator_checksum };
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
      case "relayed":
        member.relays(message);
        return this.#observer.relayed(member);
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
    expelRefusing(member, message, this.#observer);
    // Behind a relay nobody else is left to ask: its own refusal counts with the run's coordinator.
    const is_last = this.#is_relay && this.#members.size === 0;
    const error = is_last
      ? new Error(message.reason)
      : this.#open?.refused.add(member, message, this.members);
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
    if (flaw !== null && !this.#doubt(open, member, result, flaw)) return;
    const now_ms = this.#clock.now_ms();
    const times = { since_ms: now_ms - issued_ms, answered_ms: now_ms - open.asked_ms };
    countResult(open.shares, member, message, { ...times, steps: this.#answers.steps(message) });
    this.#memory.keep(result);
    if (!this.classes.has(member.numeric_class)) this.#admission.settle(member.numeric_class, this.members);
    if (flaw === null) {
      this.#judge.expelWrong(this.#erred(open, message), member, open.request, message, now_ms);
    }
    open.answered?.(this.#memory.results, message);
    if (!open.round.complete) return open.chunks?.counts(result, this.#memory.results);
    this.#open = null;
    const { results, areWhole } = this.#memory;
    const streamed = open.chunks?.finish(results) ?? false;
    if (!streamed) this.#weights.dropChunks();
    open.resolve({ results, areWhole, shares: open.shares, streamed });
  }

  /**
   * A bad result may be its worker's fault or the training's: somebody else computes the node, too. True if it counts all
   * the same.
   */
  #doubt(open: OpenRound, member: Member, { begin, end, values }: NodeResult, flaw: Flaw): boolean {
    const node = { begin, end };
    open.opinions.add(node, member.id, checksumBytes(bytesOf(values)));
    const erred = this.#erred(open, node);
    const others = this.members.filter((other) => !erred.includes(other));
    if (open.opinions.isConfirmed(node, others.length > 0)) {
      if (!this.#is_relay) this.#endRound(new BadResult(node, flaw));
      return this.#is_relay && open.round.acceptRejected(member.id, begin, end);
    }
    const helpers = (others.length > 0 ? others : [member]).map(({ id }) => id);
    const tasks = open.round.askAgain(begin, end, helpers, this.#clock.now_ms());
    this.#judge.tellDoubt(member, node, flaw, tasks);
    this.#send(open, tasks);
    return false;
  }

  /** Present workers whose result of a node was bad. */
  #erred({ opinions }: OpenRound, node: TreeNode): Member[] {
    return opinions.whoErred(node).flatMap((worker) => this.#members.by_id.get(worker) ?? []);
  }

  #fence({ request }: OpenRound): Fence {
    const { run, incarnation } = this.#facts;
    const { generation } = this.#members;
    return { run, incarnation, generation, request, checksums: this.#weights.checksums };
  }

  #lookForLate(): void {
    const now_ms = this.#clock.now_ms();
    if (closeHung(this.members, now_ms) || !this.#open) return;
    this.#send(this.#open, askForLate(this.#open.round, this.#members.by_id, now_ms, this.#observer));
  }

  /** Says goodbye to all, also to those that are not ready yet. `comes_back`: workers shall wait for it. */
  async finish(reason: string, comes_back = false): Promise<void> {
    this.#stopTick();
    this.jobs.abandon();
    for (const { channel } of this.members) channel.onclose = null;
    const channels = [...this.members.map(({ channel }) => channel), ...this.#admission.close()];
    await dismiss(channels, reason, comes_back);
  }
}

/** Results as they come over a socket or lie in shared memory, whole or in chunks: checked, and chunks handed on. */
import { payloadFloats } from "../../../wire/frame.ts";
import type { Manifest } from "../../../models/manifest.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { Refusal } from "../../../wire/refusal.ts";
import type { Judge } from "../judge.ts";
import type { Member } from "../member.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import type { ChunkMemory } from "../memory/chunk_memory.ts";
import type { PackedResults } from "../memory/packed_results.ts";
import type { OpenRound } from "../open_round.ts";
import type { Answers } from "../answers/answers.ts";
import { type Flaw, graphOf } from "../result_check.ts";
import type { NodeResult } from "../round.ts";
import { IncomingResult } from "./incoming_result.ts";
import type { ResultChunks } from "./result_chunks.ts";
import { RoundChunks } from "./round_chunks.ts";

/** `open`: the round that it is of; null where nobody has use for it. */
interface Incoming {
  readonly result: IncomingResult;
  readonly open: OpenRound | null;
}

/** A result that has come, and its flaw. */
export interface ReadResult {
  readonly result: NodeResult;
  readonly flaw: Flaw | null;
}

export class IncomingResults {
  readonly #manifest: Manifest;
  readonly #chunks: ResultChunks;
  readonly #judge: Judge;
  readonly #packed: PackedResults | null;
  readonly #answers: Answers;
  readonly #memory: ChunkMemory | null;
  readonly #by_worker = new Map<number, Incoming>();

  constructor(
    manifest: Manifest,
    answers: Answers,
    cuts: ResultChunks,
    judge: Judge,
    { packed = null, chunks = null }: {
      readonly packed?: PackedResults | null;
      readonly chunks?: ChunkMemory | null;
    },
  ) {
    this.#manifest = manifest;
    this.#answers = answers;
    this.#chunks = cuts;
    this.#judge = judge;
    this.#packed = packed;
    this.#memory = chunks;
  }

  /** Messages that a worker sends for one result at most, besides the first. */
  get most_chunks(): number {
    return this.#chunks.most;
  }

  /** Nobody reads the results any more that came until now. */
  beginRound(): void {
    this.#memory?.beginRound();
  }

  /** A result begins to come. `open`: the round that it is of; null: it is of no use. */
  start(
    member: Member,
    message: MessageOf<"result_start">,
    payload: Uint8Array,
    open: OpenRound | null,
  ): void {
    if (this.#by_worker.has(member.id)) {
      throw new Refusal("unexpected_message", "A result must not start before the last one is whole");
    }
    const { size, tail_offset } = graphOf(this.#manifest, message.kind);
    const tail = payloadFloats(payload, size - tail_offset);
    if (open !== null && this.#judge.isDamaged(member, open.request, message, payload)) return;
    const result = new IncomingResult(message, tail, this.#chunks);
    this.#by_worker.set(member.id, { result, open });
    if (open !== null) this.#of(open)?.begin(result);
  }

  /**
   * A chunk has come. `now_open`: the round that is open now; `results`: those of it that count. Returns the result once it
   * is whole; null before, and where it was damaged.
   */
  chunk(
    member: Member,
    message: MessageOf<"result_chunk">,
    payload: Uint8Array,
    now_open: OpenRound | null,
    results: readonly NodeResult[],
  ): Incoming | null {
    const incoming = this.#by_worker.get(member.id);
    if (!incoming) {
      throw new Refusal("unexpected_message", "A chunk of a result must follow its start");
    }
    const { result, open } = incoming;
    result.check(message, payload);
    if (open !== null && open === now_open) {
      const kept = this.#memory?.keep(payload) ?? payload;
      const found = this.#memory?.checksum(kept) ?? checksumBytes(kept);
      if (this.#judge.isChunkDamaged(member, message, found)) return null;
      this.#keep(result, message, kept, open, results);
    }
    if (!result.is_whole) return null;
    this.#by_worker.delete(member.id);
    if (open !== null) open.chunks?.end(result);
    return incoming;
  }

  #keep(
    result: IncomingResult,
    { index, checksum }: MessageOf<"result_chunk">,
    payload: Uint8Array,
    open: OpenRound,
    results: readonly NodeResult[],
  ): void {
    result.keep(payload, checksum);
    if (!result.is_plausible) return;
    const { begin, end } = this.#chunks.of(open.request.kind)[index]!;
    const gradients = this.#packed?.unpackChunk(payload, end - begin) ?? payloadFloats(payload, end - begin);
    result.is_plausible = this.#judge.arePlausible(gradients);
    if (result.is_plausible) open.chunks?.advance(index, results);
    else open.chunks?.end(result);
  }

  /** A result that came in one message; null where it was damaged. */
  readWhole(
    member: Member,
    { request }: OpenRound,
    message: MessageOf<"result">,
    payload: Uint8Array,
  ): ReadResult | null {
    const values = payloadFloats(payload, this.#answers.size(request.kind));
    if (this.#judge.isDamaged(member, request, message, payload)) return null;
    const { begin, end } = message;
    return { result: { begin, end, values }, flaw: this.#judge.flaw(member, request, message, values) };
  }

  /** A result that has come in chunks. It is made whole where its chunks were not handed on, and where it has a flaw. */
  read(member: Member, { request, chunks }: OpenRound, result: IncomingResult): ReadResult {
    const { begin, end, tail } = result;
    const is_good = result.is_plausible && this.#judge.isTailPlausible(request, tail);
    if (is_good && chunks !== null) {
      return { result: { begin, end, values: tail, chunks: result }, flaw: null };
    }
    const values = this.#chunks.join(request.kind, tail, result);
    const flaw = is_good ? null : this.#judge.flaw(member, request, { largest: null }, values);
    return { result: { begin, end, values }, flaw };
  }

  /** A worker has gone: what it sent of a result is of no use. */
  left(worker: number): void {
    const incoming = this.#by_worker.get(worker);
    if (!incoming) return;
    this.#by_worker.delete(worker);
    incoming.open?.chunks?.end(incoming.result);
  }

  /** What hands a round's chunks on, from now on; null where they are not wanted. */
  #of(open: OpenRound): RoundChunks | null {
    const { take, request: { kind } } = open;
    if (take === null) return null;
    const cut = (values: Float32Array, index: number) => this.#chunks.cut(kind, values, index);
    return open.chunks ??= new RoundChunks(this.#answers.num_shards, this.#chunks.of(kind).length, cut, take);
  }
}

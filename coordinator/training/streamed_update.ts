/**
 * An update that is made chunk by chunk while results still come, beside the state: the state takes it over when the round
 * is complete, and is as it was until then. Elementwise, so the bits are those of one pass over all.
 */
import type { NetworkName } from "../../common/network_name.ts";
import { type Chunk, chunksOf } from "../../kernels/chunks.ts";
import { ALIGNMENT_BYTES, checksumBytes, type Kernels } from "../../kernels/kernels.ts";
import { expand, roundDifference, roundedBytes, type RoundedFormat } from "../../kernels/rounding.ts";
import { trainedLayout } from "../../models/layout.ts";
import type { Manifest } from "../../models/manifest.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { RunConfig } from "../config/config.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import type { Optimizer } from "../../algorithm/optimizers.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ChunkMemory } from "../fleet/memory/chunk_memory.ts";
import type { ChunkPart } from "../fleet/streaming/round_chunks.ts";
import { type RoundedReader, TreeSum } from "./averaging.ts";
import type { ModelState, Network } from "./model_state.ts";
import {
  DamagedState,
  type Made,
  type NodeSum,
  optimize,
  OPTIMIZER_BUFFERS,
  type UpdateOptions,
} from "../../algorithm/optimizer.ts";

const FLOAT_BYTES = 4;

/** What an update is made in. */
interface Room {
  readonly kernels: Kernels;
  readonly tree: TreeSum;
  readonly made: Made;
  /** A rounded chunk. */
  readonly rounded: Uint8Array;
}

export interface StreamedUpdateOptions {
  readonly config: Pick<RunConfig, "shards" | "accumulate">;
  readonly manifest: Manifest;
  readonly state: ModelState;
  readonly fleet: Pick<Fleet, "sendChunk" | "chunk_floats">;
  /** Where chunks of results lie; has {@linkcode StreamedUpdate.bytesNeeded} to spare. */
  readonly memory: ChunkMemory;
  now_ms(): number;
}

/** Time that chunks have taken since the update began. */
export interface ChunkTimes {
  readonly sum: number;
  readonly update: number;
  readonly send: number;
}

interface UnderWay {
  readonly network: Network;
  readonly kind: NetworkName;
  readonly options: UpdateOptions;
  readonly chunks: readonly Chunk[];
  /** What the workers must hold for the chunks to be of use: see `WeightsChunk`. */
  readonly from: string | null;
  /** Chunks that cannot be taken over, and why: see {@linkcode optimize}. */
  readonly failed: Map<number, DamagedState | "overflow">;
}

export class StreamedUpdate {
  readonly #run: StreamedUpdateOptions;
  /** Made at the first chunk: no run without far workers needs it. */
  #room: Room | null = null;
  #under_way: UnderWay | null = null;
  /** Elements of the chunk that is being summed. */
  #summed = 0;
  #times = { sum: 0, update: 0, send: 0 };

  constructor(run: StreamedUpdateOptions) {
    this.#run = run;
  }

  /** Bytes of the memory of chunks that it takes beside them. */
  static bytesNeeded(
    manifest: Manifest,
    { kind }: Optimizer,
    format: WireFormat,
    shards: number,
    chunk_floats: number,
  ): number {
    const num_buffers = OPTIMIZER_BUFFERS[kind].length + 1 + (format === "float32" ? 0 : 1);
    return num_buffers * (FLOAT_BYTES * largestTrained(manifest) + ALIGNMENT_BYTES) +
      TreeSum.bytesNeeded(shards, chunk_floats) +
      2 * (FLOAT_BYTES * roundedChunk(format, chunk_floats) + ALIGNMENT_BYTES);
  }

  /** A round begins whose results may come in chunks. The state must stay as it is until {@linkcode commit}. */
  begin(kind: NetworkName, options: UpdateOptions): void {
    const { manifest, state, fleet } = this.#run;
    const network = state[kind];
    const chunks = chunksOf(trainedLayout(manifest, kind).size, fleet.chunk_floats);
    const from = state.is_rounded ? network.checksum : null;
    this.#under_way = { network, kind, options, chunks, from, failed: new Map() };
    this.#times = { sum: 0, update: 0, send: 0 };
  }

  get times(): ChunkTimes {
    return this.#times;
  }

  /** Takes a chunk of the gradients of all shards; the same one again where it has other bits by now. */
  take(index: number, parts: readonly ChunkPart[]): void {
    const { network, kind, options, chunks, failed } = this.#under_way!;
    const { state, config: { shards, accumulate }, now_ms } = this.#run;
    const room = this.#room ??= this.#open();
    const chunk = chunks[index]!;
    const started_ms = now_ms();
    const sum = this.#sum(room, chunk, kind, parts);
    const summed_ms = now_ms();
    const made = within(room.made, chunk);
    made.parameters.set(network.parameters.subarray(chunk.begin, chunk.end));
    made.square_average.set(network.square_average.subarray(chunk.begin, chunk.end));
    made.average?.set(network.average!.subarray(chunk.begin, chunk.end));
    const checksum = tried(() =>
      optimize(room.kernels, state.optimizer, made, sum, 1 / (shards * accumulate), options)
    );
    const updated_ms = now_ms();
    if (typeof checksum === "string") failed.delete(index);
    else failed.set(index, checksum ?? "overflow");
    // Vectors of spectral norms belong to the last one, and they are made of all the others.
    if (typeof checksum === "string" && index < chunks.length - 1) this.#send(room, index, checksum);
    this.#times.sum += summed_ms - started_ms;
    this.#times.update += updated_ms - summed_ms;
    this.#times.send += now_ms() - updated_ms;
  }

  /**
   * The state takes over the update, all chunks of which have been taken. False, and the state is as it was, where the rate
   * is so large that weights would not be finite. Throws {@linkcode DamagedState} where the sum was not.
   */
  commit(): boolean {
    const { network, kind: state, options: { update: step }, chunks, from, failed } = this.#under_way!;
    for (const why of failed.values()) if (why !== "overflow") throw why;
    if (failed.size > 0) return false;
    const index = chunks.length - 1;
    const payload = this.#run.state.takeOver(network, this.#room!.made, chunks[index]!.begin);
    this.#run.fleet.sendChunk({ state, step, index, payload, checksum: checksumBytes(payload), from });
    return true;
  }

  #sum({ tree }: Room, { begin, end }: Chunk, kind: NetworkName, parts: readonly ChunkPart[]): NodeSum {
    this.#summed = end - begin;
    const results = parts.map(({ begin, end, payload: { buffer, byteOffset, length } }) => {
      return { begin, end, values: new Float32Array(buffer, byteOffset, length / FLOAT_BYTES) };
    });
    return tree.sum(results, kind);
  }

  /** Sends a chunk of what was made. `checksum`: of its parameters. */
  #send({ kernels, made, rounded }: Room, index: number, checksum: string): void {
    const { network, kind: state, options: { update: step }, chunks, from } = this.#under_way!;
    const chunk = chunks[index]!;
    const { parameters, given } = within(made, chunk);
    const { format } = this.#run.state;
    if (given === null || format === "float32") {
      const payload = bytesOf(parameters).slice();
      return this.#run.fleet.sendChunk({ state, step, index, payload, checksum, from });
    }
    given.set(network.given.subarray(chunk.begin, chunk.end));
    const difference = rounded.subarray(0, roundedBytes(format, given.length));
    roundDifference(kernels, format, parameters, given, difference);
    const payload = difference.slice();
    this.#run.fleet.sendChunk({ state, step, index, payload, checksum: kernels.checksum(difference), from });
  }

  #open(): Room {
    const { manifest, state: { format, optimizer }, config: { shards }, fleet, memory: { kernels } } =
      this.#run;
    const { chunk_floats } = fleet;
    const buffer = () => kernels.allocate(largestTrained(manifest));
    const made = {
      parameters: buffer(),
      square_average: buffer(),
      average: optimizer.kind === "adam" ? buffer() : null,
      given: format === "float32" ? null : buffer(),
    };
    const rounded = () => kernels.allocate(roundedChunk(format, chunk_floats));
    const packed = format === "float32" ? null : this.#reader(kernels, format, rounded());
    const tree = new TreeSum(kernels, shards, chunk_floats, packed, true);
    return { kernels, tree, made, rounded: bytesOf(rounded()) };
  }

  /** Reads rounded chunks. `room`: for one of them. */
  #reader(kernels: Kernels, format: RoundedFormat, room: Float32Array): RoundedReader {
    return {
      size: () => this.#summed,
      unpack: (_kind, chunk, into) => {
        const own = kernels.owns(chunk) ? chunk : room.subarray(0, chunk.length);
        if (own !== chunk) own.set(chunk);
        expand(kernels, format, bytesOf(own), into);
        return into;
      },
    };
  }
}

function largestTrained(manifest: Manifest): number {
  return Math.max(trainedLayout(manifest, "critic").size, trainedLayout(manifest, "generator").size);
}

/** Length of a rounded chunk, counted in float32. */
function roundedChunk(format: WireFormat, chunk_floats: number): number {
  return format === "float32" ? 0 : roundedBytes(format, chunk_floats) / FLOAT_BYTES;
}

/** A chunk of what is made. */
function within({ parameters, square_average, average, given }: Made, { begin, end }: Chunk): Made {
  return {
    parameters: parameters.subarray(begin, end),
    square_average: square_average.subarray(begin, end),
    average: average && average.subarray(begin, end),
    given: given && given.subarray(begin, end),
  };
}

/** What is returned, or the {@linkcode DamagedState} that is thrown. */
function tried<T>(compute: () => T): T | DamagedState {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DamagedState) return error;
    throw error;
  }
}

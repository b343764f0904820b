/**
 * An update that is made chunk by chunk while results still come, beside the state: the state takes it over when the round
 * is complete, and is as it was until then. Elementwise, so the bits are those of one pass over all.
 */
import { UserError } from "../../common/errors.ts";
import type { NetworkName } from "../../common/network_name.ts";
import { type Chunk, chunksOf } from "../../kernels/chunks.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import { roundDifference, roundedBytes } from "../../kernels/rounding.ts";
import { trainedLayout } from "../../models/layout.ts";
import type { Manifest } from "../../models/manifest.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { RunConfig } from "../config/config.ts";
import {
  DamagedState,
  type Made,
  type NodeSum,
  optimize,
  type UpdateOptions,
} from "../../algorithm/optimizer.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ChunkMemory } from "../fleet/memory/chunk_memory.ts";
import type { ChunkPart } from "../fleet/streaming/round_chunks.ts";
import type { ModelState, Network } from "./model_state.ts";
import { openUpdateRoom, type UpdateRoom, updateRoomBytes } from "./update_room.ts";

const FLOAT_BYTES = 4;

export interface StreamedUpdateOptions {
  readonly config: Pick<RunConfig, "shards" | "accumulate">;
  readonly manifest: Manifest;
  readonly state: ModelState;
  readonly fleet: Pick<Fleet, "sendChunk" | "chunk_floats">;
  /** Where chunks of results lie; has room for {@linkcode openUpdateRoom}. */
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
  #room: UpdateRoom | null = null;
  /** Why there is none; thrown when an update is to be taken over, after which the run can be resumed. */
  #no_room: UserError | null = null;
  #under_way: UnderWay | null = null;
  #times = { sum: 0, update: 0, send: 0 };

  constructor(run: StreamedUpdateOptions) {
    this.#run = run;
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
    if (room === null) return;
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
    if (this.#no_room !== null) throw this.#no_room;
    for (const why of failed.values()) if (why !== "overflow") throw why;
    if (failed.size > 0) return false;
    const index = chunks.length - 1;
    const payload = this.#run.state.takeOver(network, this.#room!.made, chunks[index]!.begin);
    this.#run.fleet.sendChunk({ state, step, index, payload, checksum: checksumBytes(payload), from });
    return true;
  }

  /** Null where the system does not give the memory: results come within messages, where nobody could be told. */
  #open(): UpdateRoom | null {
    if (this.#no_room !== null) return null;
    const { manifest, state: { optimizer, format }, config: { shards }, fleet, memory } = this.#run;
    const { chunk_floats } = fleet;
    const sizes = { manifest, optimizer, format, shards, chunk_floats };
    try {
      return openUpdateRoom(memory.kernels, sizes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#no_room = noRoom(updateRoomBytes(sizes));
      return null;
    }
  }

  #sum(
    { tree, reader }: UpdateRoom,
    { begin, end }: Chunk,
    kind: NetworkName,
    parts: readonly ChunkPart[],
  ): NodeSum {
    if (reader) reader.num_numbers = end - begin;
    const results = parts.map(({ begin, end, payload: { buffer, byteOffset, length } }) => {
      return { begin, end, values: new Float32Array(buffer, byteOffset, length / FLOAT_BYTES) };
    });
    return tree.sum(results, kind);
  }

  /** Sends a chunk of what was made. `checksum`: of its parameters. */
  #send({ kernels, made, rounded }: UpdateRoom, index: number, checksum: string): void {
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

function noRoom(bytes: number): UserError {
  return new UserError(
    `Cannot update the networks while results of far workers arrive: that needs ${
      Math.ceil(bytes / 2 ** 20)
    } MB of memory ` +
      "more than the run has, and this machine does not have that much; free memory or use a machine with more, then " +
      "continue with --resume",
  );
}

/** The memory of updates that are made chunk by chunk: beside the chunks of results, so that these are read in place. */
import type { NetworkName } from "../../common/network_name.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import { ALIGNMENT_BYTES, type Kernels } from "../../kernels/kernels.ts";
import { expand, roundedBytes, type RoundedFormat } from "../../kernels/rounding.ts";
import { trainedLayout } from "../../models/layout.ts";
import type { Manifest } from "../../models/manifest.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { Optimizer } from "../../algorithm/optimizers.ts";
import { type RoundedReader, TreeSum } from "./averaging.ts";
import { type Made, OPTIMIZER_BUFFERS } from "../../algorithm/optimizer.ts";

const FLOAT_BYTES = 4;

/** What the size of the memory depends on. */
export interface RoomSizes {
  readonly manifest: Manifest;
  readonly optimizer: Optimizer;
  readonly format: WireFormat;
  readonly shards: number;
  readonly chunk_floats: number;
}

export interface UpdateRoom {
  readonly kernels: Kernels;
  readonly tree: TreeSum;
  /** Null where nothing is rounded. */
  readonly reader: ChunkReader | null;
  /** As long as the larger network. */
  readonly made: Made;
  /** A rounded chunk. */
  readonly rounded: Uint8Array;
}

/** Bytes that {@linkcode openUpdateRoom} allocates, alignment included. */
export function updateRoomBytes(sizes: RoomSizes): number {
  const { manifest, optimizer: { kind }, format, shards, chunk_floats } = sizes;
  const num_buffers = OPTIMIZER_BUFFERS[kind].length + 1 + (format === "float32" ? 0 : 1);
  return num_buffers * (FLOAT_BYTES * largestTrained(manifest) + ALIGNMENT_BYTES) +
    TreeSum.bytesNeeded(shards, chunk_floats) +
    2 * (FLOAT_BYTES * roundedChunk(format, chunk_floats) + ALIGNMENT_BYTES);
}

/** Throws RangeError where the kernels have not {@linkcode updateRoomBytes} left. */
export function openUpdateRoom(kernels: Kernels, sizes: RoomSizes): UpdateRoom {
  const { manifest, optimizer, format, shards, chunk_floats } = sizes;
  const buffer = () => kernels.allocate(largestTrained(manifest));
  const rounded = () => kernels.allocate(roundedChunk(format, chunk_floats));
  const made = {
    parameters: buffer(),
    square_average: buffer(),
    average: optimizer.kind === "adam" ? buffer() : null,
    given: format === "float32" ? null : buffer(),
  };
  const reader = format === "float32" ? null : new ChunkReader(kernels, format, rounded());
  const tree = new TreeSum(kernels, shards, chunk_floats, reader, true);
  return { kernels, tree, reader, made, rounded: bytesOf(rounded()) };
}

/** Reads rounded chunks. */
class ChunkReader implements RoundedReader {
  /** Of the chunks that are read now. */
  num_numbers = 0;
  readonly #kernels: Kernels;
  readonly #format: RoundedFormat;
  /** For chunks that lie elsewhere. */
  readonly #room: Float32Array;

  constructor(kernels: Kernels, format: RoundedFormat, room: Float32Array) {
    this.#kernels = kernels;
    this.#format = format;
    this.#room = room;
  }

  size(): number {
    return this.num_numbers;
  }

  unpack(_kind: NetworkName, chunk: Float32Array, into: Float32Array): Float32Array {
    const own = this.#kernels.owns(chunk) ? chunk : this.#room.subarray(0, chunk.length);
    if (own !== chunk) own.set(chunk);
    expand(this.#kernels, this.#format, bytesOf(own), into);
    return into;
  }
}

function largestTrained(manifest: Manifest): number {
  return Math.max(trainedLayout(manifest, "critic").size, trainedLayout(manifest, "generator").size);
}

/** Length of a rounded chunk, counted in float32. */
function roundedChunk(format: WireFormat, chunk_floats: number): number {
  return format === "float32" ? 0 : roundedBytes(format, chunk_floats) / FLOAT_BYTES;
}

/** Both networks as the run's coordinator gives them, in float32, whatever way they came. */
import type { NetworkName } from "../common/network_name.ts";
import type { WeightsChunk } from "../coordinator/fleet/streaming/weights_stream.ts";
import type { Chunk } from "../kernels/chunks.ts";
import { checksumBytes } from "../kernels/kernels.ts";
import { bytesOf } from "../wire/frame.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { Rounder } from "../worker/compute/rounder.ts";

/** A network at one moment. Stays as it is until it is recycled. */
export interface Snapshot {
  readonly values: Float32Array<ArrayBuffer>;
  readonly checksum: string;
  /** Number of the update whose chunks it was made of; 0: it came whole. */
  readonly step: number;
}

export type Snapshots = Readonly<Record<NetworkName, Snapshot>>;

/** Reads rounded differences. */
export interface DifferenceReader {
  readonly rounder: Pick<Rounder, "addDifference">;
  /** Memory of the kernels, as long as the larger network. */
  readonly room: Float32Array<ArrayBuffer>;
}

/** Buffers kept: of both networks, the one that workers hold and the one that came last. */
const MAX_SPARES = 4;

export class RelayStates {
  readonly #latest: Record<NetworkName, Snapshot | null> = { critic: null, generator: null };
  readonly #reader: DifferenceReader | null;
  /** Snapshots that were made here. */
  readonly #made = new WeakSet<Snapshot>();
  readonly #spares: Float32Array<ArrayBuffer>[] = [];

  /** `reader`: null where all travels as float32. */
  constructor(reader: DifferenceReader | null) {
    this.#reader = reader;
  }

  /** Takes weights, or what is to be added to the last ones. `step`: of the update whose chunks they are; 0: they came whole. */
  set(network: NetworkName, weights: Float32Array, is_difference: boolean, step: number): void {
    const { length } = is_difference ? this.#get(network).values : weights;
    const values = this.#spare(length);
    values.set(is_difference ? this.#added(network, weights, { begin: 0, end: length }) : weights);
    const snapshot = { values, checksum: checksumBytes(bytesOf(values)), step };
    this.#made.add(snapshot);
    this.#latest[network] = snapshot;
  }

  /** A chunk of weights that may be the next ones, as it goes on. */
  chunk(
    { state, step, index, checksum }: MessageOf<"weights_chunk">,
    chunk: Chunk,
    payload: Uint8Array,
  ): WeightsChunk {
    const about = { state, step, index, from: null };
    if (this.#reader === null) return { ...about, payload, checksum };
    const { buffer, byteOffset, byteLength } = payload;
    const difference = new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
    const weights = bytesOf(this.#added(state, difference, chunk)).slice();
    return { ...about, payload: weights, checksum: checksumBytes(weights) };
  }

  get latest(): Snapshots {
    return { critic: this.#get("critic"), generator: this.#get("generator") };
  }

  /** The workers have other weights now. */
  recycle(network: NetworkName, snapshot: Snapshot): void {
    const is_own = this.#made.delete(snapshot) && snapshot !== this.#latest[network];
    if (is_own && this.#spares.length < MAX_SPARES) this.#spares.push(snapshot.values);
  }

  /** A part of the last weights with a difference added, until the next call. */
  #added(network: NetworkName, difference: Float32Array, { begin, end }: Chunk): Float32Array {
    const { rounder, room } = this.#reader!;
    const weights = room.subarray(0, end - begin);
    weights.set(this.#get(network).values.subarray(begin, end));
    rounder.addDifference(difference, weights);
    return weights;
  }

  #get(network: NetworkName): Snapshot {
    const latest = this.#latest[network];
    if (latest === null) throw new Error(`No weights of the ${network} have come`);
    return latest;
  }

  #spare(length: number): Float32Array<ArrayBuffer> {
    const at = this.#spares.findIndex((spare) => spare.length === length);
    return at < 0 ? new Float32Array(length) : this.#spares.splice(at, 1)[0]!;
  }
}

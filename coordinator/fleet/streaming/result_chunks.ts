/** How the results of a run are cut into chunks: which elements, how many bytes, and the whole made of them again. */
import type { NetworkName } from "../../../common/network_name.ts";
import type { WireFormat } from "../../../common/wire_format.ts";
import {
  type Chunk,
  chunkFloats,
  chunksOf,
  cutChunk,
  placeChunk,
  travelBytes,
} from "../../../kernels/chunks.ts";
import { payloadSize } from "../../../kernels/result_payload.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { graphOf } from "../result_check.ts";

/** Gradients of a result as they came, in order. */
export interface ChunkedGradients {
  readonly payloads: readonly Uint8Array[];
  /** Of the payloads. */
  readonly checksums: readonly string[];
}

/** Length of a run's chunks. */
export function chunkFloatsOf(
  { manifest, chunk_floats }: { readonly manifest: Pick<Manifest, "graphs">; readonly chunk_floats?: number },
): number {
  const of = (kind: NetworkName) => graphOf(manifest, kind).tail_offset;
  return chunk_floats ?? chunkFloats({ critic: of("critic"), generator: of("generator") });
}

export class ResultChunks {
  readonly #manifest: Pick<Manifest, "graphs">;
  readonly #format: WireFormat;
  readonly #chunks: Readonly<Record<NetworkName, readonly Chunk[]>>;

  constructor(manifest: Pick<Manifest, "graphs">, format: WireFormat, chunk_floats: number) {
    this.#manifest = manifest;
    this.#format = format;
    const of = (kind: NetworkName) => chunksOf(graphOf(manifest, kind).tail_offset, chunk_floats);
    this.#chunks = { critic: of("critic"), generator: of("generator") };
  }

  /** The chunks of gradients, in order. */
  of(kind: NetworkName): readonly Chunk[] {
    return this.#chunks[kind];
  }

  /** Messages that a worker sends for one result at most, besides the first. */
  get most(): number {
    return Math.max(this.#chunks.critic.length, this.#chunks.generator.length);
  }

  /** Bytes of a chunk as it travels. */
  bytes(kind: NetworkName, index: number): number {
    const { begin, end } = this.#chunks[kind][index]!;
    return travelBytes(this.#format, end - begin);
  }

  /** A chunk of a result that came whole. */
  cut(kind: NetworkName, values: Float32Array, index: number): Uint8Array {
    const { tail_offset } = graphOf(this.#manifest, kind);
    return cutChunk(this.#format, bytesOf(values), tail_offset, this.#chunks[kind][index]!);
  }

  /** A result as it would have come whole. */
  join(kind: NetworkName, tail: Float32Array, { payloads }: ChunkedGradients): Float32Array {
    const graph = graphOf(this.#manifest, kind);
    const values = new Float32Array(payloadSize(this.#format, graph));
    for (const [i, payload] of payloads.entries()) {
      placeChunk(this.#format, bytesOf(values), graph.tail_offset, this.#chunks[kind][i]!, payload);
    }
    values.set(tail, values.length - tail.length);
    return values;
  }
}

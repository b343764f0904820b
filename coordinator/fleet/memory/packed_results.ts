/** Reads results whose gradients came rounded: payloads, wherever they lie, become float32 in the kernels' memory. */
import type { Kernels } from "../../../kernels/kernels.ts";
import { expand, type RoundedFormat } from "../../../kernels/rounding.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { payloadSize, unpackResult } from "../../../kernels/result_payload.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { graphOf } from "../result_check.ts";

const KINDS = ["critic", "generator"] as const;

export class PackedResults {
  readonly #kernels: Kernels;
  readonly #manifest: Pick<Manifest, "graphs">;
  readonly #format: RoundedFormat;
  /** For payloads that lie elsewhere, and for numbers that are only looked at. */
  readonly #payload: Float32Array;
  readonly #numbers: Float32Array;

  constructor(kernels: Kernels, manifest: Pick<Manifest, "graphs">, format: RoundedFormat) {
    this.#kernels = kernels;
    this.#manifest = manifest;
    this.#format = format;
    const { payload, numbers } = largest(manifest, format);
    this.#payload = kernels.allocate(payload);
    this.#numbers = kernels.allocate(numbers);
  }

  static bytesNeeded(manifest: Pick<Manifest, "graphs">, format: RoundedFormat): number {
    const { payload, numbers } = largest(manifest, format);
    return 4 * (payload + numbers) + 2 * 64;
  }

  /** Length of a payload, counted in float32. */
  payloadSize(kind: NetworkName): number {
    return payloadSize(this.#format, graphOf(this.#manifest, kind));
  }

  /** Numbers that a payload holds. */
  size(kind: NetworkName): number {
    return graphOf(this.#manifest, kind).size;
  }

  /** What a payload holds, in memory of the kernels; without `into` valid until the next call. */
  unpack(
    kind: NetworkName,
    payload: Float32Array,
    into = this.#numbers.subarray(0, this.size(kind)),
  ): Float32Array {
    const { tail_offset } = graphOf(this.#manifest, kind);
    unpackResult(this.#kernels, this.#format, this.#own(payload), tail_offset, into);
    return into;
  }

  /** The `n` numbers of a chunk, in memory of the kernels; without `into` valid until the next call. */
  unpackChunk(chunk: Uint8Array, n: number, into = this.#numbers.subarray(0, n)): Float32Array {
    const payload = this.#payload.subarray(0, chunk.length / 4);
    bytesOf(payload).set(chunk);
    expand(this.#kernels, this.#format, bytesOf(payload), into);
    return into;
  }

  #own(payload: Float32Array): Float32Array {
    if (this.#kernels.owns(payload)) return payload;
    const copy = this.#payload.subarray(0, payload.length);
    copy.set(payload);
    return copy;
  }
}

function largest(manifest: Pick<Manifest, "graphs">, format: RoundedFormat) {
  const graphs = KINDS.map((kind) => graphOf(manifest, kind));
  return {
    payload: Math.max(...graphs.map((graph) => payloadSize(format, graph))),
    numbers: Math.max(...graphs.map(({ size }) => size)),
  };
}

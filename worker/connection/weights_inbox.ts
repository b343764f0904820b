/** The weights of a connection: which are held, and new ones as they come, whole or in chunks. */
import type { NetworkName } from "../../common/network_name.ts";
import { type Chunk, chunksOf, placeChunk, travelBytes } from "../../kernels/chunks.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import { roundedSize } from "../../kernels/result_payload.ts";
import type { Manifest } from "../../models/manifest.ts";
import { bytesOf, payloadFloats } from "../../wire/frame.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { ComputePool } from "../compute/pools/compute_pool.ts";

/** Chunks of a network's new weights: nobody's weights until their end is told. */
interface Arriving {
  readonly step: number;
  readonly whole: Float32Array<ArrayBuffer>;
  readonly there: Set<number>;
}

export class WeightsInbox {
  /** Checksums of the weights held, null before the first. */
  readonly held: Record<NetworkName, string | null> = { critic: null, generator: null };
  readonly #welcome: Pick<MessageOf<"welcome">, "wire" | "chunk_floats">;
  readonly #manifest: Manifest;
  readonly #pool: Pick<ComputePool, "setWeights" | "relay">;
  /** Numbers of what is sent as a network's weights, where that is more than them and comes whole. */
  readonly #sizes: Readonly<Record<NetworkName, number>> | null;
  readonly #arriving: Record<NetworkName, Arriving | null> = { critic: null, generator: null };

  /** `sizes`: as for learners, who are sent their states. */
  constructor(
    welcome: Pick<MessageOf<"welcome">, "wire" | "chunk_floats">,
    manifest: Manifest,
    pool: Pick<ComputePool, "setWeights" | "relay">,
    sizes: Readonly<Record<NetworkName, number>> | null = null,
  ) {
    this.#sizes = sizes;
    this.#welcome = welcome;
    this.#manifest = manifest;
    this.#pool = pool;
  }

  /** Takes weights that come in one message. Throws {@linkcode Refusal} where they are not what they should be. */
  take({ state, checksum, difference }: MessageOf<"weights">, payload: Uint8Array): void {
    if (difference) this.#checkBase(state, difference.from);
    const size = this.#sizes?.[state] ?? this.#manifest.layouts[state].size;
    const weights = payloadFloats(payload, difference ? this.#travelFloats(size) : size);
    // On their way before they are checked: the threads copy them meanwhile. Wrong ones are of no use then.
    this.#pool.setWeights(state, weights, difference !== null);
    const found = checksumBytes(payload);
    const required = difference?.checksum ?? checksum;
    if (found !== required) this.#wrong(state, required, found);
    this.held[state] = checksum;
  }

  /** Takes a chunk of weights that may be held later. Chunks of another step take the place of those before. */
  takeChunk(message: MessageOf<"weights_chunk">, payload: Uint8Array): void {
    const { state, step, index, checksum } = message;
    const chunk = this.#chunks(state)[index];
    if (chunk === undefined) {
      throw new Refusal("bad_message", `Chunk ${index} must be one of the ${state}'s weights: it is not`);
    }
    const { wire: { format } } = this.#welcome;
    const bytes = travelBytes(format, chunk.end - chunk.begin);
    if (payload.length !== bytes) {
      throw new Refusal("bad_message", `Chunk ${index} must have ${bytes} bytes: found ${payload.length}`);
    }
    const found = checksumBytes(payload);
    if (found !== checksum) {
      throw new Refusal(
        "hash_mismatch",
        `Chunk ${index} of the ${state}'s weights must have checksum ${checksum}: found ${found}`,
      );
    }
    const { size } = this.#manifest.layouts[state];
    let arriving = this.#arriving[state];
    if (arriving?.step !== step) {
      const whole = arriving?.whole ?? new Float32Array(this.#travelFloats(size));
      arriving = this.#arriving[state] = { step, whole, there: new Set() };
    }
    placeChunk(format, bytesOf(arriving.whole), size, chunk, payload);
    arriving.there.add(index);
    this.#pool.relay?.takeChunk(message, chunk, payload);
  }

  /** The chunks that came are the weights now. Throws {@linkcode Refusal} where they are not all there. */
  end({ state, step, checksum, from }: MessageOf<"weights_end">): void {
    const arriving = this.#arriving[state];
    const num_chunks = this.#chunks(state).length;
    if (arriving?.step !== step || arriving.there.size !== num_chunks) {
      const found = arriving?.step === step ? arriving.there.size : 0;
      throw new Refusal("stale", `All ${num_chunks} chunks of step ${step} must have come: found ${found}`);
    }
    if (from !== null) this.#checkBase(state, from);
    else if (this.#welcome.wire.format !== "float32") {
      throw new Refusal("bad_message", "Rounded chunks must be of a difference: found none to add to");
    }
    arriving.there.clear();
    this.#pool.setWeights(state, arriving.whole, from !== null, step);
    const found = from === null ? checksumBytes(bytesOf(arriving.whole)) : checksum;
    if (found !== checksum) this.#wrong(state, checksum, found);
    this.held[state] = checksum;
  }

  /** A difference must be to what is held, in a run that has differences. */
  #checkBase(state: NetworkName, from: string): void {
    const { wire: { format } } = this.#welcome;
    if (format !== "float32" && from === this.held[state]) return;
    const held = `${this.held[state] ?? "none"}, wire ${format}`;
    throw new Refusal(
      "stale",
      `A difference of weights must apply to the weights that this worker holds, ${held}: found one for ${from}`,
    );
  }

  #wrong(state: NetworkName, required: string, found: string): never {
    this.held[state] = null;
    throw new Refusal(
      "hash_mismatch",
      `Weights of the ${state} must have checksum ${required}: found ${found}`,
    );
  }

  /** Length of what travels of `n` numbers, counted in float32. */
  #travelFloats(n: number): number {
    const { wire: { format } } = this.#welcome;
    return format === "float32" ? n : roundedSize(format, n);
  }

  /** Chunks of a network's weights: those of its gradients, and vectors of spectral norms with the last. */
  #chunks(state: NetworkName): readonly Chunk[] {
    if (this.#sizes) return [];
    const { tail_offset: num_gradients } = this.#manifest.graphs[`${state}_training_model`];
    const chunks = chunksOf(num_gradients, this.#welcome.chunk_floats);
    const { size } = this.#manifest.layouts[state];
    return chunks.map((chunk, i) => i === chunks.length - 1 ? { ...chunk, end: size } : chunk);
  }
}

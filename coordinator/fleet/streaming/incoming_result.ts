/** A result on its way in: its tail has come, and its gradients come chunk by chunk. Pure. */
import type { MessageOf } from "../../../wire/messages.ts";
import { Refusal } from "../../../wire/refusal.ts";
import type { ChunkedGradients, ResultChunks } from "./result_chunks.ts";

export class IncomingResult implements ChunkedGradients {
  readonly message: MessageOf<"result_start">;
  readonly tail: Float32Array;
  readonly payloads: Uint8Array[] = [];
  readonly checksums: string[] = [];
  /** True as long as nothing implausible was among its numbers. */
  is_plausible = true;
  readonly #chunks: ResultChunks;
  /** Chunks that have come, kept or not. */
  #count = 0;

  constructor(message: MessageOf<"result_start">, tail: Float32Array, chunks: ResultChunks) {
    this.message = message;
    this.tail = tail;
    this.#chunks = chunks;
  }

  get begin(): number {
    return this.message.begin;
  }

  get end(): number {
    return this.message.end;
  }

  get is_whole(): boolean {
    return this.#count === this.#chunks.of(this.message.kind).length;
  }

  /** A chunk has come. Throws {@linkcode Refusal} where it is not the next one, or not as long as that. */
  check({ index }: MessageOf<"result_chunk">, payload: Uint8Array): void {
    if (index !== this.#count) {
      throw new Refusal("bad_message", `Chunks must come in order, now ${this.#count}: found ${index}`);
    }
    const bytes = this.#chunks.bytes(this.message.kind, index);
    if (payload.length !== bytes) {
      throw new Refusal("bad_message", `Chunk ${index} must have ${bytes} bytes: found ${payload.length}`);
    }
    this.#count++;
  }

  /** Keeps the chunk that was checked last. */
  keep(payload: Uint8Array, checksum: string): void {
    this.payloads.push(payload);
    this.checksums.push(checksum);
  }
}

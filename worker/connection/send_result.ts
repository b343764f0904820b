/** Sends a sum over a socket: whole, or in chunks, so that the coordinator can work on the first while the last come. */
import { chunksOf, cutChunk } from "../../kernels/chunks.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Channel } from "../../wire/channel.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { MessageOf } from "../../wire/messages.ts";

/** What a result says besides the checksum of its payload. */
export type AboutResult = Omit<MessageOf<"result_start">, "type" | "checksum">;

/** `sum`: as it travels (kernels/result_payload.ts); it must stay as it is until the channel is drained. */
export function sendResult(
  channel: Pick<Channel, "send">,
  { wire: { format }, chunk_floats }: Pick<MessageOf<"welcome">, "wire" | "chunk_floats">,
  { graphs }: Pick<Manifest, "graphs">,
  about: AboutResult,
  sum: Float32Array,
): void {
  const { size, tail_offset } = graphs[`${about.kind}_training_model`];
  const chunks = chunksOf(tail_offset, chunk_floats);
  const payload = bytesOf(sum);
  if (chunks.length <= 1) {
    const checksum = checksumBytes(payload);
    return channel.send({ type: "result", ...about, checksum, largest: null }, payload);
  }
  const tail = bytesOf(sum.subarray(sum.length - (size - tail_offset)));
  channel.send({ type: "result_start", ...about, checksum: checksumBytes(tail) }, tail);
  for (const [index, chunk] of chunks.entries()) {
    const gradients = cutChunk(format, payload, tail_offset, chunk);
    channel.send({ type: "result_chunk", index, checksum: checksumBytes(gradients) }, gradients);
  }
}

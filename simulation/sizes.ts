/** Bytes of messages: what a run of these networks would send, though nothing of that size is made. */
import type { NetworkName } from "../common/network_name.ts";
import type { Wire, WireFormat } from "../common/wire_format.ts";
import { chunkFloats, chunksOf } from "../kernels/chunks.ts";
import { payloadSize, type ResultParts, roundedSize } from "../kernels/result_payload.ts";
import type { Net } from "../models/nets/net.ts";
import { weightTensors } from "../models/nets/spectral_norm.ts";
import { TAIL_NAMES } from "../models/tail.ts";
import { buildLayout } from "../models/layout.ts";
import type { Message } from "../wire/messages.ts";

/** A message without its payload: its header, and that of its WebSocket frame. */
const HEADER_BYTES = 400;
const CHUNK_HEADER_BYTES = 100;

/** Numbers of both networks: their weights, and what a result holds. */
export interface NetworkSizes {
  readonly weights: Readonly<Record<NetworkName, number>>;
  readonly results: Readonly<Record<NetworkName, ResultParts>>;
}

export function sizesOf({ critic, generator }: Readonly<Record<NetworkName, Net>>): NetworkSizes {
  const trained = {
    critic: buildLayout(critic.parameters).size,
    generator: buildLayout(generator.parameters).size,
  };
  const statistics = buildLayout(generator.statistics).size;
  const result = (network: NetworkName, more: number): ResultParts => ({
    size: trained[network] + TAIL_NAMES[network].length + more,
    tail_offset: trained[network],
  });
  return {
    weights: { critic: buildLayout(weightTensors(critic)).size, generator: trained.generator },
    results: { critic: result("critic", 0), generator: result("generator", statistics) },
  };
}

/** Chunks that results and weights travel in (kernels/chunks.ts), by network; 1: whole. */
export type NumChunks = Readonly<Record<NetworkName, number>>;

/** Chunks of these networks, at most so many. */
export function numChunks({ results }: NetworkSizes, most: number): NumChunks {
  const { critic, generator } = results;
  const length = chunkFloats({ critic: critic.tail_offset, generator: generator.tail_offset });
  const of = (network: NetworkName) => Math.min(most, chunksOf(results[network].tail_offset, length).length);
  return { critic: of("critic"), generator: of("generator") };
}

/** Bytes of a network's weights, whole or as a rounded difference to those that the other side holds. */
export function weightsBytes({ weights }: NetworkSizes, network: NetworkName, format: WireFormat): number {
  return 4 * (format === "float32" ? weights[network] : roundedSize(format, weights[network]));
}

/** Bytes of a result. */
export function resultBytes({ results }: NetworkSizes, network: NetworkName, format: WireFormat): number {
  return 4 * payloadSize(format, results[network]);
}

/**
 * Bytes of a message on the wire; `kind`: of the result that a chunk belongs to. Examples count nothing: workers are taken to hold their shards, as they do soon after
 * the start of a run.
 */
export function messageBytes(
  message: Message,
  { sizes, wire: { format }, num_chunks }: {
    readonly sizes: NetworkSizes;
    readonly wire: Wire;
    readonly num_chunks: NumChunks;
  },
  kind: NetworkName,
): number {
  switch (message.type) {
    case "weights":
      return HEADER_BYTES + weightsBytes(sizes, message.state, message.difference ? format : "float32");
    case "weights_chunk":
      return CHUNK_HEADER_BYTES + weightsBytes(sizes, message.state, format) / num_chunks[message.state];
    case "result":
      return HEADER_BYTES + resultBytes(sizes, message.kind, format);
    case "result_chunk":
      return CHUNK_HEADER_BYTES + resultBytes(sizes, kind, format) / num_chunks[kind];
    default:
      return HEADER_BYTES;
  }
}

/**
 * Many workers in one process, whose sums are prepared beforehand: they answer work at once, over real sockets, and drop
 * the weights that they are sent. Arguments: "workers" or "bare", the address, how many, numbers of gradients and of the
 * tail. "bare": they speak no protocol, and answer a message of one byte with as many bytes as a result has.
 */
import { checksumBytes } from "../../kernels/kernels.ts";
import { chunksOf } from "../../kernels/chunks.ts";
import { openChannel } from "../../wire/channel.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { bytesOf } from "../../wire/frame.ts";
import { joinCoordinator } from "../../wire/handshake.ts";
import { MAX_FRAME_BYTES } from "../../wire/messages.ts";
import type { MessageOf, MessageType } from "../../wire/messages.ts";
import { connect } from "../../wire/ws_socket.ts";

const FROM_COORDINATORS: ReadonlySet<MessageType> = new Set<MessageType>([
  ...[
    "artifact",
    "weights",
    "weights_chunk",
    "weights_end",
    "shard_chunk",
    "work",
    "notice",
    "finish",
  ] as const,
]);
const HANDSHAKE_MS = 60_000;

/** The chunks of a result, each with its checksum. */
function prepared(num_gradients: number, chunk_floats: number) {
  const gradients = Float32Array.from({ length: num_gradients }, (_, i) => Math.sin(i) / 1_000);
  return chunksOf(num_gradients, chunk_floats).map(({ begin, end }) => {
    const payload = bytesOf(gradients.subarray(begin, end));
    return { payload, checksum: checksumBytes(payload) };
  });
}

async function openWorker(url: string, name: string, num_gradients: number, tail: Uint8Array): Promise<void> {
  const hello = { name, threads: 1, provider: "cpu", device: "scripted", platform: "bench" };
  const token = Deno.env.get("WAGON_TOKEN")!;
  const socket = await connect(url);
  const welcome = await joinCoordinator(socket, {
    clock: SYSTEM_CLOCK,
    deadline_ms: HANDSHAKE_MS,
    token,
    hello,
  });
  const { heartbeat_ms, silence_ms, chunk_floats } = welcome;
  const chunks = prepared(num_gradients, chunk_floats);
  const channel = openChannel(socket, {
    ...{ clock: SYSTEM_CLOCK, peer: "the coordinator", heartbeat_ms, silence_ms, unasked: null },
    allowed: FROM_COORDINATORS,
    max_payload_bytes: MAX_FRAME_BYTES,
  });
  const answer = (work: MessageOf<"work">) => {
    const { type: _type, inline: _inline, next_noise_counter: _next, checksum: _checksum, ...about } = work;
    const times = { compute_ms: 1, elapsed_ms: 1 };
    channel.send({ type: "result_start", ...about, ...times, checksum: checksumBytes(tail) }, tail);
    for (const [index, { payload, checksum }] of chunks.entries()) {
      channel.send({ type: "result_chunk", index, checksum }, payload);
    }
  };
  channel.onmessage = (message) => {
    if (message.type === "work") answer(message);
  };
  channel.send({ type: "ready", numeric_class: "a".repeat(64), shard_ms: 1, shared: false });
  // It never says that it holds a shard, so that no other teams are tried: examples of a byte come with each work.
}

async function openBare(url: string, num_gradients: number, chunk_floats: number): Promise<void> {
  const socket = await connect(url);
  socket.trust(MAX_FRAME_BYTES);
  const chunks = prepared(num_gradients, chunk_floats);
  // A head of the same length as that of a chunk.
  const head = new Uint8Array(96);
  socket.onmessage = (parts) => {
    if (parts.reduce((sum, { length }) => sum + length, 0) !== 1) return;
    for (const { payload } of chunks) socket.send([head, payload], () => {});
  };
}

const [mode, url, count, num_gradients, more] = Deno.args;
for (let i = 0; i < Number(count); i++) {
  if (mode === "bare") await openBare(url!, Number(num_gradients), Number(more));
  else await openWorker(url!, `scripted-${i}`, Number(num_gradients), new Uint8Array(4 * Number(more)));
}
await Deno.stdin.readable.pipeTo(new WritableStream());
Deno.exit(0);

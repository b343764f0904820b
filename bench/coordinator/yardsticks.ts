/** What no coordinator can do without: the bytes of its sockets, and a copy of them. */
import { chunkFloats, chunksOf } from "../../kernels/chunks.ts";
import { MAX_FRAME_BYTES } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { listen } from "../../wire/ws_socket.ts";
import { type CostAnswer, CostMeter, type CostQuestion, HOST, scripted, WARMUP } from "./cost_meter.ts";

/** The same bytes over the same sockets, in as many messages, and nothing done with them. */
export async function withoutAnything(
  { num_workers, num_gradients, steps }: CostQuestion,
): Promise<CostAnswer> {
  const chunk_floats = chunkFloats({ critic: num_gradients, generator: 1 });
  const chunks = chunksOf(num_gradients, chunk_floats);
  const weights = new Uint8Array(4 * num_gradients);
  const head = new Uint8Array(96);
  const sockets: Socket[] = [];
  let came = 0, bytes = 0;
  let heard: () => void = () => {};
  const listener = await listen({
    host: HOST,
    port: 0,
    onsocket: (socket) => {
      socket.trust(MAX_FRAME_BYTES);
      socket.onmessage = (parts) => {
        for (const { length } of parts) bytes += length;
        came++;
        heard();
      };
      sockets.push(socket);
      heard();
    },
  });
  const until = async (isThere: () => boolean) => {
    while (!isThere()) await new Promise<void>((resolve) => heard = resolve);
  };
  const workers = scripted("bare", `ws://${HOST}:${listener.port}`, num_workers, num_gradients, chunk_floats);
  await until(() => sockets.length === num_workers);
  const meter = new CostMeter();
  for (let step = 0; step < WARMUP + steps; step++) {
    if (step === WARMUP) meter.begin(bytes);
    came = 0;
    for (const socket of sockets) socket.send([new Uint8Array(1)], () => {});
    await until(() => came === num_workers * chunks.length);
    // As a coordinator does: one copy, for whoever reads late.
    const copy = weights.slice();
    for (const socket of sockets) {
      for (const { begin, end } of chunks) socket.send([head, copy.subarray(4 * begin, 4 * end)], () => {});
      bytes += copy.length + chunks.length * head.length;
    }
    meter.look();
  }
  const answer = meter.end(bytes, steps);
  await workers.close();
  await listener.close();
  return answer;
}

/** Copies as many bytes in memory, in pieces as large as a result. */
export function copied({ num_workers, num_gradients, steps }: CostQuestion): CostAnswer {
  const from = Array.from({ length: num_workers }, (_, i) => new Float32Array(num_gradients).fill(i));
  const to = Array.from({ length: num_workers }, () => new Float32Array(num_gradients));
  const meter = new CostMeter();
  const copy = () => {
    // In, and out.
    for (let way = 0; way < 2; way++) for (let i = 0; i < num_workers; i++) to[i]!.set(from[i]!);
  };
  for (let step = 0; step < WARMUP; step++) copy();
  meter.begin(0);
  for (let step = 0; step < steps; step++) copy();
  meter.look();
  return meter.end(steps * 2 * num_workers * 4 * num_gradients, steps);
}

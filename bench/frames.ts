/** The frame codec in memory, and a message's way to another process and back, beside raw TCP. */
import { checksumBytes } from "../kernels/kernels.ts";
import { decodeFrame, encodeFrame } from "../wire/frame.ts";
import { MAX_FRAME_BYTES, type Message } from "../wire/messages.ts";
import { connect } from "../wire/ws_socket.ts";
import type { BenchContext } from "./context.ts";
import { type Contender, interleave, samplesOf, timed } from "./report/measure.ts";
import { PeerProcess } from "./peers/peer_process.ts";
import { digits, type Section, spreadText } from "./report/report.ts";
import { median } from "../common/median.ts";
import { ratios, spreadOf } from "./report/statistics.ts";
import { readWhole, writeWhole } from "./tcp.ts";

/** The critic's gradients and the tail: what a worker sends each step. */
const PAYLOAD_BYTES = 4 * 533_508;
const REPEATS = 8;

const MESSAGE: Message = {
  type: "result",
  run: "2026-01-01T00-00-00-wgan",
  incarnation: 0,
  generation: 2,
  kind: "critic",
  step: 1234,
  begin: 0,
  end: 2,
  epoch: 0,
  batch: 1,
  noise_purpose: "critic_noise",
  noise_counter: 2,
  critic_checksum: "0123456789abcdef",
  generator_checksum: "fedcba9876543210",
  checksum: null,
  largest: 1,
  compute_ms: 6.25,
  elapsed_ms: 7.5,
};

function inMemory(payload: Uint8Array): Contender[] {
  const copy = new Uint8Array(payload.length);
  return [
    { name: "copy", sample: timed(REPEATS, () => copy.set(payload)) },
    {
      name: "codec",
      sample: timed(REPEATS, () => {
        const frame = encodeFrame(MESSAGE, payload);
        decodeFrame(frame.head, frame.payload!);
      }),
    },
    { name: "checksum", sample: timed(REPEATS, () => checksumBytes(payload)) },
  ];
}

/** Encodes, sends, waits for the echo and decodes it. */
async function webSocketEcho(port: number, payload: Uint8Array): Promise<Contender> {
  const socket = await connect(`ws://127.0.0.1:${port}`);
  socket.trust(MAX_FRAME_BYTES);
  const roundTrip = () =>
    new Promise<void>((resolve, reject) => {
      socket.onclose = (reason) => reject(new Error(reason));
      socket.onmessage = (parts) => {
        if (decodeFrame(...parts).payload.length === payload.length) resolve();
        else reject(new Error("The echo has another length"));
      };
      const { head } = encodeFrame(MESSAGE, payload);
      socket.send([head, payload], () => {});
    });
  return { name: "websocket", sample: timed(REPEATS, roundTrip) };
}

async function tcpEcho(port: number, payload: Uint8Array): Promise<Contender> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const back = new Uint8Array(payload.length);
  const roundTrip = async () => {
    await writeWhole(connection, payload);
    if (!await readWhole(connection, back)) throw new Error("The echo ended early");
  };
  return { name: "tcp", sample: timed(REPEATS, roundTrip) };
}

export async function benchFrames({ rounds, say }: BenchContext): Promise<Section> {
  say(`frames of ${PAYLOAD_BYTES} bytes`);
  const payload = new Uint8Array(PAYLOAD_BYTES).map((_, i) => i);
  const peers = ["websocket", String(PAYLOAD_BYTES)].map((mode) =>
    PeerProcess.deno(`Echo over ${mode}`, "echo_process.ts", [mode])
  );
  try {
    const [websocket, tcp] = await Promise.all(peers.map((peer) => peer.next<{ port: number }>()));
    const samples = await interleave([
      ...inMemory(payload),
      await webSocketEcho(websocket!.port, payload),
      await tcpEcho(tcp!.port, payload),
    ], rounds);
    const row = (what: string, name: string, reference: string) => [
      what,
      spreadText(spreadOf(samplesOf(samples, name))),
      spreadText(spreadOf(samplesOf(samples, reference))),
      digits(median(ratios(samplesOf(samples, name), samplesOf(samples, reference)))),
    ];
    return {
      title: "Frames",
      about:
        `A result message with ${PAYLOAD_BYTES} bytes of gradients. The codec does not copy the payload. ` +
        "Echo: to another process and back, whole message by whole message, over loopback.",
      tables: [{
        title: "Milliseconds: median [quartiles], and medians of ratios",
        columns: ["", "ms", "reference ms", "ratio"],
        rows: [
          row("encode and decode / copy of memory", "codec", "copy"),
          row("checksum / copy of memory", "checksum", "copy"),
          row("frame over WebSocket / raw TCP, round trip", "websocket", "tcp"),
        ],
      }],
      samples: Object.fromEntries(samples),
    };
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

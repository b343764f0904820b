/** Both sides of a handshake, over sockets in memory. */
import { decodeFrame, encodeFrame } from "../../wire/frame.ts";
import { type AdmitOptions, admitWorker, joinCoordinator, type JoinOptions } from "../../wire/handshake.ts";
import { type Message } from "../../wire/messages.ts";
import { FakeClock, settled } from "./fake_clock.ts";
import { MemorySocket } from "./memory_socket.ts";

export const TERMS = {
  run: "r1",
  incarnation: 2,
  coordinator_nonce: "0a".repeat(16),
  worker_nonce: "0b".repeat(16),
  certificate: null,
};
export const HELLO = { name: "w", threads: 2, provider: "cpu", device: "", platform: "test" };
export const UNPROVED = { certificate: null, key: null };
export const WELCOME = {
  worker: 1,
  seed: 42,
  shards: 1,
  shard_sizes: [10],
  example_bytes: 784,
  encoding: "uint8",
  wire: { format: "float32", group_shards: null },
  chunk_floats: 16_384,
  class_counts: null,
  flip_columns: null,
  local_steps: null,
  shard_sha256: ["00".repeat(32)],
  artifacts: [],
  heartbeat_ms: 1000,
  silence_ms: 5000,
  shared: null,
} as const;
export const WRONG_TOKEN = {
  worker: "The token is not that of this run; get the current one from the coordinator, which " +
    "makes a new one at each start unless --token-file is given",
  coordinator: "The coordinator does not know the token: another coordinator answers " +
    "there, or another program",
};

export function sides(
  coordinator: Partial<AdmitOptions> = {},
  worker_token = "secret",
  key: JoinOptions["key"] = null,
) {
  const [socket, worker_socket] = MemorySocket.pair();
  const clock = new FakeClock();
  const options = { clock, deadline_ms: 3000, token: "secret", run: "r1", incarnation: 2 };
  return {
    clock,
    socket,
    worker_socket,
    admitted: () => admitWorker(socket, { ...options, welcome: () => WELCOME, ...coordinator }),
    joined: () =>
      joinCoordinator(worker_socket, { clock, deadline_ms: 3000, token: worker_token, hello: HELLO, key }),
  };
}

/** Speaks for one side by hand. */
export function byHand(socket: MemorySocket) {
  const arrived: Message[] = [];
  socket.onmessage = (parts) => arrived.push(decodeFrame(...parts).message);
  return {
    say: (message: Message) => socket.send([encodeFrame(message).head], () => {}),
    next: async (): Promise<Message> => {
      while (arrived.length === 0) await settled();
      return arrived.shift() as Message;
    },
  };
}

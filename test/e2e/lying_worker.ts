/** A worker in this process that computes as others do, over a real connection, and changes some of what it answers. */
import { openNothing } from "../../worker/compute/shared_memory.ts";
import { loadRuntime } from "../../worker/compute/thread_client.ts";
import { CPU } from "../../worker/runtime/device.ts";
import { work } from "../../worker/work.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import { workerLines } from "../../library/worker_lines.ts";
import { decodeFrame, encodeFrame } from "../../wire/frame.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { connect } from "../../wire/ws_socket.ts";

/** What a liar's work is about, whether its result travels whole or in chunks. */
type About = Pick<MessageOf<"result">, "step" | "begin" | "end">;

/** Changes a result's numbers, if it wants to; the frame is that of an honest one, its checksum included. */
export type Lie = (values: Float32Array, work: About) => void;

function lyingSocket(socket: Socket, lie: Lie): Socket {
  const send = socket.send.bind(socket);
  let about: About | null = null;
  socket.send = (parts, written) => {
    const { message, payload } = decodeFrame(...parts.map((part) => part.slice()));
    if (message.type === "result" || message.type === "result_start") about = message;
    else if (message.type !== "result_chunk") return send(parts, written);
    const bytes = payload.slice();
    lie(new Float32Array(bytes.buffer), about!);
    const { head } = encodeFrame({ ...message, checksum: checksumBytes(bytes) }, bytes);
    send([head, bytes], written);
  };
  return socket;
}

export interface LyingWorker {
  /** What it had to say. */
  readonly lines: readonly string[];
  /** Has it leave. Resolves to the error that ended it, null where there was none. */
  end(): Promise<Error | null>;
}

export async function startLiar(
  { url, token }: { readonly url: string; readonly token: string },
  name: string,
  lie: Lie,
): Promise<LyingWorker> {
  const lines: string[] = [];
  const stop = new AbortController();
  const over = work({
    name,
    runtime_version: await loadRuntime(),
    devices: [CPU],
    memory_bytes: 1e6,
    cache: null,
    locate: () => Promise.resolve({ url, token }),
    connect: async (to) => lyingSocket(await connect(to), lie),
    openShared: openNothing,
    console: workerLines((line) => void lines.push(line)),
    stop: stop.signal,
  }).then(() => null, (error: Error) => error);
  return {
    lines,
    end: () => {
      stop.abort();
      return over;
    },
  };
}

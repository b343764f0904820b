/**
 * Sends back what it gets, from a process of its own. Argument: "websocket" (whole messages, over the project's
 * sockets) or a number of bytes (raw TCP: so many, then so many back). Writes {"port"} and ends with its input.
 */
import { MAX_FRAME_BYTES } from "../wire/messages.ts";
import { listen } from "../wire/ws_socket.ts";
import { readWhole, writeWhole } from "./tcp.ts";

const HOST = "127.0.0.1";

async function echoWebSockets(): Promise<number> {
  const { port } = await listen({
    host: HOST,
    port: 0,
    onsocket: (socket) => {
      socket.trust(MAX_FRAME_BYTES);
      socket.onmessage = (parts) => socket.send(parts, () => {});
    },
  });
  return port;
}

function echoTcp(num_bytes: number): number {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  void (async () => {
    for await (const connection of listener) {
      connection.setNoDelay(true);
      const buffer = new Uint8Array(num_bytes);
      while (await readWhole(connection, buffer)) await writeWhole(connection, buffer);
    }
  })();
  return listener.addr.port;
}

const [mode] = Deno.args;
const port = mode === "websocket" ? await echoWebSockets() : echoTcp(Number(mode));
console.log(JSON.stringify({ port }));
await Deno.stdin.readable.pipeTo(new WritableStream());
Deno.exit(0);

/** What strangers and peers may send over a WebSocket, and how many may connect. */
import assert from "node:assert/strict";
import { MAX_FRAME_BYTES } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { connect } from "../../wire/ws_socket.ts";
import { closed, listening, pair } from "./ws_socket_scene.ts";

Deno.test("ws: a stranger who sends much is dropped, a trusted peer is not", async () => {
  const { listener, client, server } = await pair();
  server.onmessage = () => {};
  client.onmessage = () => {};
  const told = closed(server);
  const dropped = closed(client);
  client.send([new Uint8Array(70_000)], () => {});
  assert.equal(await told, "Too many bytes before the token was proved");
  await dropped;
  await listener.close();
});

Deno.test("ws: a message above the limit ends the connection", async () => {
  const { listener, client, server } = await pair();
  server.trust(MAX_FRAME_BYTES);
  server.onmessage = () => {};
  client.onmessage = () => {};
  const told = closed(server);
  client.send([new Uint8Array(MAX_FRAME_BYTES + 1)], () => {});
  assert.equal(await told, "Max payload size exceeded");
  await listener.close();
});

/** How a connection ends that sends frames of `frame_bytes` where those of `limit` are allowed. */
async function endOf(
  limit: number,
  frame_bytes: number,
  parts = 1,
): Promise<{ told: string; received: number }> {
  const { listener, client, server } = await pair();
  server.trust(limit);
  let left = 3;
  server.onmessage = () => --left === 0 && client.close("all three arrived");
  client.onmessage = () => {};
  const told = closed(server);
  const part = new Uint8Array(frame_bytes / parts);
  for (let i = 0; i < 3; i++) client.send(Array<Uint8Array>(parts).fill(part), () => {});
  const end = { told: await told, received: server.bytes_received };
  await listener.close();
  return end;
}

Deno.test("ws: of a frame larger than there is use for no more is taken in than the limit", async () => {
  const MB = 1 << 20;
  assert.equal((await endOf(MB, MB)).told, "all three arrived");
  const { told, received } = await endOf(MB, 16 * MB);
  assert.equal(told, `A message of more than the ${MB} bytes allowed`);
  assert.ok(received < 2 * MB, `${received} bytes`);
  // Neither in one part of many, nor where many of one frame come by themselves.
  assert.equal((await endOf(MB, 16 * MB, 16)).told, told);
  assert.equal((await endOf(16 * MB, MB, 2048)).told, "Too many message fragments");
});

Deno.test("ws: what a coordinator says before it has proved itself has a limit, too", async () => {
  const { listener, client, server } = await pair();
  client.onmessage = () => {};
  server.onmessage = () => {};
  const told = closed(client);
  server.send([new Uint8Array(3 << 20)], () => {});
  assert.equal(await told, "A message of more than the 1048576 bytes allowed");
  await listener.close();
});

Deno.test("ws: connections beyond the limit are turned away", async () => {
  const { listener, url } = await listening({ max_connections: 1 });
  const first = await connect(url);
  await assert.rejects(connect(url), { message: /^Cannot connect to / });
  first.close("Test is over", true);
  await listener.close();
});

Deno.test("ws: one host may have a quarter of all connections, and gets back what it leaves", async () => {
  const gone = Promise.withResolvers<string>();
  const onsocket = (socket: Socket) => {
    socket.onmessage = () => {};
    socket.onclose = gone.resolve;
  };
  const { listener, url } = await listening({ max_connections: 8, onsocket });
  const [first, second] = [await connect(url), await connect(url)];
  await assert.rejects(connect(url), { message: /^Cannot connect to / });
  first.close("leaves", true);
  await gone.promise;
  const third = await connect(url);
  await assert.rejects(connect(url), { message: /^Cannot connect to / });
  for (const socket of [second, third]) socket.close("Test is over", true);
  await listener.close();
});

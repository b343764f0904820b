/** WebSockets over the loopback: order, ends, errors. */
import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { Kernels } from "../../kernels/kernels.ts";
import { bytesOf, encodeFrame } from "../../wire/frame.ts";
import { admitWorker, joinCoordinator } from "../../wire/handshake.ts";
import { MAX_FRAME_BYTES } from "../../wire/messages.ts";
import { connect, listen } from "../../wire/ws_socket.ts";
import { HELLO, WELCOME } from "./handshake_scene.ts";
import { channelOver, closed, HOST, listening, pair, TERMS, WEIGHTS } from "./ws_socket_scene.ts";

Deno.test("ws: handshake, then 2 MB to and fro over loopback", async () => {
  const { listener, client, server } = await pair();
  await Promise.all([
    admitWorker(server, { ...TERMS, run: "r", incarnation: 1, welcome: () => WELCOME }),
    joinCoordinator(client, { ...TERMS, hello: HELLO }),
  ]);
  const coordinator = channelOver(server, "weights");
  const worker = channelOver(client, "weights");
  coordinator.onmessage = (message, payload) => coordinator.send(message, payload);
  const sent = bytesOf(Kernels.create(2_134_020).allocate(533_505));
  sent.forEach((_, i) => sent[i] = (i * 31) >> 3);
  for (const length of [sent.length, 65_535, 1, 0]) {
    const back = new Promise<Uint8Array>((resolve) =>
      worker.onmessage = (_message, payload) => resolve(payload)
    );
    worker.send(WEIGHTS, sent.subarray(0, length));
    await worker.drained();
    const payload = await back;
    assert.equal(payload.byteOffset % 8, 0);
    assert.ok(payload.length === length && payload.every((byte, i) => byte === sent[i]));
  }
  assert.equal(worker.bytes_in, coordinator.bytes_out);
  assert.equal(coordinator.bytes_in, worker.bytes_out);
  worker.close("Test is over");
  await new Promise((resolve) => coordinator.onclose = resolve);
  await listener.close();
});

Deno.test("ws: a close reason reaches the other side, cut to what fits between characters", async () => {
  const { listener, client, server } = await pair();
  server.onmessage = () => {};
  const told = closed(server);
  client.close("ä".repeat(100));
  assert.equal(await told, "ä".repeat(61));
  await listener.close();
});

Deno.test("ws: a close reason is cleaned on arrival", async () => {
  const { listener, client, server } = await pair();
  server.onmessage = () => {};
  const told = closed(server);
  client.close("bye\x1b[2J\n\u202e");
  assert.equal(await told, "bye\ufffd[2J \ufffd");
  await listener.close();
});

Deno.test("ws: what was sent before a close arrives before it, in the parts it was sent in", async () => {
  const { listener, client, server } = await pair();
  server.trust(MAX_FRAME_BYTES);
  const lengths: number[] = [];
  server.onmessage = (parts) => lengths.push(...parts.map((part) => part.length));
  const told = closed(server);
  client.send([new Uint8Array(3_000_000), new Uint8Array(5)], () => {});
  client.close("bye");
  assert.equal(await told, "bye");
  assert.deepEqual(lengths, [3_000_000, 5]);
  await listener.close();
});

Deno.test("ws: an abrupt end and a listener that closes are told", async () => {
  const { listener, client, server } = await pair();
  server.onmessage = () => {};
  client.onmessage = () => {};
  const told = closed(server);
  client.close("gone", true);
  assert.equal(await told, "The connection was lost");
  const second = await connect(`ws://${HOST}:${listener.port}`);
  second.onmessage = () => {};
  const told_second = closed(second);
  await listener.close();
  assert.equal(await told_second, "The connection was lost");
});

Deno.test("ws: messages wait until there is a handler, in order", async () => {
  const { listener, client, server } = await pair();
  for (let i = 1; i <= 3; i++) {
    await new Promise<void>((resolve) => client.send([new Uint8Array(i)], resolve));
  }
  const lengths: number[] = [];
  await new Promise<void>((resolve) => {
    const take = (parts: readonly Uint8Array[]) => {
      server.onmessage = null;
      lengths.push(parts[0]?.length ?? 0);
      if (lengths.length === 3) resolve();
      else setTimeout(() => server.onmessage = take, 0);
    };
    server.onmessage = take;
  });
  assert.deepEqual(lengths, [1, 2, 3]);
  client.close("Test is over", true);
  await listener.close();
});

Deno.test("ws: without a handler nothing is read, so that the sender must wait", async () => {
  const { listener, client, server } = await pair();
  const piece = new Uint8Array(1 << 20);
  server.trust(MAX_FRAME_BYTES);
  for (let i = 0; i < 32; i++) client.send([piece], () => {});
  const reading = await pair();
  reading.server.trust(MAX_FRAME_BYTES);
  await new Promise<void>((resolve) => {
    let left = 32;
    reading.server.onmessage = () => --left === 0 && resolve();
    for (let i = 0; i < 32; i++) reading.client.send([piece], () => {});
  });
  // Another connection has carried as much meanwhile. Measured: 154 bytes, the request of the upgrade.
  assert.ok(server.bytes_received < 1 << 20, `${server.bytes_received} bytes were read`);
  for (const socket of [client, reading.client]) socket.close("Test is over", true);
  await Promise.all([listener.close(), reading.listener.close()]);
});

Deno.test("ws: pings of the protocol are told of, and answered only while the answers are read", async () => {
  const { listener, url, arrived } = await listening();
  const tcp = connectTcp(listener.port, HOST);
  tcp.on("error", () => {});
  const opened = new Promise((resolve) => tcp.once("data", resolve));
  const { host } = new URL(url);
  tcp.write([
    "GET / HTTP/1.1",
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    "\r\n",
  ].join("\r\n"));
  await opened;
  tcp.pause();
  const server = await arrived;
  server.trust(MAX_FRAME_BYTES);
  const NUM_PINGS = 200_000;
  let pings = 0;
  const all = new Promise<void>((resolve, reject) => {
    server.onclose = (reason) => reject(new Error(reason));
    server.oncontrol = () => ++pings === NUM_PINGS && resolve();
  });
  server.onmessage = () => {};
  const ping = new Uint8Array([0x89, 0x80 | 100, 0, 0, 0, 0, ...new Uint8Array(100)]);
  const many = new Uint8Array(1_000 * ping.length);
  for (let i = 0; i < 1_000; i++) many.set(ping, i * ping.length);
  for (let i = 0; i < NUM_PINGS / 1_000; i++) tcp.write(many);
  await all;
  // What comes last, behind all answers.
  const last = new Promise<number>((resolve, reject) => {
    let answered = 0;
    server.onclose = (reason) => reject(new Error(reason));
    tcp.on("data", (chunk: Uint8Array) => {
      answered += chunk.length;
      if (chunk.includes(0xfe)) resolve(answered);
    });
  });
  tcp.resume();
  server.send([new Uint8Array([0xfe])], () => {});
  const answered = await last;
  server.onclose = null;
  tcp.destroy();
  assert.ok(answered < NUM_PINGS * 102 / 2, `${answered} bytes of answers`);
  await listener.close();
});

Deno.test("ws: text is answered as any bad message", async () => {
  const { listener, url, arrived } = await listening();
  const client = new WebSocket(url);
  client.binaryType = "arraybuffer";
  await new Promise((resolve) => client.onopen = resolve);
  const channel = channelOver(await arrived);
  const answer = new Promise<ArrayBuffer>((resolve) => client.onmessage = ({ data }) => resolve(data));
  client.send("hello");
  const { head } = encodeFrame({
    type: "refuse",
    code: "bad_message",
    reason: "Frame must have at least 8 bytes: found 5",
    fatal: false,
    job: null,
  });
  assert.deepEqual(new Uint8Array(await answer), head);
  channel.close("Test is over");
  await new Promise((resolve) => client.onclose = resolve);
  await listener.close();
});

Deno.test("ws: a port in use and an address of another machine are the user's errors", async () => {
  const { listener } = await listening();
  const { port } = listener;
  await assert.rejects(listen({ host: HOST, port, onsocket: () => {} }), {
    name: "UserError",
    message: `Cannot listen on 127.0.0.1:${port}: the port is in use; ` +
      "choose another with --port, or stop the program that uses it",
  });
  await assert.rejects(listen({ host: "192.0.2.1", port, onsocket: () => {} }), {
    name: "UserError",
    message:
      `Cannot listen on 192.0.2.1:${port}: this machine has no such address; choose another with --host`,
  });
  await listener.close();
});

Deno.test("ws: connecting fails with one line", async () => {
  const { listener, url } = await listening();
  await listener.close();
  await assert.rejects(connect(url), {
    name: "Error",
    message:
      `Cannot connect to ${url}: nothing listens there; start a coordinator with deno task coordinator, or ` +
      "correct the port",
  });
  await assert.rejects(connect("not an address"), {
    name: "UserError",
    message: /^Cannot connect to not an address: /,
  });
});

Deno.test("ws: plain HTTP is answered on the same port", async () => {
  const plain = await listening();
  const refused = await fetch(`http://${HOST}:${plain.listener.port}/`);
  assert.equal(refused.status, 426);
  assert.equal(await refused.text(), "This port speaks wagon's WebSocket protocol\n");
  await plain.listener.close();
  const served = await listening({ onrequest: (request, response) => response.end(`path ${request.url}`) });
  const answer = await fetch(`http://${HOST}:${served.listener.port}/status`);
  assert.equal(await answer.text(), "path /status");
  await served.listener.close();
});

Deno.test("ws: an upgrade that is judged wrong gets an answer and no socket", async () => {
  const { listener, url } = await listening({
    onsocket: () => assert.fail("no socket may be opened"),
    judgeUpgrade: ({ rawHeaders }) =>
      rawHeaders.includes("x") ? null : { status: 403, reason: "Not from there" },
  });
  await assert.rejects(connect(url), { message: /: a proxy there asks for a login \(HTTP 403\)/ });
  const answer = await new Promise<string>((resolve) => {
    let said = "";
    const tcp = connectTcp(listener.port, HOST);
    tcp.on("data", (chunk: Uint8Array) => said += new TextDecoder().decode(chunk));
    tcp.on("close", () => resolve(said));
    tcp.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  });
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\nConnection: close\r\n[^]*\r\n\r\nNot from there\n$/);
  await listener.close();
});

Deno.test("ws: one who connects and says nothing does not keep the listener from closing", async () => {
  const { listener } = await listening();
  const tcp = connectTcp(listener.port, HOST);
  await new Promise((resolve) => tcp.on("connect", resolve));
  const ended = new Promise((resolve) => tcp.on("close", resolve));
  tcp.on("error", () => {});
  await listener.close();
  await ended;
});

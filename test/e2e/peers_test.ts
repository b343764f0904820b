/** Who gets in, who waits and who is sent away, with real processes. */
import assert from "node:assert/strict";
import { decodeFrame, encodeFrame } from "../../wire/frame.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { joinCoordinator } from "../../wire/handshake.ts";
import { type Message, PROTOCOL_VERSION } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { connect, listen } from "../../wire/ws_socket.ts";
import { DEADLINE_MS, within } from "./child.ts";
import { Workplace } from "./workplace.ts";

const SHAPE = ["--shards", "2", "--batch", "8", "--steps", "10"];

function nextMessage(socket: Socket): Promise<Message> {
  const next = new Promise<Message>((resolve) => {
    socket.onmessage = (parts) => {
      socket.onmessage = null;
      resolve(decodeFrame(...parts).message);
    };
  });
  return within(next, () => "A message must come");
}

const say = (socket: Socket, message: Message) => socket.send([encodeFrame(message).head], () => {});

/** What a coordinator answers to a worker of protocol version 999. */
async function joinFromTheFuture(url: string): Promise<Message> {
  const socket = await connect(url);
  assert.equal((await nextMessage(socket)).type, "challenge");
  const [nonce, proof] = ["00".repeat(16), "00".repeat(32)];
  const self = { name: "future", threads: 1, provider: "cpu", device: "test", platform: "test" };
  say(socket, { type: "hello", version: 999, nonce, proof, certificate: null, key: null, ...self });
  const answer = await nextMessage(socket);
  socket.close("seen");
  return answer;
}

/** The first line of the answer to an upgrade to a WebSocket with one more header. */
async function upgrade(url: string, header: string): Promise<string> {
  const { hostname, port, host } = new URL(url);
  using tcp = await Deno.connect({ hostname, port: Number(port) });
  const request = [
    "GET / HTTP/1.1",
    `Host: ${host}`,
    header,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    "\r\n",
  ];
  await tcp.write(new TextEncoder().encode(request.join("\r\n")));
  const answer = new Uint8Array(1024);
  const count = await tcp.read(answer) ?? 0;
  return new TextDecoder().decode(answer.subarray(0, count)).split("\r\n")[0]!;
}

const OTHER_VERSION =
  `Protocol version must be ${PROTOCOL_VERSION}: found 999; use the same wagon on both sides`;
const WRONG_TOKEN = "token is not that of this run; get the current one from the coordinator, " +
  "which makes a new one at each start unless --token-file is given";

Deno.test("a worker with a wrong token or another protocol is told why, and the run goes on without it", async () => {
  await using place = await Workplace.open();
  const coordinator = place.coordinate(place.path("run"), SHAPE);
  await coordinator.line(/^Listening on/m);
  const { url } = await place.rendezvous();
  const thief = await place.run("worker", ["--coordinator", url], {
    WAGON_TOKEN: "not the token of this run",
  });
  assert.deepEqual(
    { code: thief.code, stderr: thief.stderr },
    { code: 2, stderr: `Cannot join ${url}: the ${WRONG_TOKEN}\n` },
  );
  assert.equal(await upgrade(url, "Origin: http://evil.example"), "HTTP/1.1 403 Forbidden");
  assert.equal(await upgrade(url, "Host: evil.example"), "HTTP/1.1 400 Bad Request");
  assert.equal(await upgrade(url, "X-Nothing: special"), "HTTP/1.1 101 Switching Protocols");
  const answer = await joinFromTheFuture(url);
  assert.deepEqual(answer, {
    type: "refuse",
    code: "version_mismatch",
    reason: OTHER_VERSION,
    fatal: true,
    job: null,
  });
  await coordinator.line(/found 999/);
  const said = coordinator.said.split("\n").filter((line) => line.includes("was not accepted as a worker"));
  assert.deepEqual(said.map((line) => line.replace(/127\.0\.0\.1:\d+/, "PEER")), [
    `A connection from PEER was not accepted as a worker: The ${WRONG_TOKEN}`,
    // The upgrade that was let in, and said no more.
    "A connection from PEER was not accepted as a worker: Connection closed during the handshake: The connection was lost",
    `A connection from PEER was not accepted as a worker: ${OTHER_VERSION}`,
  ]);
  const worker = await place.run("worker", ["--threads", "2"]);
  assert.equal(worker.code, 0, worker.stderr);
  assert.equal((await coordinator.end()).code, 0);
});

/** How a worker ends whose coordinator begins with this message. */
async function endAfter(challenge: Message): Promise<{ code: number; stderr: string; url: string }> {
  await using place = await Workplace.open();
  const { promise: arrived, resolve } = Promise.withResolvers<Socket>();
  const listener = await listen({ host: "127.0.0.1", port: 0, onsocket: resolve });
  const url = `ws://127.0.0.1:${listener.port}`;
  const worker = place.start("worker", ["--coordinator", url], { WAGON_TOKEN: "a token of this test" });
  say(await within(arrived, () => "The worker must connect"), challenge);
  const { code, stderr } = await worker.end();
  await listener.close();
  return { code, stderr, url };
}

const CHALLENGE = { type: "challenge", run: "run", incarnation: 0, nonce: "00".repeat(16) } as const;

Deno.test("a coordinator of another protocol version is refused in one line", async () => {
  const { code, stderr, url } = await endAfter({ ...CHALLENGE, version: 999 });
  assert.deepEqual([code, stderr], [2, `Cannot work for ${url} (version_mismatch): ${OTHER_VERSION}\n`]);
});

Deno.test("a coordinator of this version that says other things is left for good, in one line", async () => {
  const challenge = { ...CHALLENGE, version: PROTOCOL_VERSION, colour: "red" } as unknown as Message;
  const { code, stderr, url } = await endAfter(challenge);
  const reason =
    'Field challenge.colour must be absent (unknown field): found "red"; use the same wagon on both sides';
  assert.deepEqual([code, stderr], [2, `Cannot work for ${url} (bad_message): ${reason}\n`]);
});

Deno.test("a worker of this version whose ready says other things is refused for good, and told of once", async () => {
  await using place = await Workplace.open();
  const coordinator = place.coordinate(place.path("run"), SHAPE);
  await coordinator.line(/^Listening on/m);
  const { url, token } = await place.rendezvous();
  for (let attempt = 1; attempt <= 5; attempt++) {
    const socket = await connect(url);
    const hello = { name: "odd", threads: 1, provider: "cpu", device: "test", platform: "test" };
    const welcome = await joinCoordinator(socket, {
      clock: SYSTEM_CLOCK,
      deadline_ms: DEADLINE_MS,
      token,
      hello,
    });
    for (const _ of welcome.artifacts) assert.equal((await nextMessage(socket)).type, "artifact");
    const ready = { type: "ready", numeric_class: "00".repeat(32), probe_ms: 1, shared: false, mood: 7 };
    say(socket, ready as unknown as Message);
    const answer = await nextMessage(socket);
    assert.ok(
      answer.type === "refuse" && answer.fatal && answer.code === "bad_message",
      JSON.stringify(answer),
    );
    socket.close("seen");
  }
  const worker = await place.run("worker", ["--threads", "2"]);
  assert.equal(worker.code, 0, worker.stderr);
  assert.equal((await coordinator.end()).code, 0);
  const said = coordinator.said.split("\n").filter((line) => line.includes("was not accepted as a worker"));
  assert.equal(said.length, 1, said.join("\n"));
});

Deno.test("with more workers than shards the spare one waits, is told so, and ends well", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const coordinator = place.coordinate(run, [...SHAPE, "--min-workers", "3"]);
  const workers = [1, 2, 3].map((i) => place.start("worker", ["--threads", "1", "--name", `w${i}`]));
  const ends = await Promise.all(workers.map((worker) => worker.end()));
  assert.deepEqual(ends.map(({ code }) => code), [0, 0, 0], workers.map(({ said }) => said).join("\n"));
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  const summary = await place.inspect(run);
  assert.deepEqual([summary.steps, summary.workers.length], [10, 3]);
  const idle = new Set(
    summary.workers.filter((worker) => worker.shards_computed === 0).map(({ name }) => name),
  );
  assert.ok(idle.size >= 1);
  const told = ends.map(({ stdout }) =>
    stdout.includes(
      "\nCoordinator: No shard is left for this worker: it waits as a spare worker. 1 thread of 3 must idle: ",
    )
  );
  assert.deepEqual(told, ["w1", "w2", "w3"].map((name) => idle.has(name)));
});

/** Strangers who open a connection and then say nothing, or without end: a listener drops them in time, and ends in time. */
import assert from "node:assert/strict";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "../../../tasks/keys/self_signed.ts";
import { connect, listen } from "../../../wire/ws_socket.ts";

const HOST = "127.0.0.1";
const DAY_MS = 86_400_000;
/** The test's own end, 25 times what it takes on two busy cores. */
const DEADLINE_MS = 10_000;

/** Rejects after {@linkcode DEADLINE_MS}, so that a test which would wait forever says for what. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not within ${DEADLINE_MS} ms: ${what}`)), DEADLINE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the other side has ended the connection. */
function dropped(socket: TcpSocket): Promise<void> {
  socket.on("error", () => {});
  // A socket learns of the end only as it reads: without this it stays half-open, now and then for ever.
  socket.resume();
  return new Promise((resolve) => socket.on("close", () => resolve()));
}

async function tlsListener(opening_ms: number) {
  const tls = await selfSigned({ names: [HOST], now_ms: Date.now(), valid_ms: DAY_MS });
  const listener = await listen({ host: HOST, port: 0, tls, opening_ms, onsocket: () => {} });
  return { listener, to: { host: HOST, port: listener.port }, cert: tls.cert };
}

Deno.test("TLS: a stranger who says nothing, or nothing further after TLS, is dropped, and a WebSocket is not", async () => {
  const { listener, to, cert } = await tlsListener(200);
  const trusted = { pem: cert, file: "wagon.crt", certificates: [] };
  const worker = await within("a WebSocket", connect(`wss://${HOST}:${to.port}`, { trusted }));
  let is_open = true;
  worker.onclose = () => is_open = false;
  await Promise.all([
    within("the end of one who says nothing", dropped(connectTcp(to))),
    within("the end of one who says nothing after TLS", dropped(connectTls({ ...to, ca: cert }))),
  ]);
  assert.ok(is_open);
  worker.close("seen");
  await within("the listener's end", listener.close());
});

Deno.test("TLS: a listener ends though strangers are in TLS, after TLS, and read nothing", async () => {
  const { listener, to, cert } = await tlsListener(60_000);
  const silent = connectTcp(to), after_tls = connectTls({ ...to, ca: cert });
  for (const socket of [silent, after_tls]) socket.on("error", () => {});
  await within(
    "both connections",
    Promise.all([
      new Promise((resolve) => silent.once("connect", resolve)),
      new Promise((resolve) => after_tls.once("secureConnect", resolve)),
    ]),
  );
  await within("the listener's end", listener.close());
  for (const socket of [silent, after_tls]) socket.destroy();
});

Deno.test("a request with a body that does not end is answered at once, and its connection ends", async () => {
  const asked: string[] = [];
  const listener = await listen({
    host: HOST,
    port: 0,
    onsocket: () => {},
    onrequest: ({ method = "" }, response) => {
      asked.push(method);
      response.end("seen");
    },
  });
  for (const body of ["Content-Length: 100000\r\n\r\na", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"]) {
    const stranger = connectTcp({ host: HOST, port: listener.port });
    let answer = "";
    stranger.on("data", (bytes) => answer += bytes);
    stranger.write(`POST / HTTP/1.1\r\nHost: ${HOST}\r\n${body}`);
    await within("the end of a connection with a body under way", dropped(stranger));
    assert.match(answer, /^HTTP\/1\.1 413 /);
  }
  assert.deepEqual(asked, []);
  await within("the listener's end", listener.close());
});

import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { SYSTEM_CLOCK } from "../../../wire/clock.ts";
import type { Answer } from "../../../wire/connecting/connect_failure.ts";
import { isCoordinator, isOpen, probePort } from "../../../wire/connecting/port_probe.ts";
import { connect } from "../../../wire/ws_socket.ts";
import { FakeClock } from "../fake_clock.ts";

const HOST = "127.0.0.1";
/** A fatal alert: handshake_failure (RFC 5246, section 7.2), which is what a TLS server without a common cipher says. */
const ALERT = Uint8Array.of(21, 3, 3, 0, 2, 2, 40);

async function at<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

const SPEAKERS: readonly [Answer, () => Server][] = [
  ["http", () => createHttp((_request, response) => response.end("hello"))],
  ["tls", () => createServer((tcp) => tcp.once("data", () => tcp.end(ALERT)))],
  ["other", () => createServer((tcp) => tcp.end("SSH-2.0-OpenSSH_9.2\r\n"))],
  ["closed", () => createServer((tcp) => tcp.destroy())],
];

Deno.test("a port shows by its answer to a ClientHello what it speaks", async () => {
  for (const [answer, open] of SPEAKERS) {
    const found = await at(
      open(),
      (port) => probePort(new URL(`ws://${HOST}:${port}`), SYSTEM_CLOCK, 10_000),
    );
    assert.equal(found, answer);
  }
});

Deno.test("a port that says nothing is told from one that cannot be reached, at the deadline", async () => {
  const clock = new FakeClock();
  const connected = Promise.withResolvers<Socket>();
  await at(createServer(connected.resolve), async (port) => {
    const found = probePort(new URL(`ws://${HOST}:${port}`), clock, 3000);
    // The hello has come: it is connected at both ends.
    const tcp = await connected.promise;
    await new Promise((resolve) => tcp.once("data", resolve));
    await clock.advance(3000);
    assert.equal(await found, "silence");
    tcp.destroy();
  });
  assert.equal(clock.num_timers, 0);
});

Deno.test("a name that nobody looks up is told from an address, or a name, from which nothing comes", async () => {
  const answer = async (host: string, ...events: string[]) => {
    const clock = new FakeClock();
    const tcp = new Socket();
    const found = probePort(new URL(`ws://${host}:7700`), clock, 3000, () => tcp);
    for (const event of events) tcp.emit(event);
    await clock.advance(3000);
    assert.ok(tcp.destroyed);
    return await found;
  };
  assert.equal(await answer("gpu-box"), "no name");
  assert.equal(await answer("gpu-box", "lookup"), "nothing");
  assert.equal(await answer("10.0.0.5"), "nothing");
  assert.equal(await answer("[fd00::5]"), "nothing");
});

Deno.test("on this machine an address is open or not, and a coordinator shows by how it asks for the read token", async () => {
  const [none, wagon, other] = [{}, 'Bearer realm="wagon"', "Basic"].map((challenge) =>
    createHttp((_request, response) => {
      if (typeof challenge === "string") response.setHeader("www-authenticate", challenge);
      response.writeHead(401).end();
    })
  );
  const look = (port: number) => isCoordinator(`ws://${HOST}:${port}`);
  assert.equal(await at(wagon!, look), true);
  assert.equal(await at(other!, look), false);
  assert.equal(await at(none!, look), false);
  const open = (port: number) => isOpen(`ws://${HOST}:${port}`, SYSTEM_CLOCK);
  const gone = await at(createServer((tcp) => tcp.destroy()), async (port) => {
    assert.equal(await open(port), true);
    return port;
  });
  assert.deepEqual([await open(gone), await look(gone)], [false, false]);
});

Deno.test("a failed connection says what is there", async () => {
  const patience = { opening_ms: 10_000, probe_ms: 10_000 };
  const said = (open: () => Server, scheme: "ws" | "wss") =>
    at(open(), async (port) => {
      const url = `${scheme}://${HOST}:${port}`;
      const { message } = await connect(url, patience).then(() => assert.fail(), (error: Error) => error);
      return message.replaceAll(String(port), "PORT").replace(
        `Cannot connect to ${scheme}://${HOST}:PORT: `,
        "",
      );
    });
  const [http, tls] = [SPEAKERS[0]![1], SPEAKERS[1]![1]];
  assert.match(await said(http, "wss"), /^that port needs ws, not wss; use ws:\/\/127\.0\.0\.1:PORT, or /);
  assert.match(await said(tls, "ws"), /^that port needs wss, not ws; use wss:\/\/127\.0\.0\.1:PORT \(/);
  assert.match(await said(http, "ws"), /^a web server answers there, but no coordinator \(HTTP 200\)/);
});

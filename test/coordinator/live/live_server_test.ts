import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import {
  LINGER_MS,
  LiveServer,
  type LiveServerOptions,
  MAX_DOWNLOADS,
} from "../../../coordinator/live/live_server.ts";
import type { LiveRun } from "../../../coordinator/live/live_run.ts";
import { UPDATE_MS } from "../../../coordinator/live/watchers.ts";
import { factsOf } from "../../../runlog/log/step_facts.ts";
import { SYSTEM_CLOCK } from "../../../wire/clock.ts";
import { listen } from "../../../wire/ws_socket.ts";
import { FakeClock } from "../../wire/fake_clock.ts";
import { liveRun, momentOf, RUN_VIEW } from "./scene.ts";
import { stepRecord } from "./step_facts.ts";

const TOKEN = "the-read-token-of-a-test";
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);

interface Served {
  readonly run_folder: string;
  readonly port: number;
  readonly server: LiveServer;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
}

/** Runs the test with a live page on a real port. */
async function serving(
  live: LiveRun,
  test: (served: Served) => Promise<void>,
  options: Partial<Pick<LiveServerOptions, "clock" | "moment">> = {},
): Promise<void> {
  const run_folder = await Deno.makeTempDir();
  await Deno.mkdir(join(run_folder, "samples"));
  for (const step of [10, 15, 31]) {
    await Deno.writeFile(join(run_folder, "samples", `step-0000000${step}.png`), PNG);
  }
  await Deno.writeTextFile(join(run_folder, "events.jsonl"), "not for everybody");
  const server = new LiveServer({
    read_token: TOKEN,
    names: [],
    public_paths: [],
    run_folder,
    moment: () => momentOf(live, { step: 30 }),
    clock: SYSTEM_CLOCK,
    ...options,
  });
  const listener = await listen({
    host: "127.0.0.1",
    port: 0,
    onsocket: (socket) => socket.close("not here"),
    onrequest: (request, response) => server.handle(request, response),
  });
  const get = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${listener.port}${path}?token=${TOKEN}`, init);
  try {
    await test({ port: listener.port, server, get, run_folder });
  } finally {
    await listener.close();
    await Deno.remove(run_folder, { recursive: true });
  }
}

/** Sends bytes as they are and reads until the other side closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk: Uint8Array) => said += new TextDecoder().decode(chunk));
    socket.on("close", () => resolve(said));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // A server that has answered may close before all was sent.
      if (error.code === "ECONNRESET" || error.code === "EPIPE") resolve(said);
      else reject(error);
    });
  });
}

/** Events of a stream, one after the other. */
async function* events(response: Response): AsyncGenerator<Record<string, unknown>> {
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) if (block.startsWith("data: ")) yield JSON.parse(block.slice(6));
  }
}

Deno.test("the page is one file that asks for nothing from elsewhere, and its policy allows no more", () =>
  serving(liveRun(30), async ({ get }) => {
    const response = await get("/");
    const page = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    assert.doesNotMatch(
      page.replaceAll("http://www.w3.org/", ""),
      /(?:src|href|url\()\s*=?\s*["']?(?:https?:)?\/\//,
    );
    assert.doesNotMatch(page, /<[^>]+\son[a-z]+=/, "no handlers in the markup");
    assert.ok(!page.includes(TOKEN));
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; /);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    for (const tag of ["script", "style"]) {
      const text = new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`).exec(page)![1]!;
      assert.ok(policy.includes(`'sha256-${createHash("sha256").update(text).digest("base64")}'`), tag);
    }
    const expected = {
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(response.headers.get(name), value);
  }));

Deno.test("events, pictures and metrics are served, and nothing else of the run's folder", () =>
  serving(liveRun(30), async ({ get }) => {
    const picture = await get("/samples/10.png");
    assert.deepEqual([picture.headers.get("content-type"), await picture.bytes()], ["image/png", PNG]);
    const metrics = await get("/metrics");
    assert.equal(metrics.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.match(await metrics.text(), /^wagon_steps_total 30$/m);
    const head = await get("/metrics", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    // It was listed when the page was last told, and has been thinned out since.
    assert.deepEqual(await (await get("/samples/15.png")).bytes(), PNG);
    // A picture that is listed and not there, one that was never drawn, one that a resume took back, and other names.
    const missing = [
      "/samples/20.png",
      "/samples/11.png",
      "/samples/31.png",
      "/samples/10.PNG",
      "/samples/",
      "/events.jsonl",
      "/x",
    ];
    for (const path of [...missing, "/samples/..%2fevents.jsonl", "/samples/step-000000010.png"]) {
      const { status, body } = await get(path);
      await body?.cancel();
      assert.equal(status, 404, path);
    }
  }));

Deno.test("the generator is served to whoever may look, whole, a few at a time, and to nobody else", () =>
  serving(liveRun(30), async ({ get, port, run_folder }) => {
    const none = await get("/generator.onnx");
    assert.deepEqual([none.status, await none.text()], [404, "There is no such file yet\n"]);
    // A pipe in its place is nobody's to wait for.
    const pipe = join(run_folder, "generator.onnx");
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    const { status, body } = await get("/generator.onnx", { signal: AbortSignal.timeout(5_000) });
    await body?.cancel();
    assert.equal(status, 404);
    await Deno.remove(pipe);
    // More than a socket takes at once.
    const generator = crypto.getRandomValues(new Uint8Array(1 << 16)).toHex().repeat(128);
    await Deno.writeTextFile(join(run_folder, "generator.onnx"), generator);
    const whole = await get("/generator.onnx");
    assert.equal(whole.headers.get("content-disposition"), "attachment");
    assert.equal(whole.headers.get("content-type"), "application/octet-stream");
    assert.ok(await whole.text() === generator);
    const head = await get("/generator.onnx", { method: "HEAD" });
    assert.deepEqual([head.headers.get("content-length"), await head.text()], [`${generator.length}`, ""]);
    const stranger = await fetch(`http://127.0.0.1:${port}/generator.onnx`);
    const foreign = await get("/generator.onnx", { headers: { "sec-fetch-site": "cross-site" } });
    assert.deepEqual([stranger.status, foreign.status], [401, 403]);
    await Promise.all([stranger.body?.cancel(), foreign.body?.cancel()]);
    // Those who do not read what they asked for keep their places until they go.
    const slow = await Promise.all(Array.from({ length: MAX_DOWNLOADS }, () => get("/generator.onnx")));
    const late = await get("/generator.onnx");
    assert.equal(late.status, 503);
    await Promise.all([late, ...slow].map(({ body }) => body?.cancel()));
  }));

Deno.test("the page is smaller than 120 kB", async () => {
  const { size } = await Deno.stat(new URL("../../../coordinator/live/page.html", import.meta.url));
  assert.ok(size < 120_000, `${size} bytes`);
});

Deno.test("the stream tells all at first, then what is new, and the end", async () => {
  const live = liveRun(30);
  await serving(live, async ({ get, server }) => {
    const stream = events(await get("/events"));
    const first = (await stream.next()).value;
    assert.deepEqual(Object.keys(first!).sort().slice(0, 3), ["checkpoint_step", "curves-0", "ended"]);
    live.record({ type: "fault", step: 30, what: "late answer", decision: "asked another", reason: "" });
    const next = (await stream.next()).value as Record<string, unknown>;
    assert.deepEqual(Object.keys(next).sort(), ["faults", "now"]);
    const closed = server.close();
    assert.ok((await stream.next()).done);
    await closed;
  });
});

Deno.test("who watched the end has time to fetch the last picture; where nobody did, closing is quick", async () => {
  const clock = new FakeClock();
  await serving(liveRun(30), async ({ get, server }) => {
    const stream = events(await get("/events"));
    await stream.next();
    let is_closed = false;
    const closed = server.close().then(() => is_closed = true);
    await stream.next();
    await clock.advance(LINGER_MS - 1);
    assert.deepEqual([is_closed, clock.num_timers], [false, 1]);
    await clock.advance(1);
    await closed;
  }, { clock });
  await serving(liveRun(30), ({ server }) => server.close(), { clock });
  assert.equal(clock.num_timers, 0);
});

Deno.test("for a browser that does not read nothing piles up, and the others get their events", async () => {
  // Few, or the one that does not read is let go after a minute of this clock.
  const NUM_UPDATES = 12;
  const EVENT_BYTES = 2_000_000;
  const clock = new FakeClock();
  /** Between two turns of this clock the real sockets get some time. */
  const nextUpdate = async () => {
    await clock.advance(UPDATE_MS);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  const live = liveRun(30);
  let update = 0;
  // Each snapshot is another, and large.
  const moment = () => ({
    ...momentOf(live),
    run: { ...RUN_VIEW, name: `${update}`, facts: ["x".repeat(EVENT_BYTES)] },
  });
  await serving(live, async ({ get, port }) => {
    let received = 0;
    let newest = false;
    const stuck = connect(port, "127.0.0.1");
    stuck.on("data", (chunk: Uint8Array) => {
      received += chunk.length;
      newest ||= new TextDecoder().decode(chunk).includes(`"name":"${NUM_UPDATES + 1}"`);
    });
    stuck.write(`GET /events?token=${TOKEN} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    stuck.pause();
    const stream = events(await get("/events"));
    await stream.next();
    for (update = 1; update <= NUM_UPDATES; update++) {
      let name: string | null = null;
      void stream.next().then(({ value }) => name = (value as { run: { name: string } }).run.name);
      // It is sent with the first update after it has read the one before.
      while (name === null) await nextUpdate();
      assert.equal(name, String(update));
    }
    await stream.return(undefined);
    stuck.resume();
    // It reads what the system held for it, and then the newest.
    while (!newest) await nextUpdate();
    stuck.destroy();
    // Measured: 8 MB, what the system's buffers hold and the newest; everything would be 26 MB.
    assert.ok(received < 0.6 * NUM_UPDATES * EVENT_BYTES, `${received} bytes`);
  }, { clock, moment });
});

Deno.test("a page that is opened late loads a bounded number of bytes", async () => {
  const live = liveRun(0);
  for (let step = 1; step <= 200_000; step++) live.addStep(factsOf(stepRecord(step)));
  await serving(live, async ({ get }) => {
    const stream = events(await get("/events"));
    const size = JSON.stringify((await stream.next()).value).length;
    await stream.return(undefined);
    assert.ok(size < 200_000, `${size} characters`);
  });
});

Deno.test("hostile requests are refused with a reason, and the connection is closed", () =>
  serving(liveRun(1), async ({ port }) => {
    const request = (line: string, ...headers: string[]) =>
      raw(port, [line, `Host: 127.0.0.1:${port}`, ...headers, "", ""].join("\r\n"));
    const status = async (answer: Promise<string>) => (await answer).split("\r\n")[0];
    assert.equal(await status(request("GET / HTTP/1.1")), "HTTP/1.1 401 Unauthorized");
    assert.equal(
      await status(request(`POST /?token=${TOKEN} HTTP/1.1`, "Content-Length: 0")),
      "HTTP/1.1 405 Method Not Allowed",
    );
    assert.equal(
      await status(request(`GET /?token=${TOKEN} HTTP/1.1`, "Origin: http://evil.example")),
      "HTTP/1.1 403 Forbidden",
    );
    assert.equal(
      await status(raw(port, `GET /?token=${TOKEN} HTTP/1.1\r\nHost: evil.example\r\n\r\n`)),
      "HTTP/1.1 421 Misdirected Request",
    );
    assert.equal(
      await status(request(`GET /?token=${TOKEN} HTTP/1.1`, "Host: evil.example")),
      "HTTP/1.1 400 Bad Request",
    );
    assert.equal(await status(request(`GET /?${"x".repeat(4000)} HTTP/1.1`)), "HTTP/1.1 414 URI Too Long");
    const huge = await request("GET / HTTP/1.1", `X: ${"x".repeat(100_000)}`);
    assert.match(huge, /^(HTTP\/1\.1 431 |$)/);
    const rubbish = await raw(port, "\0\x01 rubbish\r\n\r\n");
    assert.match(rubbish, /^(HTTP\/1\.1 400 |$)/);
    const refused = await request("GET / HTTP/1.1");
    assert.match(refused, /www-authenticate: Bearer realm="wagon"/i);
    assert.match(refused, /\r\n\r\nThe read token is required: .*\n$/);
  }));

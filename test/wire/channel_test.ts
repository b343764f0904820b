import assert from "node:assert/strict";
import { type Channel, type ChannelOptions, openChannel } from "../../wire/channel.ts";
import { decodeFrame, encodeFrame, frameBytes } from "../../wire/frame.ts";
import type { Message, MessageOf, MessageType } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import { FakeClock, settled } from "./fake_clock.ts";
import { MemorySocket } from "./memory_socket.ts";
import { LIMITS } from "./limits.ts";

const HEARTBEAT_MS = 1000;
const SILENCE_MS = 5000;
const READY: Message = { type: "ready", numeric_class: "ab".repeat(32), shard_ms: 2.5, shared: false };
const HELD: Message = { type: "shard_held", run: "r", shard: 3 };

/** A channel under test, the bare socket of its peer, and what happened. */
function setUp(...allowed: MessageType[]) {
  return setUpWith({}, ...allowed);
}

function setUpWith(options: Partial<ChannelOptions>, ...allowed: MessageType[]) {
  const [socket, peer] = MemorySocket.pair();
  const clock = new FakeClock();
  const channel = openChannel(socket, {
    clock,
    heartbeat_ms: HEARTBEAT_MS,
    silence_ms: SILENCE_MS,
    allowed: new Set(allowed),
    ...LIMITS,
    ...options,
  });
  const received: [Message, number[]][] = [];
  const closed: string[] = [];
  channel.onmessage = (message, payload) => received.push([message, [...payload]]);
  channel.onclose = (reason) => closed.push(reason);
  peer.onmessage = () => {};
  return { socket, peer, clock, channel, received, closed };
}

function say(peer: MemorySocket, message: Message, payload?: Uint8Array): void {
  const frame = encodeFrame(message, payload);
  peer.send(frame.payload ? [frame.head, frame.payload] : [frame.head], () => {});
}

function messagesOf(socket: MemorySocket): Message[] {
  return socket.sent.map((bytes) => decodeFrame(bytes).message);
}

function refusalsOf(socket: MemorySocket): MessageOf<"refuse">[] {
  return messagesOf(socket).filter((message) => message.type === "refuse");
}

async function closeTidily({ channel, clock }: { channel: Channel; clock: FakeClock }): Promise<void> {
  channel.close("Test is over");
  await settled();
  assert.equal(clock.num_timers, 0, "a closed channel must leave no timer");
}

Deno.test("channel: trusts its socket, delivers allowed messages with payloads and counts bytes", async () => {
  const test = setUp("ready");
  assert.ok(test.socket.max_frame_bytes !== null);
  say(test.peer, READY, new Uint8Array([1, 2, 3]));
  await settled();
  assert.deepEqual(test.received, [[READY, [1, 2, 3]]]);
  assert.equal(test.channel.bytes_in, frameBytes(encodeFrame(READY, new Uint8Array(3))));
  test.channel.send(HELD, new Uint8Array(5));
  assert.equal(test.channel.bytes_out, frameBytes(encodeFrame(HELD, new Uint8Array(5))));
  await closeTidily(test);
});

Deno.test("channel: knows how long messages kept it busy", async () => {
  const test = setUp("shard_held");
  test.channel.onmessage = () => void test.clock.advance(7);
  for (const type of ["shard_held", "ready"] as const) say(test.peer, type === "ready" ? READY : HELD);
  await settled();
  assert.equal(test.channel.handled_ms, 7);
  await closeTidily(test);
});

Deno.test("channel: refuses a type that is not allowed, stays open, and passes refusals on", async () => {
  const test = setUp("ready");
  const refusal = new Refusal("stale", "Step must be 4: found 3", { job: 7 }).toMessage();
  say(test.peer, HELD);
  say(test.peer, refusal);
  await settled();
  assert.deepEqual(refusalsOf(test.socket), [
    new Refusal("unexpected_message", "Message shard_held must not be sent at this point").toMessage(),
  ]);
  assert.deepEqual(test.received, [[refusal, []]]);
  assert.deepEqual(test.closed, []);
  await closeTidily(test);
});

Deno.test("channel: answers bad messages by code, and closes after the ninth", async () => {
  const test = setUp("ready");
  for (let i = 1; i <= 9; i++) {
    assert.deepEqual(test.closed, []);
    test.peer.send([new Uint8Array([i])], () => {});
    await settled();
  }
  const reason = "Frame must have at least 8 bytes: found 1";
  const refusals = Array.from(
    { length: 9 },
    (_, i) => new Refusal("bad_message", reason, { fatal: i === 8 }).toMessage(),
  );
  assert.deepEqual(refusalsOf(test.socket), refusals);
  assert.equal(test.channel.final_refusal?.message, reason);
  assert.deepEqual(test.closed, [`9 bad messages, the last: ${reason}`]);
  assert.equal(test.clock.num_timers, 0);
});

Deno.test("channel: sends a refusal that the owner throws, and closes when it is fatal", async () => {
  const test = setUp("ready");
  test.channel.onmessage = () => {
    throw new Refusal("numeric_class", "Numeric class must be that of the run", { fatal: true, job: 5 });
  };
  say(test.peer, READY);
  await settled();
  assert.deepEqual(messagesOf(test.socket), [{
    type: "refuse",
    code: "numeric_class",
    reason: "Numeric class must be that of the run",
    fatal: true,
    job: 5,
  }]);
  assert.deepEqual(test.closed, ["Numeric class must be that of the run"]);
});

Deno.test("channel: many stale answers do not close it", async () => {
  const test = setUp("ready");
  test.channel.onmessage = () => {
    throw new Refusal("stale", "Too late");
  };
  for (let i = 0; i < 20; i++) say(test.peer, READY);
  await settled();
  assert.equal(refusalsOf(test.socket).length, 20);
  assert.deepEqual(test.closed, []);
  await closeTidily(test);
});

Deno.test("channel: answers pings, sends its own, and lives while pongs come back", async () => {
  const test = setUp();
  test.peer.onmessage = (parts) => {
    const { message } = decodeFrame(...parts);
    if (message.type === "ping") say(test.peer, { type: "pong", sent_ms: message.sent_ms });
  };
  say(test.peer, { type: "ping", sent_ms: 12.5 });
  await settled();
  await test.clock.advance(SILENCE_MS * 4);
  const beats = Array.from({ length: 20 }, (_, i) => ({ type: "ping", sent_ms: (i + 1) * HEARTBEAT_MS }));
  assert.deepEqual(messagesOf(test.socket), [{ type: "pong", sent_ms: 12.5 }, ...beats]);
  assert.deepEqual(test.received, []);
  assert.deepEqual(test.closed, []);
  assert.equal(test.channel.last_heard_ms, SILENCE_MS * 4);
  await closeTidily(test);
});

Deno.test("channel: closes abruptly when the peer is silent past the deadline, not before", async () => {
  const test = setUp();
  await test.clock.advance(SILENCE_MS);
  assert.deepEqual(test.closed, []);
  await test.clock.advance(HEARTBEAT_MS);
  const reason = "No sign of life from the peer for 6 s";
  assert.deepEqual(test.closed, [reason]);
  assert.deepEqual(test.socket.closed_by_us, { reason, abrupt: true });
  assert.equal(test.clock.num_timers, 0);
});

Deno.test("channel: a long message on its way is a sign of life", async () => {
  const test = setUp();
  for (let i = 0; i < 20; i++) {
    test.socket.receivePartly(1000);
    await test.clock.advance(HEARTBEAT_MS);
  }
  assert.deepEqual(test.closed, []);
  await test.clock.advance(SILENCE_MS + HEARTBEAT_MS);
  assert.equal(test.closed.length, 1);
});

Deno.test("channel: drained waits for what was handed over, not for what comes later", async () => {
  const test = setUp();
  await test.channel.drained();
  test.peer.reading = false;
  test.channel.send(HELD, new Uint8Array(100));
  const bytes = frameBytes(encodeFrame(HELD, new Uint8Array(100)));
  let drained = false;
  const waiting = test.channel.drained().then(() => drained = true);
  await settled();
  assert.equal(drained, false);
  assert.equal(test.channel.buffered_bytes, bytes);
  test.peer.reading = true;
  test.channel.send(HELD);
  await waiting;
  await test.channel.drained();
  assert.equal(test.channel.buffered_bytes, 0);
  await closeTidily(test);
});

Deno.test("channel: drained rejects when the channel closes, and afterwards", async () => {
  const test = setUp();
  test.peer.reading = false;
  test.channel.send(HELD);
  const drained = assert.rejects(test.channel.drained(), { message: "Test is over" });
  test.channel.close("Test is over");
  await drained;
  await assert.rejects(test.channel.drained(), { message: "Test is over" });
});

/** The peer sends but reads nothing. Returns when the channel closed, in ms. */
async function stalledFor(
  payload_bytes: number,
): Promise<{ closed_ms: number | null; reason: string | undefined }> {
  const test = setUp();
  test.peer.reading = false;
  test.channel.send(HELD, new Uint8Array(payload_bytes));
  for (let ms = 0; ms < 60_000; ms += HEARTBEAT_MS) {
    test.socket.receivePartly(1);
    await test.clock.advance(HEARTBEAT_MS);
    if (test.closed.length > 0) return { closed_ms: test.clock.now_ms(), reason: test.closed[0] };
  }
  await closeTidily(test);
  return { closed_ms: null, reason: undefined };
}

Deno.test("channel: closes when a peer that lives does not read what is above the high-water mark", async () => {
  const payload_bytes = 2 ** 20;
  const bytes = frameBytes(encodeFrame(HELD, new Uint8Array(payload_bytes)));
  // Allowed: 5000 ms and 10,486 ms for its bytes at 100 bytes per ms.
  assert.deepEqual(await stalledFor(payload_bytes), {
    closed_ms: 16_000,
    reason: `the peer has read nothing for 16 s, and ${
      (bytes / 1e6).toFixed(1)
    } MB are waiting to be sent to it`,
  });
});

Deno.test("channel: a little that is not read closes nothing", async () => {
  assert.deepEqual(await stalledFor(2 ** 20 - 1000), { closed_ms: null, reason: undefined });
});

Deno.test("channel: slow reading is reading", async () => {
  const test = setUp();
  for (let i = 0; i < 30; i++) {
    test.peer.reading = false;
    test.channel.send(HELD, new Uint8Array(2 ** 21));
    test.socket.receivePartly(1);
    await test.clock.advance(4 * HEARTBEAT_MS);
    test.peer.reading = true;
    await settled();
  }
  assert.deepEqual(test.closed, []);
  await closeTidily(test);
});

Deno.test("channel: closing tells both sides once, flushes what was sent, and ends all", async () => {
  const test = setUp("ready");
  const peer_closed: string[] = [];
  test.peer.onclose = (reason) => peer_closed.push(reason);
  test.channel.send({ type: "finish", reason: "done" });
  test.channel.close("Run is over");
  test.channel.close("Again");
  test.channel.send(HELD);
  say(test.peer, READY);
  await settled();
  assert.deepEqual(messagesOf(test.socket), [{ type: "finish", reason: "done" }]);
  assert.deepEqual(test.closed, ["Run is over"]);
  assert.deepEqual(peer_closed, ["Run is over"]);
  assert.deepEqual(test.received, []);
  assert.equal(test.clock.num_timers, 0);
});

Deno.test("channel: the peer's close is reported with its reason", async () => {
  const test = setUp();
  test.peer.close("Worker stops");
  await settled();
  assert.deepEqual(test.closed, ["Worker stops"]);
  assert.equal(test.clock.num_timers, 0);
});

/** A channel whose peer may say ten things unasked and two more in a second, and how often it was called a flood. */
function limited(...allowed: MessageType[]) {
  const place = { floods: 0 };
  const test = setUpWith({ unasked: { burst: 10, per_s: 2 }, onflood: () => place.floods++ }, ...allowed);
  return { ...test, place };
}

const FLOODED = "Too many messages from the peer: it sent many more than it was asked for";

for (const type of ["shard_held", "ping", "pong", "refuse", "control"] as const) {
  Deno.test(`channel: a flood of messages ends at once, without a goodbye: ${type}`, async () => {
    const test = limited("shard_held");
    const message: Message = type === "shard_held"
      ? HELD
      : type === "refuse"
      ? new Refusal("stale", "x").toMessage()
      : { type: type === "control" ? "ping" : type, sent_ms: 1 };
    const flood = () => type === "control" ? test.socket.ping() : say(test.peer, message);
    for (let i = 0; i < 10; i++) flood();
    await settled();
    assert.deepEqual(test.closed, []);
    for (let i = 0; i < 1_000; i++) flood();
    await settled();
    assert.deepEqual(test.closed, [FLOODED]);
    assert.deepEqual(test.socket.closed_by_us, { reason: FLOODED, abrupt: true });
    // What a flood causes earns it nothing: no pong and no refusal is a reason to answer.
    assert.ok(test.socket.sent.length <= 10 && test.received.length <= 10);
    assert.equal(test.place.floods, 1);
    assert.equal(test.clock.num_timers, 0);
  });
}

Deno.test("channel: a peer that answers what it is sent is no flood, however much that is", async () => {
  const test = limited("shard_held");
  for (let i = 0; i < 500; i++) {
    test.channel.send(READY);
    say(test.peer, HELD);
    if (i % 50 === 0) await settled();
  }
  await settled();
  assert.deepEqual([test.received.length, test.closed.length], [500, 0]);
  await closeTidily(test);
});

Deno.test("channel: heartbeats alone never use up what a peer may say unasked", async () => {
  const test = limited();
  test.peer.onmessage = (parts) => {
    const { message } = decodeFrame(...parts);
    if (message.type === "ping") say(test.peer, { type: "pong", sent_ms: message.sent_ms });
  };
  for (let i = 0; i < 2_000; i++) {
    say(test.peer, { type: "ping", sent_ms: i });
    await test.clock.advance(HEARTBEAT_MS);
  }
  assert.deepEqual(test.closed, []);
  await closeTidily(test);
});

Deno.test("channel: frames may be as large as the largest payload that is expected, and its header", async () => {
  const test = setUpWith({ max_payload_bytes: 1_000 });
  assert.equal(test.socket.max_frame_bytes, 1_000 + 65_536);
  test.channel.expectPayload(500);
  assert.equal(test.socket.max_frame_bytes, 1_000 + 65_536);
  test.channel.expectPayload(2_000);
  assert.equal(test.socket.max_frame_bytes, 2_000 + 65_536);
  await closeTidily(test);
});

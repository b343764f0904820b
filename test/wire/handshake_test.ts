/** Who is let in and who is believed: tokens, versions, deadlines. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { encode } from "@msgpack/msgpack";
import { openChannel } from "../../wire/channel.ts";
import { decodeFrame } from "../../wire/frame.ts";
import { isProof, newNonce, prove } from "../../wire/proof/token_proof.ts";
import { type Message, type MessageOf, PROTOCOL_VERSION } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import { settled } from "./fake_clock.ts";
import { LIMITS } from "./limits.ts";
import { byHand, HELLO, sides, TERMS, UNPROVED, WELCOME, WRONG_TOKEN } from "./handshake_scene.ts";

Deno.test("handshake: a proof is HMAC-SHA256 of side, version, run, incarnation and both nonces", async () => {
  for (const side of ["worker", "coordinator"] as const) {
    const statement = `["wagon ${side}",${PROTOCOL_VERSION},"r1",2,"${"0a".repeat(16)}","${
      "0b".repeat(16)
    }",null]`;
    const expected = createHmac("sha256", "secret").update(statement).digest("hex");
    assert.equal(await prove("secret", side, TERMS), expected);
    assert.ok(await isProof(expected, "secret", side, TERMS));
  }
});

Deno.test("handshake: a proof holds for its own terms only", async () => {
  const proof = await prove("secret", "worker", TERMS);
  assert.ok(await isProof(proof, "secret", "worker", TERMS));
  assert.equal(await isProof(proof, "Secret", "worker", TERMS), false);
  assert.equal(await isProof(proof, "secret", "coordinator", TERMS), false);
  const others = [
    { run: "r2" },
    { incarnation: 3 },
    { coordinator_nonce: TERMS.worker_nonce, worker_nonce: TERMS.coordinator_nonce },
    { worker_nonce: "0c".repeat(16) },
    { certificate: "0d".repeat(32) },
  ];
  for (const other of others) {
    assert.equal(
      await isProof(proof, "secret", "worker", { ...TERMS, ...other }),
      false,
      JSON.stringify(other),
    );
  }
  for (let digit = 0; digit < proof.length; digit++) {
    const changed = proof.slice(0, digit) + (proof[digit] === "0" ? "1" : "0") + proof.slice(digit + 1);
    assert.equal(await isProof(changed, "secret", "worker", TERMS), false, `digit ${digit}`);
  }
});

Deno.test("handshake: nonces are fresh", () => {
  const nonces = new Set(Array.from({ length: 100 }, newNonce));
  assert.equal(nonces.size, 100);
  for (const nonce of nonces) assert.match(nonce, /^[0-9a-f]{32}$/);
});

Deno.test("handshake: both sides agree, and what follows the welcome at once is not lost", async () => {
  const { clock, socket, worker_socket, admitted, joined } = sides();
  const joining = joined();
  const hello = await admitted();
  const options = {
    clock,
    heartbeat_ms: 1000,
    silence_ms: 5000,
    allowed: new Set(["finish"] as const),
    ...LIMITS,
  };
  const channel = openChannel(socket, options);
  channel.send({ type: "finish", reason: "already" });
  assert.deepEqual({ ...hello, nonce: "", proof: "" }, {
    type: "hello",
    version: PROTOCOL_VERSION,
    ...HELLO,
    nonce: "",
    proof: "",
    certificate: null,
    key: null,
  });
  const welcome = await joining;
  assert.ok(socket.is_sealed && worker_socket.is_sealed);
  assert.deepEqual(welcome, { type: "welcome", proof: welcome.proof, run: "r1", incarnation: 2, ...WELCOME });
  const received: Message[] = [];
  const worker_channel = openChannel(worker_socket, options);
  worker_channel.onmessage = (message) => received.push(message);
  await settled();
  assert.deepEqual(received, [{ type: "finish", reason: "already" }]);
  channel.close("Test is over");
  await settled();
  assert.equal(clock.num_timers, 0);
});

Deno.test("handshake: the token never crosses the wire", async () => {
  const { socket, worker_socket, admitted, joined } = sides();
  await Promise.all([admitted(), joined()]);
  const sent = [...socket.sent, ...worker_socket.sent].map((bytes) =>
    new TextDecoder("latin1").decode(bytes)
  );
  assert.equal(sent.length, 3);
  assert.ok(!sent.join().includes("secret"));
});

Deno.test("handshake: a worker with another token is refused, and both sides say so", async () => {
  const { clock, socket, admitted, joined } = sides({}, "guess");
  const refused = { name: "Refusal", code: "wrong_token", message: WRONG_TOKEN.worker, fatal: true };
  await Promise.all([assert.rejects(admitted(), refused), assert.rejects(joined(), refused)]);
  assert.equal(socket.sent.length, 2, "challenge and refusal, no welcome");
  assert.deepEqual(socket.closed_by_us, { reason: WRONG_TOKEN.worker, abrupt: false });
  assert.equal(clock.num_timers, 0);
});

Deno.test("handshake: a worker refuses a coordinator that cannot prove the token", async () => {
  const { socket, joined } = sides();
  const coordinator = byHand(socket);
  coordinator.say({
    type: "challenge",
    version: PROTOCOL_VERSION,
    run: "r1",
    incarnation: 2,
    nonce: newNonce(),
  });
  const joining = assert.rejects(joined(), { code: "wrong_token", message: WRONG_TOKEN.coordinator });
  const { proof } = await coordinator.next() as MessageOf<"hello">;
  // The worker's own proof, sent back.
  coordinator.say({ type: "welcome", proof, run: "r1", incarnation: 2, ...WELCOME });
  await joining;
  assert.equal((await coordinator.next() as MessageOf<"refuse">).code, "wrong_token");
});

Deno.test("handshake: reflection and replay prove nothing to the coordinator", async () => {
  const recorded = sides();
  const [old] = await Promise.all([recorded.admitted(), recorded.joined()]);
  const welcome = decodeFrame(recorded.socket.sent[1] as Uint8Array).message as MessageOf<"welcome">;
  for (const proof of [old.proof, welcome.proof]) {
    const { worker_socket, admitted } = sides();
    const refused = assert.rejects(admitted(), { code: "wrong_token", message: WRONG_TOKEN.worker });
    const attacker = byHand(worker_socket);
    await attacker.next();
    attacker.say({ ...old, proof });
    await refused;
  }
});

Deno.test("handshake: a coordinator's own challenge cannot be answered by another of its connections", async () => {
  const victim = sides();
  const oracle = sides();
  const refused = assert.rejects(victim.admitted(), { code: "wrong_token" });
  const attacker = byHand(victim.worker_socket);
  const { nonce } = await attacker.next() as MessageOf<"challenge">;
  // The oracle proves to a worker it does not know yet only after that worker's proof: it tells nothing.
  const told = assert.rejects(oracle.admitted(), { code: "wrong_token" });
  const second = byHand(oracle.worker_socket);
  await second.next();
  const hello = {
    type: "hello",
    version: PROTOCOL_VERSION,
    nonce,
    proof: "00".repeat(32),
    ...UNPROVED,
    ...HELLO,
  } as const;
  second.say(hello);
  await told;
  assert.equal((await second.next()).type, "refuse");
  attacker.say(hello);
  await refused;
});

Deno.test("handshake: another version is refused by code", async () => {
  const { worker_socket, admitted } = sides();
  const refused = assert.rejects(admitted(), { code: "version_mismatch" });
  const worker = byHand(worker_socket);
  await worker.next();
  worker.say({
    type: "hello",
    version: 99,
    nonce: newNonce(),
    proof: "00".repeat(32),
    ...UNPROVED,
    ...HELLO,
  });
  await refused;
  assert.deepEqual(await worker.next(), {
    type: "refuse",
    code: "version_mismatch",
    reason: `Protocol version must be ${PROTOCOL_VERSION}: found 99; use the same wagon on both sides`,
    fatal: true,
    job: null,
  });
});

Deno.test("handshake: a worker meets a coordinator of another version", async () => {
  const { socket, joined } = sides();
  const joining = assert.rejects(joined(), { code: "version_mismatch", fatal: true });
  const header = encode({ type: "challenge", version: PROTOCOL_VERSION + 1, payload_bytes: 0 });
  const bytes = new Uint8Array(Math.ceil((8 + header.length) / 8) * 8);
  bytes.set([0x57, 0x47, 0x4e, 0x31, header.length]);
  bytes.set(header, 8);
  socket.send([bytes], () => {});
  await joining;
});

Deno.test("handshake: one bad message or one out of turn ends it", async () => {
  const bad = sides();
  bad.worker_socket.send([new Uint8Array(3)], () => {});
  await assert.rejects(bad.admitted(), { code: "bad_message" });
  const early = sides();
  byHand(early.worker_socket).say({ type: "ping", sent_ms: 1 });
  await assert.rejects(early.admitted(), {
    code: "unexpected_message",
    message: "The next message of the handshake must be hello: found ping",
  });
  assert.equal(
    early.socket.closed_by_us?.reason,
    "The next message of the handshake must be hello: found ping",
  );
});

Deno.test("handshake: the coordinator can turn a proven worker away", async () => {
  const { admitted, joined } = sides({
    welcome: () => {
      throw new Refusal("run_over", "Run is over");
    },
  });
  const refused = { code: "run_over", message: "Run is over" };
  await Promise.all([
    assert.rejects(admitted(), refused),
    assert.rejects(joined(), { ...refused, fatal: true }),
  ]);
});

Deno.test("handshake: the token that only lets people look is named as what it is", async () => {
  const reason = "The token is the read token of the live page, which only lets " +
    "people watch; give the workers' token";
  const { admitted, joined } = sides({ read_token: "to look" }, "to look");
  const refused = { code: "wrong_token", fatal: true, message: reason };
  await Promise.all([assert.rejects(admitted(), refused), assert.rejects(joined(), refused)]);
});

Deno.test("handshake: a silent peer is dropped at the deadline, on either side", async () => {
  const messages = {
    admitted: "The token must be proved within 3 s",
    joined:
      "The coordinator is still reading its data or is stopped, or another program uses its port: no message for 3 s",
  };
  for (const side of ["admitted", "joined"] as const) {
    const test = sides();
    const late = assert.rejects(test[side](), { message: messages[side] });
    await test.clock.advance(3000);
    await late;
    assert.equal(test.clock.num_timers, 0);
    assert.ok((side === "admitted" ? test.socket : test.worker_socket).closed_by_us);
  }
});

Deno.test("handshake: a connection that closes ends it", async () => {
  const { worker_socket, admitted } = sides();
  const closed = assert.rejects(admitted(), { message: "Connection closed during the handshake: gone" });
  worker_socket.close("gone");
  await closed;
});

Deno.test("handshake: an empty token is no token", async () => {
  await assert.rejects(prove("", "worker", TERMS), {
    message: "Cannot prove the token: it must not be empty",
  });
});

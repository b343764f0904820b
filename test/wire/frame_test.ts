import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "@msgpack/msgpack";
import { cleanText } from "../../common/text/foreign_text.ts";
import { bytesOf, decodeFrame, encodeFrame, frameBytes, payloadFloats } from "../../wire/frame.ts";
import { REFUSAL_CODES } from "../../wire/message_types.ts";
import { MAX_FRAME_BYTES, type Message, PROTOCOL_VERSION } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";

const SEED = 20260721;
const PING: Message = { type: "ping", sent_ms: 1.5 };

const hex = (digits: number) =>
  fc.uint8Array({ minLength: digits / 2, maxLength: digits / 2 }).map((bytes) => bytes.toHex());
const count = fc.nat();
const share = fc.double({ min: 0, max: 1, noNaN: true });
const record: typeof fc.record = (model) => fc.record(model, { noNullPrototype: true });
/** Names of one word. */
const plain = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength,
  });
const fence = { run: plain(64), incarnation: count, generation: count };
const fenced = { ...fence, step: count, critic_checksum: hex(16), generator_checksum: hex(16) };

/** Messages of every kind of field: text, numbers, nulls, lists, nested objects. */
const messages: fc.Arbitrary<Message> = fc.oneof(
  record({
    type: fc.constant("ping" as const),
    sent_ms: fc.double({ noNaN: true, noDefaultInfinity: true }).map((ms) => ms + 0),
  }),
  record({
    type: fc.constant("refuse" as const),
    code: fc.constantFrom(...REFUSAL_CODES),
    reason: fc.string({ unit: "grapheme", maxLength: 100 }).map((reason) => cleanText(reason)),
    fatal: fc.boolean(),
    job: fc.option(fc.integer({ min: 1 })),
  }),
  record({
    type: fc.constant("work" as const),
    ...fenced,
    kind: fc.constantFrom("critic" as const, "generator" as const),
    begin: fc.nat(4095),
    end: fc.integer({ min: 1, max: 4096 }),
    epoch: count,
    batch: count,
    noise_purpose: fc.constantFrom("critic_noise" as const, "generator_noise" as const),
    noise_counter: count,
    next_noise_counter: fc.option(count),
    inline: fc.array(fc.nat(4095)),
    checksum: fc.option(hex(16)),
  }),
  record({
    type: fc.constant("welcome" as const),
    proof: hex(64),
    worker: fc.integer({ min: 1 }),
    run: fence.run,
    incarnation: count,
    seed: fc.maxSafeNat(),
    shards: fc.integer({ min: 1, max: 4096 }),
    shard_sizes: fc.array(fc.integer({ min: 1 })),
    example_bytes: fc.integer({ min: 1 }),
    encoding: fc.constantFrom("uint8" as const, "float32" as const),
    flip_columns: fc.option(fc.integer({ min: 1, max: 4096 })),
    class_counts: fc.option(fc.array(fc.nat(), { maxLength: 4096 })),
    wire: record({
      format: fc.constantFrom("float32" as const, "int8" as const),
      group_shards: fc.option(fc.integer({ min: 1, max: 4096 })),
    }),
    chunk_floats: fc.integer({ min: 256, max: 2 ** 30 }),
    local_steps: fc.option(record({
      learners: fc.integer({ min: 1, max: 4096 }),
      steps: fc.integer({ min: 1, max: 10_000 }),
      epoch_steps: fc.integer({ min: 1 }),
      schedule: fc.constantFrom("paper" as const, "post" as const),
      n_critic: fc.integer({ min: 1 }),
      warm_up: fc.boolean(),
      lr: fc.double({ min: 0, max: 1, noNaN: true }),
      lr_critic: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      lr_generator: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      decay_steps: count,
      decay: fc.constantFrom("linear" as const, "cosine" as const),
      clip_grad_norm: fc.option(fc.double({ min: 1e-9, max: 1, noNaN: true })),
      clip: fc.option(fc.double({ min: 1e-9, max: 1, noNaN: true })),
      optimizer: fc.oneof(
        record({ kind: fc.constant("rmsprop" as const), alpha: share, eps: fc.constant(1e-8) }),
        record({ kind: fc.constant("adam" as const), beta1: share, beta2: share, eps: fc.constant(1e-8) }),
      ),
    })),
    shard_sha256: fc.array(hex(64)),
    artifacts: fc.array(
      record({ file: plain(128), sha256: hex(64), bytes: fc.integer({ min: 1 }) }),
    ),
    heartbeat_ms: fc.integer({ min: 100, max: 3_600_000 }),
    silence_ms: fc.integer({ min: 100, max: 3_600_000 }),
    shared: fc.option(record({ folder: fc.string({ maxLength: 1024 }), key: hex(32) })),
  }),
);
const payloads = fc.option(fc.uint8Array({ maxLength: 200 }));

function wire(message: Message, payload: Uint8Array | null = null): Uint8Array {
  const { head } = encodeFrame(message, payload);
  const bytes = new Uint8Array(head.length + (payload?.length ?? 0));
  bytes.set(head);
  if (payload) bytes.set(payload, head.length);
  return bytes;
}

/** A frame around any header. */
function wireHeader(header: Uint8Array, payload: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((8 + header.length) / 8) * 8 + payload.length);
  bytes.set([0x57, 0x47, 0x4e, 0x31]);
  new DataView(bytes.buffer).setUint32(4, header.length, true);
  bytes.set(header, 8);
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    decodeFrame(bytes);
  } catch (error) {
    assert.ok(error instanceof Refusal, `must be a refusal: ${error}`);
    return `${error.code}: ${error.message}`;
  }
  return "accepted";
}

Deno.test("frame: exact bytes of a ping with three bytes of payload", () => {
  const text = (words: string) => [...new TextEncoder().encode(words)];
  const header = [
    ...[0x83, 0xa4, ...text("type"), 0xa4, ...text("ping")],
    ...[0xa7, ...text("sent_ms"), 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
    ...[0xad, ...text("payload_bytes"), 3],
  ];
  assert.equal(header.length, 43);
  const expected = [...text("WGN1"), 43, 0, 0, 0, ...header, 0, 0, 0, 0, 0, 7, 8, 9];
  assert.deepEqual([...wire(PING, new Uint8Array([7, 8, 9]))], expected);
});

Deno.test("frame: what is encoded is decoded, in whatever parts it comes", () => {
  const property = fc.property(messages, payloads, fc.nat(), (message, payload, cut) => {
    const bytes = wire(message, payload);
    const at = cut % (bytes.length + 1);
    const expected = { message, payload: [...(payload ?? [])], shared: null };
    for (const parts of [[bytes], [bytes.subarray(0, at), bytes.subarray(at)]]) {
      const received = decodeFrame(...parts);
      assert.deepEqual({ ...received, payload: [...received.payload] }, expected);
      assert.equal(received.payload.byteOffset % 8, 0);
    }
  });
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

Deno.test("frame: what people are to read comes out cleaned, whoever sent it", () => {
  const evil = "a\x1b]52;c;eA==\x07\r\nWorker 9 left: \u202eb";
  const clean = "a\ufffd]52;c;eA==\ufffd Worker 9 left: \ufffdb";
  const hello = {
    type: "hello",
    version: PROTOCOL_VERSION,
    nonce: "0".repeat(32),
    proof: "0".repeat(64),
    threads: 1,
  };
  const named = { name: evil, provider: evil, device: evil, platform: evil };
  const sent: Record<string, unknown>[] = [
    { ...hello, ...named, certificate: null, key: null },
    { type: "notice", text: evil },
    { type: "leave", reason: evil },
    { type: "finish", reason: evil },
    { type: "refuse", code: "stale", reason: evil, fatal: false, job: null },
  ];
  for (const message of sent) {
    const received: Record<string, unknown> = decodeFrame(wire(message as unknown as Message))
      .message as object as Record<string, unknown>;
    for (const [field, value] of Object.entries(message)) {
      assert.equal(received[field], value === evil ? clean : value, field);
    }
  }
  const run = wire({ type: "shard_held", run: "r\x1b[2J", shard: 1 });
  assert.match(
    refusal(run),
    /^bad_message: Field shard_held\.run must be at most 64 visible characters of ASCII/,
  );
});

Deno.test("frame: a refusal quotes what a peer sent cleaned, and not at length", () => {
  const field = `\x1b[2J\n${"x".repeat(3_000)}`;
  const quoted = refusal(
    wireHeader(encode({ type: "ping", sent_ms: 1, payload_bytes: 0, [field]: "\u202e" })),
  );
  assert.match(quoted, /^bad_message: Field ping\.\ufffd\[2J x+…$/);
  assert.ok(quoted.length < 1_100);
  assert.doesNotMatch(refusal(wireHeader(encode({ type: "\u202e\x9b" }))), /[\u202e\x9b]/);
});

Deno.test("frame: parts as they were sent are not copied", () => {
  const payload = new Uint8Array(24);
  const { head } = encodeFrame(PING, payload);
  assert.equal(decodeFrame(head, payload).payload.buffer, payload.buffer);
  const bytes = wire(PING, payload);
  assert.equal(decodeFrame(bytes).payload.buffer, bytes.buffer);
});

Deno.test("frame: an unaligned payload is copied to where it is aligned", () => {
  const bytes = wire(PING, new Uint8Array([1, 2, 3, 4]));
  for (let shift = 1; shift < 8; shift++) {
    const shifted = new Uint8Array(bytes.length + shift);
    shifted.set(bytes, shift);
    const { payload } = decodeFrame(shifted.subarray(shift));
    assert.equal(payload.byteOffset, 0);
    assert.deepEqual([...payload], [1, 2, 3, 4]);
  }
});

Deno.test("frame: random bytes are refused, never anything else", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, framed) => {
    assert.match(refusal(framed ? wireHeader(bytes) : bytes), /^bad_message: [A-Z]/);
  });
  fc.assert(property, { seed: SEED, numRuns: 2000 });
});

Deno.test("frame: a damaged frame is refused, or is another valid message of the same length", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  const property = fc.property(messages, payloads, damage, (message, payload, changes) => {
    const bytes = wire(message, payload);
    for (const [at, mask] of changes) {
      const i = at % bytes.length;
      bytes[i] = (bytes[i] ?? 0) ^ mask;
    }
    const answer = refusal(bytes);
    if (answer !== "accepted") return assert.match(answer, /^bad_message: [A-Z]/);
    assert.equal(frameBytes(encodeFrame(message, payload)), bytes.length);
  });
  fc.assert(property, { seed: SEED, numRuns: 2000 });
});

Deno.test("frame: every cut and every extension is refused", () => {
  const bytes = wire(PING, new Uint8Array([1, 2, 3]));
  for (let length = 0; length < bytes.length; length++) {
    assert.match(refusal(bytes.subarray(0, length)), /^bad_message: /);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  assert.equal(
    refusal(longer),
    "bad_message: Field payload_bytes must be the number of bytes after the header: found 3 and 4",
  );
});

Deno.test("frame: whole messages of refusals", () => {
  const without = (field: string) => {
    const fields: Record<string, unknown> = { ...PING, payload_bytes: 0 };
    delete fields[field];
    return wireHeader(encode(fields));
  };
  const padded = wire(PING);
  padded[padded.length - 1] = 1;
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(7), "Frame must have at least 8 bytes: found 7"],
    [new Uint8Array(8), "Frame must begin with 0x314e4757: found 0x0"],
    [
      new Uint8Array([0x57, 0x47, 0x4e, 0x31, 0, 0, 0, 1]),
      "Header must have at most 1048576 bytes: found 16777216",
    ],
    [
      new Uint8Array([0x57, 0x47, 0x4e, 0x31, 9, 0, 0, 0]),
      "Frame must have 24 bytes of header and padding: found 8",
    ],
    [padded, "Padding must be zero: found other bytes"],
    [wireHeader(encode([1])), "Header must be a map: found an array"],
    [wireHeader(encode(null)), "Header must be a map: found object"],
    [wireHeader(new Uint8Array([0xc1])), "Header must be MessagePack: Unrecognized type byte: 0xc1"],
    [without("type"), "Field message.type must be a known message: found undefined"],
    [without("sent_ms"), "Field ping.sent_ms must be present: found undefined"],
    [
      without("payload_bytes"),
      "Field payload_bytes must be the number of bytes after the header: found undefined and 0",
    ],
    [
      wireHeader(encode({ ...PING, more: 1, payload_bytes: 0 })),
      "Field ping.more must be absent (unknown field): found 1",
    ],
    [
      wireHeader(encode({ type: "ping", sent_ms: NaN, payload_bytes: 0 })),
      "Field ping.sent_ms must be a finite number from -Infinity to Infinity: found NaN",
    ],
    [
      wireHeader(encode({ ...PING, payload_bytes: 1 })),
      "Field payload_bytes must be the number of bytes after the header: found 1 and 0",
    ],
  ];
  for (const [bytes, message] of cases) assert.equal(refusal(bytes), `bad_message: ${message}`);
});

Deno.test("frame: a header that claims huge contents is refused before they are allocated", () => {
  const claims = [[0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [
    0xdb,
    0xff,
    0xff,
    0xff,
    0xff,
  ], [
    0xc6,
    0xff,
    0xff,
    0xff,
    0xff,
  ], [0xc9, 0xff, 0xff, 0xff, 0xff, 1]];
  for (const claim of claims) {
    assert.match(
      refusal(wireHeader(new Uint8Array(claim))),
      /^bad_message: Header must be MessagePack: Max length/,
    );
  }
});

Deno.test("frame: __proto__ cannot be a field", () => {
  const key = [0xa9, ...new TextEncoder().encode("__proto__")];
  assert.match(
    refusal(wireHeader(new Uint8Array([0x81, ...key, 0x80]))),
    /^bad_message: Header must be MessagePack/,
  );
});

Deno.test("frame: challenge and hello of another version say so, whatever their other fields", () => {
  for (const type of ["challenge", "hello"]) {
    const header = encode({ type, version: PROTOCOL_VERSION + 1, something: "new", payload_bytes: 0 });
    assert.equal(
      refusal(wireHeader(header)),
      `version_mismatch: Protocol version must be ${PROTOCOL_VERSION}: found ` +
        `${PROTOCOL_VERSION + 1}; use the same wagon on both sides`,
    );
  }
});

Deno.test("frame: the largest frame is encoded, and one more byte is not", () => {
  const most = MAX_FRAME_BYTES - encodeFrame(PING, new Uint8Array(MAX_FRAME_BYTES / 2)).head.length;
  const buffer = new Uint8Array(most + 1);
  assert.equal(frameBytes(encodeFrame(PING, buffer.subarray(0, most))), MAX_FRAME_BYTES);
  assert.throws(() => encodeFrame(PING, buffer), {
    name: "RangeError",
    message: "Cannot send ping: a frame must have at most 1073741824 bytes, found 1073741825",
  });
});

Deno.test("frame: payloads as float32, without a copy", () => {
  const floats = new Float32Array([1.5, -0, Infinity]);
  const bytes = bytesOf(floats.subarray(1));
  assert.deepEqual([...bytes], [0, 0, 0, 0x80, 0, 0, 0x80, 0x7f]);
  assert.equal(payloadFloats(bytesOf(floats), 3).buffer, floats.buffer);
  assert.throws(() => payloadFloats(bytes, 3), {
    code: "bad_message",
    message: "Payload must have 3 float32 values (12 bytes): found 8 bytes",
  });
});

Deno.test("what no text can be made of, and a place where no file has bytes, are bad messages", () => {
  const headers: [Record<string, unknown>, RegExp][] = [
    [
      { type: { toString: 1 }, payload_bytes: 0 },
      /^Field message.type must be a known message: found an object$/,
    ],
    [{ type: [{ toString: 1 }], payload_bytes: 0 }, /found an array of 1$/],
    [
      { ...PING, payload_bytes: { toString: 1, valueOf: 1 } },
      /^Field payload_bytes must be .* found an object and 0$/,
    ],
    [
      { ...PING, payload_bytes: 8, parcel: { offset: 2 ** 52, tag: "1".repeat(16) } },
      /^Field parcel.offset must be an integer from 0 to 1099511627776: found 4503599627370496$/,
    ],
  ];
  for (const [header, reason] of headers) {
    assert.throws(() => decodeFrame(wireHeader(encode(header))), (error) => {
      assert.ok(error instanceof Refusal, String(error));
      assert.equal(error.code, "bad_message");
      assert.match(error.message, reason);
      return true;
    });
  }
});

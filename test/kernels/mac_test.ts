import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { FrameMac, TAG_BYTES } from "../../kernels/mac.ts";
import GOLDENS from "./goldens/mac.json" with { type: "json" };

const NOTHING = new Uint8Array(0);
const KEY = Uint8Array.fromHex(GOLDENS.key);

const pattern = (length: number, factor: number) =>
  Uint8Array.from({ length }, (_, i) => i * factor + (i >> 8));

Deno.test("tags of frames are those that cryptography's ChaCha20 and Poly1305 and a plain NH give", () => {
  const mac = new FrameMac(KEY);
  for (const { head, payload, tag } of GOLDENS.frames) {
    assert.equal(
      mac.tag(pattern(head, 7), pattern(payload, 13)).toHex(),
      tag,
      `${head} and ${payload} bytes`,
    );
  }
  const full = (length: number) => new Uint8Array(length).fill(0xff);
  assert.equal(new FrameMac(full(32)).tag(full(64), full(4_096)).toHex(), GOLDENS.ones);
});

Deno.test("without a payload, a tag is that of ChaCha20-Poly1305 for no text, as Node has it", () => {
  const mac = new FrameMac(KEY);
  for (let i = 0; i < 5; i++) {
    const head = pattern(96 + 8 * i, 3 + i);
    const nonce = new Uint8Array(12);
    nonce[0] = i;
    const cipher = createCipheriv("chacha20-poly1305", KEY, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(head, { plaintextLength: 0 });
    cipher.final();
    assert.equal(mac.tag(head, NOTHING).toHex(), cipher.getAuthTag().toString("hex"));
  }
});

Deno.test("a tag holds for its frame alone: its place, every bit of it, where the head ends, its key", () => {
  const head = pattern(104, 5), payload = pattern(2_000, 11);
  const tag = new FrameMac(KEY).tag(head, payload);
  const holds = (change: (h: Uint8Array, p: Uint8Array, t: Uint8Array) => void, key = KEY) => {
    const [h, p, t] = [head.slice(), payload.slice(), tag.slice()];
    change(h, p, t);
    return new FrameMac(key).verify(t, h, p);
  };
  assert.ok(holds(() => {}));
  for (let bit = 0; bit < 8 * TAG_BYTES; bit++) {
    assert.ok(!holds((_h, _p, t) => t[bit >> 3]! ^= 1 << (bit & 7)));
  }
  for (let bit = 0; bit < 8 * head.length; bit++) assert.ok(!holds((h) => h[bit >> 3]! ^= 1 << (bit & 7)));
  for (let bit = 0; bit < 8 * payload.length; bit++) {
    assert.ok(!holds((_h, p) => p[bit >> 3]! ^= 1 << (bit & 7)));
  }
  const whole = Uint8Array.from([...head, ...payload]);
  assert.ok(!new FrameMac(KEY).verify(tag, whole.subarray(0, 112), whole.subarray(112)));
  assert.ok(!new FrameMac(KEY).verify(tag, head, payload.subarray(0, 1_999)));
  assert.ok(!new FrameMac(KEY).verify(tag, head, Uint8Array.from([...payload, 0])));
  assert.ok(!holds(() => {}, pattern(32, 9)));
  // The same frame again: the next one has another tag.
  const receiver = new FrameMac(KEY);
  assert.ok(receiver.verify(tag, head, payload));
  assert.ok(!receiver.verify(tag, head, payload));
  // A tag that is too short holds for nothing.
  assert.ok(!new FrameMac(KEY).verify(tag.subarray(0, 15), head, payload));
});

Deno.test("codes of several connections do not disturb each other", () => {
  const [a, b] = [new FrameMac(KEY), new FrameMac(pattern(32, 3))];
  const frames = Array.from(
    { length: 4 },
    (_, i) => [pattern(64 + 8 * i, i), pattern(3_000 * i, i)] as const,
  );
  const alone = (key: Uint8Array) => {
    const mac = new FrameMac(key);
    return frames.map(([head, payload]) => mac.tag(head, payload).toHex());
  };
  const side_by_side = frames.map(([head, payload]) => [a, b].map((mac) => mac.tag(head, payload).toHex()));
  assert.deepEqual(side_by_side.map(([first]) => first), alone(KEY));
  assert.deepEqual(side_by_side.map(([, second]) => second), alone(pattern(32, 3)));
  assert.throws(() => new FrameMac(new Uint8Array(31)), RangeError);
});

import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { createHash } from "node:crypto";
import { encodeFrame } from "../../../wire/frame.ts";
import { FrameSeal } from "../../../wire/proof/frame_seal.ts";
import { sessionKeys } from "../../../wire/proof/session_keys.ts";

const SAID = [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 5)];
const PAYLOAD = Uint8Array.from({ length: 5_000 }, (_, i) => i * 7);

async function ends() {
  return {
    worker: new FrameSeal(await sessionKeys("a token", "worker", SAID)),
    coordinator: new FrameSeal(await sessionKeys("a token", "coordinator", SAID)),
  };
}

function parts(i: number, payload: Uint8Array | null = PAYLOAD): Uint8Array[] {
  const frame = encodeFrame({ type: "ping", sent_ms: i }, payload);
  return frame.payload ? [frame.head, frame.payload] : [frame.head];
}

const copied = (sealed: readonly Uint8Array[]) => sealed.map((part) => part.slice());
const whole = (sealed: readonly Uint8Array[]) => Uint8Array.from(sealed.flatMap((part) => [...part]));

Deno.test("keys are HKDF of the token and of all that was said, another for each direction", async () => {
  const salt = createHash("sha256").update(Uint8Array.of(1, 2, 3, 4, 5)).digest();
  const keyOf = (sender: string) =>
    new Uint8Array(hkdfSync("sha256", "a token", salt, `wagon frames of the ${sender}`, 32));
  const worker = await sessionKeys("a token", "worker", SAID);
  assert.deepEqual(worker, { own: keyOf("worker"), peer: keyOf("coordinator") });
  const coordinator = await sessionKeys("a token", "coordinator", SAID);
  assert.deepEqual(coordinator, { own: worker.peer, peer: worker.own });
  const others = [
    await sessionKeys("a Token", "worker", SAID),
    await sessionKeys("a token", "worker", [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 4)]),
  ];
  for (const { own } of others) assert.notDeepEqual(own, worker.own);
});

Deno.test("what one side has sealed, the other opens, in order, however it was cut on its way", async () => {
  const { worker, coordinator } = await ends();
  for (let i = 0; i < 4; i++) {
    const payload = i % 2 === 0 ? PAYLOAD : null;
    const sealed = copied(worker.seal(parts(i, payload)));
    assert.equal(sealed.length, payload ? 2 : 1);
    const all = whole(sealed);
    const cut = [sealed, [all], [all.subarray(0, 5), all.subarray(5, 40), all.subarray(40)], sealed][i]!;
    assert.deepEqual(whole(coordinator.open(cut)!), whole(parts(i, payload)));
    // The other direction counts for itself.
    assert.deepEqual(whole(worker.open(copied(coordinator.seal(parts(9, null))))!), whole(parts(9, null)));
  }
});

Deno.test("a frame that was changed, left out, sent again, exchanged or sent back is refused, and so is all that follows", async () => {
  const attacks: Record<string, (frames: Uint8Array[][], back: Uint8Array[]) => readonly Uint8Array[]> = {
    "changed in its tag": ([frame]) => (frame![0]![3]! ^= 1, frame!),
    "changed in its head": ([frame]) => (frame![0]![40]! ^= 1, frame!),
    "changed in its payload": ([frame]) => (frame![1]![4_999]! ^= 128, frame!),
    "shortened": ([frame]) => [frame![0]!, frame![1]!.subarray(0, 4_992)],
    "another in its place": ([, second]) => second!,
    "sent back": (_frames, back) => back,
    "no tag": () => parts(0),
    "nothing": () => [],
    "a byte": () => [Uint8Array.of(1)],
    "no frame": () => [new Uint8Array(64)],
  };
  for (const [name, attack] of Object.entries(attacks)) {
    const { worker, coordinator } = await ends();
    const frames = [0, 1, 2].map((i) => copied(worker.seal(parts(i))));
    const right = copied(frames[1]!);
    assert.equal(coordinator.open(attack(frames, copied(coordinator.seal(parts(0))))), null, name);
    assert.equal(coordinator.open(right), null, `${name}: afterwards`);
  }
  const { worker, coordinator } = await ends();
  const [first] = [copied(worker.seal(parts(0)))];
  assert.ok(coordinator.open(first!));
  assert.equal(coordinator.open(first!), null, "again");
});

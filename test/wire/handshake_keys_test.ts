/** Workers' own keys, and certificates, in the handshake. */
import assert from "node:assert/strict";
import { type JoinOptions } from "../../wire/handshake.ts";
import { newWorkerKey, readWorkerKey } from "../../wire/proof/worker_key.ts";
import { pem } from "../../tasks/keys/self_signed.ts";
import { sides } from "./handshake_scene.ts";

async function workerKey() {
  return await readWorkerKey(pem("PRIVATE KEY", (await newWorkerKey()).pkcs8));
}

Deno.test("handshake: with a list of keys, token and key are both needed", async () => {
  const key = await workerKey(), other = await workerKey();
  const allowed_keys = { nameOf: (public_key: string) => public_key === key.public_key ? "laptop" : null };
  const listed = sides({ allowed_keys }, "secret", key);
  const [hello] = await Promise.all([listed.admitted(), listed.joined()]);
  assert.equal(hello.key?.public_key, key.public_key);
  // Who has a key and no list to be on is let in by the token.
  const unasked = sides({}, "secret", key);
  await Promise.all([unasked.admitted(), unasked.joined()]);
  const refused = async (token: string, own: JoinOptions["key"], code: string, message: RegExp) => {
    const { admitted, joined, socket } = sides({ allowed_keys }, token, own);
    const why = { code, fatal: true, message };
    await Promise.all([assert.rejects(admitted(), why), assert.rejects(joined(), why)]);
    assert.ok(!socket.is_sealed);
    assert.equal(socket.sent.length, 2, "challenge and refusal, no welcome");
  };
  await refused(
    "secret",
    null,
    "unknown_key",
    /^This run admits only workers whose keys .* with --key FILE$/,
  );
  await refused(
    "secret",
    other,
    "unknown_key",
    new RegExp(`does not contain this worker's key, ${other.public_key};`),
  );
  await refused("guess", key, "wrong_token", /^The token is not that of this run/);
  // Another's public key, signed by one's own.
  const thief = { public_key: key.public_key, sign: other.sign };
  await refused("secret", thief, "unknown_key", /^The worker's signature does not match its key$/);
  const no_point = { public_key: "ff".repeat(32), sign: other.sign };
  const any = { nameOf: () => "any" };
  const { admitted, joined } = sides({ allowed_keys: any }, "secret", no_point);
  await Promise.all([
    assert.rejects(admitted(), { code: "unknown_key" }),
    assert.rejects(joined(), { code: "unknown_key" }),
  ]);
});

Deno.test("handshake: a signature is of its own connection alone", async () => {
  const key = await workerKey();
  const allowed_keys = { nameOf: () => "laptop" };
  const recorded = sides({ allowed_keys }, "secret", key);
  const [old] = await Promise.all([recorded.admitted(), recorded.joined()]);
  // One who knows the token, and has heard the owner of a key.
  const replayed = sides({ allowed_keys }, "secret", {
    public_key: key.public_key,
    sign: () => Promise.resolve(old.key!.signature),
  });
  const refused = { code: "unknown_key", message: "The worker's signature does not match its key" };
  await Promise.all([
    assert.rejects(replayed.admitted(), refused),
    assert.rejects(replayed.joined(), refused),
  ]);
});

Deno.test("handshake: a worker that sees another certificate than the coordinator's is turned away", async () => {
  const [own, other] = ["0a".repeat(32), "0b".repeat(32)];
  const cases: readonly [string | null, string | null, boolean][] = [
    [own, own, true],
    [null, other, true], // Behind a proxy that has it.
    [own, other, false],
    [own, null, false],
  ];
  for (const [coordinators, workers, is_right] of cases) {
    const { socket, worker_socket, admitted, joined } = sides();
    Object.assign(socket, { certificate: coordinators });
    Object.assign(worker_socket, { certificate: workers });
    const both = await Promise.allSettled([admitted(), joined()]);
    for (const side of both) {
      if (is_right) assert.equal(side.status, "fulfilled");
      else assert.equal(side.status === "rejected" && side.reason.code, "wrong_certificate");
    }
  }
});

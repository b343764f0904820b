import assert from "node:assert/strict";
import { Sha256, sha256, sha256Aside } from "../../common/sha256.ts";

/** FIPS 180-4, as in NIST's examples of SHA-256. */
const KNOWN = {
  "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  abc: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
};

Deno.test("SHA-256 of texts and bytes, whole, in pieces and on another thread", async () => {
  for (const [text, hash] of Object.entries(KNOWN)) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(sha256(text), hash);
    assert.equal(sha256(bytes), hash);
    assert.equal(await sha256Aside(bytes), hash);
    assert.equal(new Sha256().update(bytes.subarray(0, 1)).update(text.slice(1)).hex(), hash);
    assert.equal(new Sha256().update(text).bytes().toHex(), hash);
  }
});

Deno.test("numbers are hashed as their bytes, of a part of a buffer too", () => {
  const floats = new Float32Array([1, 2, 3, 4]);
  const bytes = new Uint8Array(floats.buffer, 4, 8);
  assert.equal(new Sha256().update(floats.subarray(1, 3)).hex(), sha256(bytes));
});

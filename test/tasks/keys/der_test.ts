import assert from "node:assert/strict";
import { bitString, boolean, explicit, integer, namedBits, octetString } from "../../../tasks/keys/der.ts";
import { element, oid, sequence, set, time, utf8 } from "../../../tasks/keys/der.ts";

const hex = (bytes: Uint8Array) => bytes.toHex();

Deno.test("DER: types are written as in X.690 and RFC 5280", () => {
  // The lengths of X.690, section 8.1.3: short, and long with one and two bytes.
  assert.equal(hex(element(0x04, new Uint8Array(127)).subarray(0, 2)), "047f");
  assert.equal(hex(octetString(new Uint8Array(201)).subarray(0, 3)), "0481c9");
  assert.equal(hex(octetString(new Uint8Array(435)).subarray(0, 4)), "048201b3");
  // Integers by their fewest bytes, with a zero before a bit that would be a sign.
  for (
    const [bytes, written] of [["00", "020100"], ["7f", "02017f"], ["80", "02020080"], ["000100", "02020100"]]
  ) {
    assert.equal(hex(integer(Uint8Array.fromHex(bytes!))), written);
  }
  assert.equal(hex(oid("1.2.840.113549")), "06062a864886f70d");
  assert.equal(hex(oid("2.5.29.17")), "0603551d11");
  assert.equal(hex(boolean(true)), "0101ff");
  assert.equal(hex(bitString(Uint8Array.of(0xa5))), "030200a5");
  // digitalSignature alone, and with keyEncipherment (bit 2).
  assert.equal(hex(namedBits(0)), "03020780");
  assert.equal(hex(namedBits(0, 2)), "030205a0");
  assert.equal(hex(sequence(set(utf8("é")))), "300631040c02c3a9");
  assert.equal(hex(explicit(3, boolean(false))), "a303010100");
});

Deno.test("DER: dates have two digits of the year before 2050", () => {
  const text = (bytes: Uint8Array) => [bytes[0], new TextDecoder().decode(bytes.subarray(2))];
  assert.deepEqual(text(time(Date.UTC(2049, 11, 31, 23, 59, 59, 999))), [0x17, "491231235959Z"]);
  assert.deepEqual(text(time(Date.UTC(2050, 0, 1))), [0x18, "20500101000000Z"]);
});

/**
 * How long message authentication codes take: that of frames (kernels/mac.ts), and what WebCrypto and node:crypto have.
 * Prints a table for docs/encryption.md: deno run --allow-all --lock=deno.lock --frozen bench/seal/codes.ts
 */
import { createCipheriv, createHmac } from "node:crypto";
import { FrameMac } from "../../kernels/mac.ts";

const SIZES = [300, 104_000, 2_100_000];
/** Of calls; small ones are timed a hundred together. */
const ROUNDS = 101;
const NOTHING = new Uint8Array(0);
const KEY = new Uint8Array(32);

type Code = (bytes: Uint8Array<ArrayBuffer>) => unknown;

async function codes(): Promise<Readonly<Record<string, Code>>> {
  const { subtle } = crypto;
  const hmac = await subtle.importKey("raw", KEY, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const gmac = await subtle.importKey("raw", KEY.subarray(0, 16), "AES-GCM", false, ["encrypt"]);
  const iv = new Uint8Array(12);
  const frames = new FrameMac(KEY);
  return {
    "HMAC-SHA-256, WebCrypto": (bytes) => subtle.sign("HMAC", hmac, bytes),
    "HMAC-SHA-256, node:crypto": (bytes) => createHmac("sha256", KEY).update(bytes).digest(),
    "AES-GMAC, WebCrypto": (bytes) =>
      subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes }, gmac, NOTHING),
    "AES-GMAC, node:crypto": (bytes) => {
      const cipher = createCipheriv("aes-128-gcm", KEY.subarray(0, 16), iv);
      cipher.setAAD(bytes);
      cipher.final();
      return cipher.getAuthTag();
    },
    "Poly1305, WebAssembly": (bytes) => frames.tag(bytes, NOTHING),
    "NH and Poly1305, WebAssembly": (bytes) => frames.tag(NOTHING, bytes),
  };
}

/** The shortest time of one call, in milliseconds: other programs only make it longer. */
async function shortest(code: Code, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const together = bytes.length < 1_000 ? 100 : 1;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin_ms = performance.now();
    for (let i = 0; i < together; i++) await code(bytes);
    times.push((performance.now() - begin_ms) / together);
  }
  return Math.min(...times);
}

console.log(`| code | ${SIZES.map((size) => `${size.toLocaleString("en-US")} bytes`).join(" | ")} |`);
console.log("| - | - | - | - |");
for (const [name, code] of Object.entries(await codes())) {
  const times: string[] = [];
  for (const size of SIZES) {
    times.push(`${(await shortest(code, Uint8Array.from({ length: size }, (_, i) => i))).toPrecision(2)} ms`);
  }
  console.log(`| ${name} | ${times.join(" | ")} |`);
}

/** SHA-256 (FIPS 180-4) of bytes, and of texts as UTF-8. */
import { createHash } from "node:crypto";

/** Hashes what comes piece by piece. */
export class Sha256 {
  readonly #hash = createHash("sha256");

  update(part: Uint8Array | Float32Array | string): this {
    this.#hash.update(part);
    return this;
  }

  /** 64 hexadecimal digits. Nothing can follow. */
  hex(): string {
    return this.#hash.digest("hex");
  }

  /** 32 bytes. Nothing can follow. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#hash.digest());
  }
}

/** As 64 hexadecimal digits. */
export function sha256(of: Uint8Array | string): string {
  return new Sha256().update(of).hex();
}

/** As {@linkcode sha256}, on another thread: for a data set, which takes seconds. */
export async function sha256Aside(of: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", of)).toHex();
}

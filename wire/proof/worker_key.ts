/** A worker's own key (Ed25519, RFC 8032): its owner proves who it is, where a token proves only that one was invited. */
const ALGORITHM = "Ed25519";

/**
 * A private key that signs, and its public half.
 *
 * @example
 * ```ts
 * import type { WorkerKey } from "@wagon/wagon/wire";
 *
 * const { publicKey, privateKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign"]) as CryptoKeyPair;
 * const key: WorkerKey = {
 *   public_key: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)).toHex(),
 *   sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, bytes)).toHex(),
 * };
 * console.assert(key.public_key.length === 64);
 * ```
 */
export interface WorkerKey {
  /** As 64 hexadecimal digits. */
  readonly public_key: string;
  /** The signature of some bytes, as 128 hexadecimal digits. */
  readonly sign: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
}

/**
 * Whom a coordinator lets in.
 *
 * @example
 * ```ts
 * import type { AllowedKeys } from "@wagon/wagon/wire";
 *
 * const names = new Map([["0a".repeat(32), "laptop"]]);
 * const keys: AllowedKeys = { nameOf: (public_key) => names.get(public_key) ?? null };
 * console.assert(keys.nameOf("0b".repeat(32)) === null);
 * ```
 */
export interface AllowedKeys {
  /** The name that the list gives to a key; null: it is not on the list. */
  readonly nameOf: (public_key: string) => string | null;
}

/** Makes a new key, and its file's text (PKCS #8 in DER). */
export async function newWorkerKey(): Promise<{ readonly pkcs8: Uint8Array; readonly public_key: string }> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  return {
    pkcs8: new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
    public_key: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)).toHex(),
  };
}

/** Reads a private key in PEM (PKCS #8). Throws Error for other text and other kinds of keys. */
export async function readWorkerKey(pem: string): Promise<WorkerKey> {
  const [, base64 = ""] = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(pem) ?? [];
  if (base64 === "") throw new Error("no private key in PEM");
  const key = await crypto.subtle.importKey("pkcs8", Uint8Array.fromBase64(base64), ALGORITHM, true, [
    "sign",
  ]);
  const { x = "" } = await crypto.subtle.exportKey("jwk", key);
  return {
    public_key: Uint8Array.fromBase64(x, { alphabet: "base64url" }).toHex(),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, bytes)).toHex(),
  };
}

/** True if the owner of a key has signed these bytes. */
export async function isSigned(
  public_key: string,
  signature: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const raw = Uint8Array.fromHex(public_key);
  // Not every 32 bytes are a point of the curve.
  const key = await crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["verify"]).catch(() => null);
  return key !== null && await crypto.subtle.verify(ALGORITHM, key, Uint8Array.fromHex(signature), bytes);
}

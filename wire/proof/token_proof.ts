/** The proof that a side knows the token, and the statement that it is made of. */
import { PROTOCOL_VERSION } from "../messages.ts";

const NONCE_BYTES = 16;

/** Whose proof it is. */
export type Side = "worker" | "coordinator";

/** Content of a proof. Nonces are 32 hexadecimal digits. */
export interface ProofTerms {
  readonly run: string;
  readonly incarnation: number;
  readonly coordinator_nonce: string;
  readonly worker_nonce: string;
  /** SHA-256 of the certificate that the worker sees; null: the connection is not encrypted. */
  readonly certificate: string | null;
}

/** 16 random bytes as 32 hexadecimal digits. */
export function newNonce(): string {
  return crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).toHex();
}

/** The proof of one side, as 64 hexadecimal digits. */
export async function prove(token: string, side: Side, terms: ProofTerms): Promise<string> {
  const key = await hmacKey(token, "sign");
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, statement(side, terms))).toHex();
}

/** True if a proof is that of the side; takes the same time wherever it differs. */
export async function isProof(proof: string, token: string, side: Side, terms: ProofTerms): Promise<boolean> {
  const key = await hmacKey(token, "verify");
  return crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(proof), statement(side, terms));
}

function hmacKey(token: string, usage: "sign" | "verify"): Promise<CryptoKey> {
  if (token === "") throw new Error("Cannot prove the token: it must not be empty");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", new TextEncoder().encode(token), algorithm, false, [usage]);
}

/** JSON keeps the fields apart, whatever they hold. */
export function statement(purpose: Side | "worker's key", terms: ProofTerms): Uint8Array<ArrayBuffer> {
  const { run, incarnation, coordinator_nonce, worker_nonce, certificate } = terms;
  const about = [run, incarnation, coordinator_nonce, worker_nonce, certificate];
  return new TextEncoder().encode(JSON.stringify([`wagon ${purpose}`, PROTOCOL_VERSION, ...about]));
}

/** The keys of one connection, which both sides derive from the token and from all that they said in the handshake. */
import { joined } from "../../common/joined.ts";
import { MAC_KEY_BYTES } from "../../kernels/mac.ts";

/** One for each direction. */
export interface SessionKeys {
  /** Of what this side sends. */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
}

/**
 * HKDF-SHA-256 (RFC 5869) of the token, with the SHA-256 of all frames of the handshake as salt. It holds both sides' fresh
 * nonces, so that no two connections have a key in common; and where somebody has changed a word of the handshake, the keys
 * of both sides differ.
 */
export async function sessionKeys(
  token: string,
  side: "worker" | "coordinator",
  handshake: readonly Uint8Array[],
): Promise<SessionKeys> {
  const salt = await crypto.subtle.digest("SHA-256", new Uint8Array(joined(handshake)));
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(token), "HKDF", false, [
    "deriveBits",
  ]);
  const keyOf = async (sender: "worker" | "coordinator") => {
    const info = new TextEncoder().encode(`wagon frames of the ${sender}`);
    const algorithm = { name: "HKDF", hash: "SHA-256", salt, info };
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, secret, 8 * MAC_KEY_BYTES));
  };
  const [worker, coordinator] = await Promise.all([keyOf("worker"), keyOf("coordinator")]);
  return side === "worker" ? { own: worker, peer: coordinator } : { own: coordinator, peer: worker };
}

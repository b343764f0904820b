/**
 * A self-signed certificate of a server (RFC 5280): whoever trusts it trusts this one server under its names, and nothing
 * that anybody else could sign.
 */
import { bitString, boolean, type Der, explicit, implicit, integer, namedBits, octetString } from "./der.ts";
import { oid, sequence, set, time, utf8 } from "./der.ts";

/** ECDSA on the curve P-256: every TLS library knows it. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ECDSA_WITH_SHA256 = oid("1.2.840.10045.4.3.2");
const COMMON_NAME = oid("2.5.4.3");
const KEY_USAGE = oid("2.5.29.15");
const SUBJECT_ALT_NAME = oid("2.5.29.17");
const BASIC_CONSTRAINTS = oid("2.5.29.19");
const EXTENDED_KEY_USAGE = oid("2.5.29.37");
const SERVER_AUTH = oid("1.3.6.1.5.5.7.3.1");
/** The bit of a key usage for signatures. */
const DIGITAL_SIGNATURE = 0;
/** GeneralName's choices. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;
const VERSION_3 = 2;
const SERIAL_BYTES = 16;
/** Clocks of other machines may be behind. */
const EARLIER_MS = 3_600_000;

export interface Wanted {
  /** Host names and addresses, the first of which becomes its subject. */
  readonly names: readonly string[];
  readonly now_ms: number;
  readonly valid_ms: number;
}

/** Both in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate with a new key. */
export async function selfSigned(wanted: Wanted): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const public_key = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const content = statement(wanted, public_key);
  const signature = new Uint8Array(await crypto.subtle.sign(ALGORITHM, pair.privateKey, content));
  const cert = sequence(content, sequence(ECDSA_WITH_SHA256), bitString(asDer(signature)));
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { cert: pem("CERTIFICATE", cert), key: pem("PRIVATE KEY", key) };
}

/** What is signed (TBSCertificate). */
function statement({ names, now_ms, valid_ms }: Wanted, public_key: Uint8Array): Der {
  const subject = sequence(set(sequence(COMMON_NAME, utf8(names[0]!.slice(0, 64)))));
  const extension = (name: Der, is_critical: boolean, value: Der) =>
    sequence(name, ...is_critical ? [boolean(true)] : [], octetString(value));
  return sequence(
    explicit(0, integer(Uint8Array.of(VERSION_3))),
    integer(crypto.getRandomValues(new Uint8Array(SERIAL_BYTES))),
    sequence(ECDSA_WITH_SHA256),
    subject,
    sequence(time(now_ms - EARLIER_MS), time(now_ms + valid_ms)),
    subject,
    public_key,
    explicit(
      3,
      sequence(
        // It signs no other certificate.
        extension(BASIC_CONSTRAINTS, true, sequence()),
        extension(KEY_USAGE, true, namedBits(DIGITAL_SIGNATURE)),
        extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTH)),
        extension(SUBJECT_ALT_NAME, false, sequence(...names.map(generalName))),
      ),
    ),
  );
}

function generalName(name: string): Der {
  const address = addressBytes(name);
  return address === null
    ? implicit(DNS_NAME, new TextEncoder().encode(name))
    : implicit(IP_ADDRESS, address);
}

/** The bytes of an address, 4 or 16; null for a name. */
export function addressBytes(name: string): Uint8Array | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return Uint8Array.from(name.split(".").map(Number));
  if (!name.includes(":")) return null;
  // The URL parser knows every spelling of IPv6, and gives one.
  const [head = "", tail = ""] = new URL(`http://[${name}]`).hostname.slice(1, -1).split("::");
  const words = (part: string) => part === "" ? [] : part.split(":").map((word) => parseInt(word, 16));
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((word) => [word >>> 8, word & 0xff]));
}

/** WebCrypto's signature, two numbers of equal length, as X.509 has it. */
function asDer(signature: Uint8Array): Der {
  const half = signature.length / 2;
  return sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)));
}

/** RFC 7468. */
export function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

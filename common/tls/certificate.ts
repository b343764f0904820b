/** A certificate (X.509) as far as people need to know it: for whom it is, until when, and how it is told from others. */
import { X509Certificate } from "node:crypto";
import { cleanText } from "../text/foreign_text.ts";

const MAX_NAMES = 64;
const MAX_NAME_CHARACTERS = 253;
const DAY_CHARACTERS = 10;

export interface Certificate {
  /** Host names and addresses that it is for. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly not_before_ms: number;
  readonly not_after_ms: number;
  /** Of its bytes, as 64 hexadecimal digits. */
  readonly sha256: string;
  /** True if no other certificate stands above it. */
  readonly is_self_signed: boolean;
}

/** Reads a certificate: DER, or the first one of a text in PEM. Throws Error for other bytes. */
export function readCertificate(bytes: Uint8Array | string): Certificate {
  return describe(new X509Certificate(bytes));
}

/** All certificates of a text in PEM, in order. Throws Error for one that is none. */
export function readCertificates(pem: string): Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(readCertificate);
}

/** True if it is for this host: a name or an address, without brackets. */
export function isFor({ names }: Pick<Certificate, "names">, host: string): boolean {
  const wanted = plainHost(host);
  return names.some((name) => {
    const offered = plainHost(name);
    if (offered === wanted) return true;
    // RFC 9525, section 6.3: a star stands for one whole label, the first.
    return offered.startsWith("*.") && wanted.slice(wanted.indexOf(".")) === offered.slice(1);
  });
}

/** e.g. "2026-11-30" */
export function dayOf(time_ms: number): string {
  return new Date(time_ms).toISOString().slice(0, DAY_CHARACTERS);
}

function describe(certificate: X509Certificate): Certificate {
  const { subjectAltName = "", validFrom, validTo, fingerprint256, subject, issuer } = certificate;
  const names = subjectAltName.split(", ").flatMap((entry) =>
    /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []
  );
  return {
    names: names.slice(0, MAX_NAMES).map((name) => cleanText(name, MAX_NAME_CHARACTERS)),
    not_before_ms: Date.parse(validFrom),
    not_after_ms: Date.parse(validTo),
    sha256: fingerprint256.replaceAll(":", "").toLowerCase(),
    is_self_signed: subject === issuer,
  };
}

/** One spelling of a name or an address. */
function plainHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (!bare.includes(":")) return bare;
  return URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1) ?? bare;
}

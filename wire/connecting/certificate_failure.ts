/** Why a certificate is not trusted, in words: what it is, what was required, and what to do. Pure. */
import { type Certificate, dayOf, isFor } from "../../common/tls/certificate.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import type { TrustedCertificates } from "../../common/tls/tls_files.ts";

const PAGE = "docs/encryption.md";
/** Names that are listed; a certificate may have very many. */
const MAX_NAMES = 4;
/** Digits of a hash, enough to compare two by eye. */
const HASH_DIGITS = 16;

/** Why no connection was made. */
export interface Reason {
  readonly text: string;
  /** True if trying again cannot help while both sides stay as they are. */
  readonly is_permanent: boolean;
}

/** A client's view of a server's certificate. */
export interface Seen {
  /** The host that was asked for. */
  readonly host: string;
  readonly certificate: Certificate;
  /** Given with `--tls-ca`, if anything was. */
  readonly trusted: Pick<TrustedCertificates, "certificates" | "file"> | null;
  /** What TLS said of it. */
  readonly said: string;
  /** Milliseconds since 1970. */
  readonly now_ms: number;
}

/** Why TLS refused this certificate, the first of: its dates, its names, its authority. */
export function explainCertificate({ host, certificate, trusted, said, now_ms }: Seen): Reason {
  const { not_before_ms, not_after_ms, names } = certificate;
  const clock = `this machine's clock, which says ${dayOf(now_ms)}`;
  if (now_ms > not_after_ms) {
    const text =
      `the certificate there expired on ${dayOf(not_after_ms)}; make a new one on the coordinator's ` +
      `machine (deno task keys), or set ${clock}`;
    // The coordinator may get a new one, and a clock may be set, while the worker waits.
    return { text, is_permanent: false };
  }
  if (now_ms < not_before_ms) {
    return {
      text: `the certificate there is not valid before ${dayOf(not_before_ms)}; set ${clock}`,
      is_permanent: false,
    };
  }
  if (!isFor(certificate, host)) {
    const listed = names.length === 0 ? "no name at all" : listOf(names);
    const text =
      `the certificate there is for ${listed}, and not for ${host}; use one of its names in the address, ` +
      `or make one that has this name: deno task keys --tls ${host}`;
    return { text, is_permanent: true };
  }
  if (trusted?.certificates.some(({ sha256 }) => sha256 === certificate.sha256)) {
    const text =
      `TLS refuses the certificate there although ${trusted.file} has it (${
        cleanText(said)
      }); make another ` +
      "with deno task keys";
    return { text, is_permanent: true };
  }
  return { text: ofAuthority(certificate, trusted), is_permanent: true };
}

function ofAuthority({ sha256, is_self_signed }: Certificate, trusted: Seen["trusted"]): string {
  const found = `SHA-256 ${sha256.slice(0, HASH_DIGITS)}…`;
  const what = is_self_signed
    ? "a copy of the coordinator's certificate"
    : "the certificate of its authority";
  if (trusted === null) {
    return `this machine does not trust the certificate there (${found}); give ${what} with --tls-ca FILE or, if ` +
      `this system trusts it, set DENO_TLS_CA_STORE=system (${PAGE})`;
  }
  const given = trusted.certificates.map((one) => one.sha256.slice(0, HASH_DIGITS) + "…").join(", ");
  return `${trusted.file} does not vouch for the certificate there (${found}, and the file has ${given}); give ${what} ` +
    `with --tls-ca, or correct the address: another program may answer there`;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(", ");
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

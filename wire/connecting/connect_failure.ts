/** Why no WebSocket could be opened to an address: what was found there, and what to do about it, in one line. Pure. */
import { cleanText } from "../../common/text/foreign_text.ts";
import type { Reason } from "./certificate_failure.ts";

/** What answers at a port (port_probe.ts). */
export type Answer =
  | "tls"
  | "http"
  /** Bytes of another protocol. */
  | "other"
  /** A connection that stays without a byte. */
  | "silence"
  /** A connection that is closed without a byte. */
  | "closed"
  /** No connection and no refusal: what is sent gets lost. */
  | "nothing"
  /** The name servers have not answered. */
  | "no name";

/** What the attempt ended with. */
export interface Failure {
  /** As Node has them: "ECONNREFUSED". */
  readonly code?: string | undefined;
  readonly message: string;
  /** An answer in HTTP that opens no WebSocket. */
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  };
}

/** By which a coordinator asks for the read token. */
export const REALM = 'realm="wagon"';

const PAGE = "docs/on-several-machines.md";
const HOST_UNKNOWN = "correct its spelling, or give the address that the coordinator prints";
const NO_ROUTE =
  "there is no route from this machine to that address; check the address, and the network or VPN";

/**
 * What TLS says of certificates that it refuses. Deno has one code for several reasons, so that the certificate itself
 * must be looked at.
 */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_UNTRUSTED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
]);

const BY_CODE: Readonly<Record<string, (url: URL) => string>> = {
  ECONNREFUSED: (url) =>
    isLoopback(url)
      ? "nothing listens there; start a coordinator with deno task coordinator, or correct the port"
      : "nothing listens there; start the coordinator with --host 0.0.0.0, or correct the port",
  ENOTFOUND: ({ hostname }) => `the host ${hostname} is not known on this machine; ${HOST_UNKNOWN}`,
  EAI_AGAIN: ({ hostname }) => `no name server knows the host ${hostname}; ${HOST_UNKNOWN}`,
  EHOSTUNREACH: () => NO_ROUTE,
  ENETUNREACH: () => NO_ROUTE,
  EADDRNOTAVAIL: () => NO_ROUTE,
  EINVAL: () => NO_ROUTE, // Deno's word for EADDRNOTAVAIL
};

/** Of a URL without a port, the one of its protocol. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === "wss:" ? 443 : 80));
}

function isLoopback({ hostname }: URL): boolean {
  return /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

/** The same place by the other protocol. */
function byOther(url: URL): string {
  const { protocol, hostname, pathname } = url;
  return `${protocol === "wss:" ? "ws" : "wss"}://${hostname}:${portOf(url)}${
    pathname === "/" ? "" : pathname
  }`;
}

/** The host as a socket takes it, without brackets. */
export function hostIn({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** True if TLS has refused the certificate: certificate_failure.ts says why. */
export function isOfCertificate({ code }: Failure): boolean {
  return CERTIFICATE_CODES.has(code ?? "");
}

/** True if {@linkcode explain} needs to know what answers at the port. */
export function needsProbe({ code, response }: Failure): boolean {
  return response === undefined ? BY_CODE[code ?? ""] === undefined : response.status === 400;
}

/** `answer`: what the port answers, where {@linkcode needsProbe}; `waited_ms`: how long the attempt took at most. */
export function explain(url: URL, failure: Failure, answer: Answer | null, waited_ms: number): Reason {
  const other = ofOtherProtocol(url, failure, answer);
  return { text: other ?? ofPlace(url, failure, answer, waited_ms), is_permanent: other !== null };
}

/** A port that speaks the other one of ws and wss goes on to do so. */
function ofOtherProtocol(url: URL, { response }: Failure, answer: Answer | null): string | null {
  const is_wss = url.protocol === "wss:";
  if (answer === "tls" && !is_wss) {
    return `that port needs wss, not ws; use ${
      byOther(url)
    } (a coordinator with --tls-cert prints the whole command)`;
  }
  if (answer === "http" && is_wss) {
    return `that port needs ws, not wss; use ${
      byOther(url)
    }, or start the coordinator with --tls-cert and --tls-key`;
  }
  if (response === undefined || response.status < 300 || response.status >= 400) return null;
  const location = URL.parse(String(response.headers["location"] ?? ""));
  if (location?.protocol !== "https:") return null;
  return `it redirects to HTTPS; use wss://${cleanText(location.host)}`;
}

function ofPlace(url: URL, failure: Failure, answer: Answer | null, waited_ms: number): string {
  const known = BY_CODE[failure.code ?? ""];
  if (failure.response !== undefined) return ofResponse(failure.response);
  return known?.(url) ?? ofAnswer(url, answer, Math.round(waited_ms / 1000)) ?? cleanText(failure.message);
}

function ofAnswer(url: URL, answer: Answer | null, waited_s: number): string | null {
  switch (answer) {
    case "other":
      return "another program than a coordinator answers there; correct the port";
    case "silence":
      return `the program there sends nothing for ${waited_s} s; it may be another program, or a coordinator that is ` +
        `stopped`;
    case "closed":
      return "the program there closes the connection at once; correct the port, or the rules of a proxy there";
    case "nothing":
      return `no answer within ${waited_s} s; a firewall may block port ${portOf(url)}: open the port ` +
        `on the coordinator's machine, or use ssh -L (${PAGE})`;
    case "no name":
      return `no name server answers for the host ${url.hostname}; ${HOST_UNKNOWN}`;
    default:
      return null;
  }
}

function ofResponse({ status, headers }: NonNullable<Failure["response"]>): string {
  if (status >= 502 && status <= 504) {
    return `a proxy answers there, but no coordinator behind it (HTTP ${status}); start the coordinator, or correct ` +
      "the port in the proxy's configuration";
  }
  // The coordinator's own answers to a request that has lost its upgrade on the way.
  const asks_to_look = status === 401 && String(headers["www-authenticate"]).includes(REALM);
  if (asks_to_look || status === 421 || status === 426) {
    return `a proxy there does not pass on WebSockets (HTTP ${status}); ${PAGE} has configurations that do`;
  }
  if (status === 401 || status === 403) {
    return `a proxy there asks for a login (HTTP ${status}); let workers through without one, because they prove the ` +
      `token themselves`;
  }
  return `a web server answers there, but no coordinator (HTTP ${status}); correct the port or the path`;
}

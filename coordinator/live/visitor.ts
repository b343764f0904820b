/**
 * Who may look: a pure judgement of a request to the live page. Everything but a refusal needs the read token, which
 * allows looking and nothing else: workers prove another one over the WebSocket (wire/handshake.ts).
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";

const MAX_TARGET_LENGTH = 2048;

/** What is judged of a request. */
export interface Visit {
  readonly method: string;
  /** Path and query, as the request line has them. */
  readonly target: string;
  readonly header: (name: string) => string | undefined;
}

export type Verdict =
  | { readonly path: string; readonly head_only: boolean }
  | { readonly status: 400 | 401 | 403 | 405 | 414 | 421; readonly reason: string };

export interface House {
  readonly read_token: string;
  /** Names of this machine, in lower case; addresses and "localhost" are always its own. */
  readonly names: readonly string[];
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Whether both texts are the same, in a time that tells nothing of them. */
function same(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

/** The name in an authority such as "[::1]:7700", in lower case; null where it makes no sense. */
function nameOf(authority: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(authority);
  return match ? match[1]!.replace(/^\[|\]$/g, "").toLowerCase() : null;
}

/**
 * A page of another site can make a browser send requests here under a name of its own (DNS rebinding). It cannot do
 * so under an address, or under a name that is this machine's.
 */
function isOwnName(name: string, names: readonly string[]): boolean {
  return isIP(name) !== 0 || name === "localhost" || name.endsWith(".localhost") || names.includes(name);
}

/** Whether a page of another site made the browser ask. Links to the page itself are anybody's to follow. */
function isForeign({ header }: Visit, host: string, path: string): boolean {
  const origin = header("origin");
  if (origin !== undefined && origin.replace(/^https?:\/\//, "").toLowerCase() !== host.toLowerCase()) {
    return true;
  }
  const site = header("sec-fetch-site");
  if (site === undefined || site === "same-origin" || site === "none") return false;
  return path !== "/" || header("sec-fetch-mode") !== "navigate";
}

function tokenOf({ header }: Visit, query: URLSearchParams): string | null {
  const bearer = /^Bearer ([^\s]+)$/i.exec(header("authorization") ?? "");
  return bearer ? bearer[1]! : query.get("token");
}

export function judge(visit: Visit, { read_token, names }: House): Verdict {
  const { method, target, header } = visit;
  if (target.length > MAX_TARGET_LENGTH) return { status: 414, reason: "The address is too long" };
  const host = header("host") ?? "";
  const name = nameOf(host);
  if (name === null) return { status: 400, reason: "The Host header must be a name or an address" };
  if (!isOwnName(name, names)) {
    return { status: 421, reason: `This machine is not called ${name}: use its address or its own name` };
  }
  const url = URL.parse(target, "http://page.invalid");
  if (!target.startsWith("/") || url === null || url.host !== "page.invalid") {
    return { status: 400, reason: "The address must begin with a path" };
  }
  if (isForeign(visit, host, url.pathname)) {
    return { status: 403, reason: "Pages of other sites may not ask here" };
  }
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, reason: "There is nothing here but to look" };
  }
  const token = tokenOf(visit, url.searchParams);
  if (token === null || !same(token, read_token)) {
    return {
      status: 401,
      reason:
        "The read token is required: open the whole address that the coordinator printed on its terminal",
    };
  }
  return { path: url.pathname, head_only: method === "HEAD" };
}

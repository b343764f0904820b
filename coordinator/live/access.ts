/**
 * Who may look, and who may open a WebSocket: a pure judgement of a request. To look takes the read token, which allows
 * nothing else: workers prove another one over the WebSocket (wire/handshake.ts).
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { Sha256 } from "../../common/sha256.ts";

const MAX_TARGET_LENGTH = 2048;

/** Parts of a request that are judged. */
export interface AccessRequest {
  readonly method: string;
  /** Path and query, as the request line has them. */
  readonly target: string;
  /** By a name in lower case. A header that is given twice has both values, with ", " between them. */
  readonly header: (name: string) => string | undefined;
}

export interface AccessDenied {
  readonly status: 400 | 401 | 403 | 405 | 414 | 421;
  readonly reason: string;
}

export type AccessDecision =
  | { readonly path: string; readonly head_only: boolean }
  | AccessDenied;

export interface AccessPolicy {
  readonly read_token: string;
  /** Names of this machine, in lower case; addresses and "localhost" are always its own. */
  readonly names: readonly string[];
  /** Paths that anybody may read who reaches the port. */
  readonly public_paths: readonly string[];
}

/** Headers of a request from Node. Its `headers` would keep only the first of two Host headers. */
export function accessRequestOf({ method = "", url = "", rawHeaders }: IncomingMessage): AccessRequest {
  const header = (name: string) => {
    const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
    return values.length > 0 ? values.join(", ") : undefined;
  };
  return { method, target: url, header };
}

function digest(text: string): Uint8Array {
  return new Sha256().update(text).bytes();
}

/** True if both texts are the same, in a time that tells nothing of them. */
function same(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
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

/** Error in the name by which a request calls this machine; null if there is none. */
function misnamed({ header }: AccessRequest, names: readonly string[]): AccessDenied | null {
  const name = nameOf(header("host") ?? "");
  if (name === null) return { status: 400, reason: "The Host header must be one name or address" };
  if (isOwnName(name, names)) return null;
  return { status: 421, reason: `This machine is not called ${name}: use its address or its own name` };
}

/** True if it was a page of another origin that asked, by the header that browsers set. */
function hasForeignOrigin({ header }: AccessRequest): boolean {
  const origin = header("origin");
  const host = header("host") ?? "";
  return origin !== undefined && origin.replace(/^https?:\/\//, "").toLowerCase() !== host.toLowerCase();
}

function hasForeignSite({ header }: AccessRequest): boolean {
  const site = header("sec-fetch-site");
  return site !== undefined && site !== "same-origin" && site !== "none";
}

/** True if a page of another site made the browser ask. Links to the page itself are anybody's to follow. */
function isForeign(request: AccessRequest, path: string): boolean {
  if (hasForeignOrigin(request)) return true;
  return hasForeignSite(request) && (path !== "/" || request.header("sec-fetch-mode") !== "navigate");
}

const FOREIGN: AccessDenied = { status: 403, reason: "Requests from pages of other sites are refused" };

/**
 * Why a WebSocket may not be opened here; null: it may. Any page may open one to any address, and its browser says which
 * page it is. Workers are no browsers, say no origin, and may know this machine by any name.
 */
export function authorizeUpgrade(request: AccessRequest, names: readonly string[]): AccessDenied | null {
  const { header } = request;
  if (header("host")?.includes(",")) return { status: 400, reason: "The Host header must be given once" };
  if (header("origin") === undefined && header("sec-fetch-site") === undefined) return null;
  return misnamed(request, names) ?? (hasForeignOrigin(request) || hasForeignSite(request) ? FOREIGN : null);
}

function tokenOf({ header }: AccessRequest, query: URLSearchParams): string | null {
  const bearer = /^Bearer ([^\s]+)$/i.exec(header("authorization") ?? "");
  return bearer ? bearer[1]! : query.get("token");
}

export function authorize(
  request: AccessRequest,
  { read_token, names, public_paths }: AccessPolicy,
): AccessDecision {
  const { method, target } = request;
  if (target.length > MAX_TARGET_LENGTH) return { status: 414, reason: "The address is too long" };
  const wrong_name = misnamed(request, names);
  if (wrong_name !== null) return wrong_name;
  const url = URL.parse(target, "http://page.invalid");
  if (!target.startsWith("/") || url === null || url.host !== "page.invalid") {
    return { status: 400, reason: "The address must begin with a path" };
  }
  if (isForeign(request, url.pathname)) return FOREIGN;
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, reason: "Only GET and HEAD are allowed" };
  }
  const decision: AccessDecision = { path: url.pathname, head_only: method === "HEAD" };
  if (public_paths.includes(url.pathname)) return decision;
  const token = tokenOf(request, url.searchParams);
  if (token === null || !same(token, read_token)) {
    return {
      status: 401,
      reason:
        "The read token is required: open the whole address that the coordinator printed on its terminal",
    };
  }
  return decision;
}

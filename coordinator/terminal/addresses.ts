/** Where the coordinator can be reached, and what people are told of it. */
import { hostname } from "node:os";
import type { Console } from "./console.ts";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Whether only this machine reaches a coordinator that listens on `host`. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** An address as it stands in a URL. */
export function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Where a worker on this machine reaches a coordinator that listens on `host`. */
export function loopbackFor(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "[::1]" : urlHost(host);
}

/** Where other machines reach it, as far as can be told. */
export function reachedAt(host: string): string {
  return EVERYWHERE.has(host) ? hostname() : urlHost(host);
}

/** Names by which a browser may call this machine, besides addresses and localhost. */
export function ownNames(host: string): string[] {
  const name = hostname().toLowerCase();
  return [name, `${name}.local`, host.toLowerCase()];
}

/**
 * Says where the live page is. Its address holds the read token, so it is for a person's eyes: never for a pipe or
 * a log.
 */
export function tellOfPage(
  terminal: Pick<Console, "line" | "copied">,
  host: string,
  port: number,
  read_token: string,
  interactive: boolean,
): void {
  const page = `http://${reachedAt(host)}:${port}/`;
  if (interactive) return terminal.copied("Live page:", `${page}?token=${read_token}`);
  terminal.line(
    `Live page: ${page}?token=…, with the token that --read-token-file or WAGON_READ_TOKEN gives it`,
  );
}

/** The address that a worker on another machine connects to. Pure. */
import type { JoinView } from "../view.ts";

const LOOPBACK = /^(127(\.\d+){3}|\[::1\]|localhost)$/;

/** That of the page itself, unless only this machine can look at the page under it. */
export function joinAddress(
  { protocol, hostname, host }: Pick<Location, "protocol" | "hostname" | "host">,
  { reached, scheme, port }: Pick<JoinView, "reached" | "scheme" | "port">,
): string {
  if (LOOPBACK.test(hostname) && reached !== null) return `${scheme}://${reached}:${port}`;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}`;
}

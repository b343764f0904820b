/** The address that a worker on another machine connects to. Pure. */
import type { JoinView } from "../view.ts";

const LOOPBACK = /^(127(\.\d+){3}|\[::1\]|localhost)$/;

/** That of the page itself, unless only this machine can look at the page under it. */
export function joinAddress(
  { protocol, hostname, host }: Pick<Location, "protocol" | "hostname" | "host">,
  { reached, port }: Pick<JoinView, "reached" | "port">,
): string {
  const scheme = protocol === "https:" ? "wss" : "ws";
  return LOOPBACK.test(hostname) && reached !== null ? `ws://${reached}:${port}` : `${scheme}://${host}`;
}

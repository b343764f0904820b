/** Addresses of the coordinator, and the lines that print them. */
import { hostname } from "node:os";
import { basename } from "node:path";
import { shellWord } from "../../common/text/shell_word.ts";
import type { ServerTls } from "../../common/tls/tls_files.ts";
import { type Certificate, isFor } from "../../common/tls/certificate.ts";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
/** Addresses that are good on one machine or one cable only: 127.0.0.0/8, 169.254.0.0/16, ::1, fe80::/10. */
const NEAR = /^(127\.|169\.254\.|::1$|fe[89ab])/i;
/** Networks between a machine and what it simulates, which others cannot reach. */
const INTERNAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxdbr|cni|podman|flannel|kube)/;

/** An address of this machine, as Deno tells it. */
export type Interface = Pick<Deno.NetworkInterfaceInfo, "name" | "family" | "address">;

/** True if only this machine reaches a coordinator that listens on `host`. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** True if it listens on every address of its machine. */
export function isEverywhere(host: string): boolean {
  return EVERYWHERE.has(host);
}

/** An address as it stands in a URL. */
export function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Address at which a worker on this machine reaches a coordinator that listens on `host`. */
export function loopbackFor(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "[::1]" : urlHost(host);
}

/**
 * Where other machines reach a coordinator that listens on `host`, as it stands in a URL, the likeliest first: the
 * addresses of this machine, since its name often resolves nowhere else.
 */
export function reachedAt(host: string, interfaces: () => readonly Interface[]): string[] {
  if (!isEverywhere(host)) return [urlHost(host)];
  const far = interfaces().filter(({ address, family }) =>
    !NEAR.test(address) && (family === "IPv4" || host === "::")
  );
  const rank = ({ name, family }: Interface) => 2 * Number(INTERNAL.test(name)) + Number(family === "IPv6");
  const sorted = far.toSorted((a, b) => rank(a) - rank(b));
  return [...new Set(sorted.map(({ address }) => urlHost(address)))];
}

/**
 * As {@linkcode reachedAt}, but only by what the certificate is for, if there is one: its other names follow the addresses
 * of this machine.
 */
export function reachedAs(
  host: string,
  interfaces: () => readonly Interface[],
  certificate: Pick<Certificate, "names"> | null,
): string[] {
  const reached = reachedAt(host, interfaces);
  if (certificate === null) return reached;
  const far = certificate.names.filter((name) =>
    !isLoopback(name) && !NEAR.test(name) && !name.includes("*")
  );
  return [...new Set([...reached.filter((own) => isFor(certificate, own)), ...far.map(urlHost)])];
}

/**
 * The file that workers need to trust a certificate, as a word of a command; null where none is needed, because an authority
 * has signed it.
 */
export function trustedFile(tls: Pick<ServerTls, "certificate" | "file"> | null): string | null {
  return tls?.certificate.is_self_signed ? shellWord(basename(tls.file)) : null;
}

/** The addresses of this machine. Needs the right to ask for them (--allow-sys=networkInterfaces). */
export function ownInterfaces(): Interface[] {
  return Deno.networkInterfaces();
}

/** Names by which a browser may call this machine, besides addresses and localhost; its certificate has some. */
export function ownNames(host: string, certificate: Pick<Certificate, "names"> | null = null): string[] {
  const name = hostname().toLowerCase();
  return [name, `${name}.local`, ...[host, ...certificate?.names ?? []].map((one) => one.toLowerCase())];
}

/**
 * What is told when the port is open: how workers join, and where the live page is. Secrets are for a person's eyes, never
 * for a pipe or a log: where there is no terminal, one that nobody knows yet goes into a file of this user's alone, whose
 * path is told.
 */
import { dayOf } from "../../common/tls/certificate.ts";
import type { ServerTls } from "../../common/tls/tls_files.ts";
import { coordinatorFile, TOKEN_ENDINGS } from "../../common/process/rendezvous.ts";
import { writePrivateFile } from "../../common/process/private_files.ts";
import { nonBreaking } from "../../common/text/wrap.ts";
import {
  type Interface,
  isLoopback,
  loopbackFor,
  ownInterfaces,
  reachedAs,
  trustedFile,
  urlHost,
} from "./addresses.ts";
import type { Console } from "./console.ts";
import { isFresh, READERS, type Source, WORKERS } from "./token.ts";

type Terminal = Pick<Console, "line" | "copied">;

/** Where a coordinator listens, and to whom that is told. */
export interface Door {
  readonly host: string;
  readonly port: number;
  /** What it speaks TLS with, if it does. */
  readonly tls?: Pick<ServerTls, "certificate" | "file"> | null;
  /** True if a person reads what is told. */
  readonly interactive: boolean;
  readonly interfaces?: () => readonly Interface[];
}

/** A secret, and the file that it was read from, if any. */
export interface Secret {
  readonly token: string;
  readonly file: string | undefined;
}

/** Its files are named as what it leaves for workers on this machine. */
function fileOf({ host, port }: Door, ending: string): string | undefined {
  return coordinatorFile(`ws://${loopbackFor(host)}:${port}`, ending);
}

/** Says how workers join. */
export async function tellHowToJoin(terminal: Terminal, door: Door, secret: Secret): Promise<void> {
  const { host, port, tls = null, interactive, interfaces = ownInterfaces } = door;
  const scheme = tls === null ? "ws" : "wss";
  terminal.line(
    `Listening on ${scheme}://${urlHost(host)}:${port}; on this machine: ${nonBreaking("deno task worker")}`,
  );
  const place = interactive ? "" : await placeOf(WORKERS, secret, door);
  if (isLoopback(host)) {
    terminal.line(
      "Only workers on this machine can connect; --host 0.0.0.0 lets workers on other machines join",
    );
    if (!interactive) terminal.line(`Workers of another user, or behind a tunnel, need the token ${place}`);
    return;
  }
  const [reached, ...others] = reachedAs(host, interfaces, tls?.certificate ?? null);
  const trust = trustedFile(tls);
  const command = `deno task worker --coordinator ${scheme}://${reached ?? "ADDRESS"}:${port}${
    trust === null ? "" : ` --tls-ca ${trust}`
  }`;
  if (tls !== null) terminal.line(aboutCertificate(tls));
  if (interactive) terminal.copied("On another machine:", `WAGON_TOKEN=${secret.token} ${command}`);
  else terminal.line(`On another machine: ${command} --token-file FILE, where FILE holds the token ${place}`);
  if (others.length > 0) terminal.line(`Other addresses of this machine: ${others.join(", ")}`);
  if (reached === undefined) terminal.line(unreachable(tls));
}

function aboutCertificate(tls: NonNullable<Door["tls"]>): string {
  const { not_after_ms, sha256 } = tls.certificate;
  const file = trustedFile(tls);
  const copy = file === null ? "" : `; copy ${file} (not its key) to each machine`;
  return `The certificate is valid until ${dayOf(not_after_ms)} and has the SHA-256 ${
    sha256.slice(0, 16)
  }…${copy}`;
}

function unreachable(tls: Door["tls"]): string {
  return tls
    ? `The certificate has no name that others could reach: make one that does with ${
      nonBreaking("deno task keys --tls ADDRESS")
    }`
    : "This machine has no address that others could reach: connect it to a network";
}

/** Says where the live page is. Its address holds the read token. */
export async function tellOfPage(terminal: Terminal, door: Door, secret: Secret): Promise<void> {
  const { host, port, tls = null, interactive, interfaces = ownInterfaces } = door;
  const reached = reachedAs(host, interfaces, tls?.certificate ?? null)[0] ?? "127.0.0.1";
  const page = `${tls === null ? "http" : "https"}://${reached}:${port}/`;
  if (interactive) return terminal.copied("Live page:", `${page}?token=${secret.token}`);
  terminal.line(`Live page: ${page}?token=…, with the token ${await placeOf(READERS, secret, door)}`);
}

/** Where a person without a terminal finds a token, after "the token". */
async function placeOf(source: Source, { token, file }: Secret, door: Door): Promise<string> {
  if (!isFresh(file, source)) return `that ${source.option} or ${source.variable} gives it`;
  const ending = source === WORKERS ? TOKEN_ENDINGS.workers : TOKEN_ENDINGS.readers;
  const path = fileOf(door, ending);
  const instead = `give one with ${source.option} or ${source.variable}`;
  if (path === undefined) {
    return `that could not be saved, because there is no home folder: ${instead}`;
  }
  try {
    await writePrivateFile(path, `${token}\n`);
    return `in ${path}`;
  } catch (error) {
    return `that could not be saved (${error instanceof Error ? error.message : error}): ${instead}`;
  }
}

/** Takes away what was left for people. */
export async function removeTokens(door: Door): Promise<void> {
  if (door.interactive) return;
  for (const ending of Object.values(TOKEN_ENDINGS)) {
    const path = fileOf(door, ending);
    if (path !== undefined) await Deno.remove(path).catch(() => {});
  }
}

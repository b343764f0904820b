/**
 * What answers at a port, asked with the first bytes of a TLS connection: a TLS server answers in its own protocol, a
 * web server without TLS with an error in HTTP. So it shows which of wss and ws a port speaks, whatever the words of
 * the error were with which a connection failed.
 */
import { connect, isIP, type Socket } from "node:net";
import { type Answer, hostIn, portOf, REALM } from "./connect_failure.ts";
import type { Clock } from "../clock.ts";

/**
 * A ClientHello of TLS 1.2 (RFC 5246, section 7.4.1.2) with a random that is none, TLS_RSA_WITH_AES_256_CBC_SHA, and no
 * extension: whether a server goes on with it or refuses it, it answers.
 */
const CLIENT_HELLO = Uint8Array.fromHex(
  ["16030100", "2d", "01000029", "0303", "77".repeat(32), "00", "00020035", "0100"].join(""),
);
/** First bytes of a record that is an alert or a handshake (RFC 5246, section 6.2.1). */
const TLS_RECORDS: readonly number[] = [21, 22];
const TLS_MAJOR_VERSION = 3;
/** For what is on this machine. */
const LOCAL_MS = 2_000;

/** Resolves within `deadline_ms`; never rejects. `open` opens a TCP connection. */
export function probePort(
  url: URL,
  clock: Pick<Clock, "after">,
  deadline_ms: number,
  open: (to: { host: string; port: number }) => Socket = connect,
): Promise<Answer> {
  return new Promise((resolve) => {
    const host = hostIn(url);
    // An address is not looked up.
    let so_far: Answer = isIP(host) === 0 ? "no name" : "nothing";
    const tcp = open({ host, port: portOf(url) });
    const end = (answer: Answer) => {
      stop();
      tcp.destroy();
      resolve(answer);
    };
    const stop = clock.after(deadline_ms, () => end(so_far));
    tcp.on("lookup", () => so_far = "nothing");
    tcp.on("connect", () => {
      so_far = "silence";
      tcp.write(CLIENT_HELLO);
    });
    tcp.on("data", (bytes: Uint8Array) => end(answerOf(bytes)));
    tcp.on("error", () => end("closed"));
    tcp.on("close", () => end("closed"));
  });
}

function answerOf(bytes: Uint8Array): Answer {
  if (TLS_RECORDS.includes(bytes[0]!) && bytes[1] === TLS_MAJOR_VERSION) return "tls";
  return new TextDecoder("latin1").decode(bytes).startsWith("HTTP/") ? "http" : "other";
}

/** True if anything listens at an address of this machine: true, too, for what does not answer within `deadline_ms`. */
export function isOpen(url: string, clock: Pick<Clock, "after">, deadline_ms = LOCAL_MS): Promise<boolean> {
  const place = new URL(url);
  return new Promise((resolve) => {
    const tcp = connect({ host: hostIn(place), port: portOf(place) });
    const end = (open: boolean) => {
      stop();
      tcp.destroy();
      resolve(open);
    };
    const stop = clock.after(deadline_ms, () => end(true));
    tcp.on("connect", () => end(true));
    tcp.on("error", ({ code }: NodeJS.ErrnoException) => end(code !== "ECONNREFUSED"));
  });
}

/** True if a coordinator listens there, by what it says to one who only wants to look. */
export async function isCoordinator(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(LOCAL_MS);
    const { headers, body } = await fetch(url.replace(/^ws/, "http"), { signal, redirect: "manual" });
    await body?.cancel();
    return headers.get("www-authenticate")?.includes(REALM) ?? false;
  } catch {
    return false;
  }
}

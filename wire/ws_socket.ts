/** Sockets over the `ws` package, server and client. Everything else in this folder knows only {@linkcode Socket}. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket as TcpSocket } from "node:net";
import { TLSSocket } from "node:tls";
// @ts-types="@types/ws"
import { WebSocket, WebSocketServer } from "ws";
import { UserError } from "../common/errors.ts";
import { cleanText } from "../common/text/foreign_text.ts";
import { hostOf } from "../common/text/host_of.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { readCertificate } from "../common/tls/certificate.ts";
import type { ServerTls, TrustedCertificates } from "../common/tls/tls_files.ts";
import { explainCertificate, type Reason } from "./connecting/certificate_failure.ts";
import { probeCertificate } from "./connecting/certificate_probe.ts";
import { explain, type Failure, hostIn, isOfCertificate, needsProbe } from "./connecting/connect_failure.ts";
import { probePort } from "./connecting/port_probe.ts";
import { BROKEN_SEAL } from "./proof/frame_seal.ts";
import { Inbox } from "./inbox.ts";
import { MAX_FRAME_BYTES } from "./messages.ts";
import { RUN_OVER, RunOver } from "./connecting/run_over.ts";
import type { Seal, Socket } from "./socket.ts";

/** Bytes that an untrusted peer may send in all: a hello is under 1 KB. */
const MAX_STRANGER_BYTES = 64 * 1024;
/** The largest frame of a coordinator before it is trusted: a welcome with 4096 shards is about 300 KB. */
const MAX_GREETING_BYTES = 1024 * 1024;
/** Bytes on the way beside those of a frame: heads of fragments, and what came with its end. */
const SLACK_BYTES = 64 * 1024;
/** A frame is sent as its head and its payload; what is in between may cut it into some more. */
const MAX_FRAGMENTS = 1024;
const MAX_REASON_BYTES = 123;
const NORMAL_CLOSURE = 1000;
/** Reported by `ws` for a connection that ended without a closing message: its process died, or the network failed. */
const BROKEN_OFF = 1006;
const BROKEN_TEXT = "The connection was lost";
/** One host may have this part of all connections, so that it cannot keep the others out. */
const HOST_SHARE = 4;
const OPENING_MS = 10_000;
const PROBE_MS = 3_000;
const CLOSING_MS = 5_000;

const WS_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAME_BYTES,
  maxFragments: MAX_FRAGMENTS,
  // Whoever sends pings and reads no answers must not make them pile up.
  autoPong: false,
  skipUTF8Validation: true,
  closeTimeout: CLOSING_MS,
};

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly onsocket: (socket: Socket, peer: string) => void;
  /** What it needs to speak TLS; null: it speaks plain HTTP. */
  readonly tls?: Pick<ServerTls, "cert" | "key"> | null;
  /** Answers plain HTTP requests on the same port. */
  readonly onrequest?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Why this request may not become a WebSocket; null: it may. */
  readonly judgeUpgrade?: (request: IncomingMessage) => Refused | null;
  /** Time for TLS, and then for a request. */
  readonly opening_ms?: number;
  /** Connections at a time; more are turned away. One host may have a quarter of them. */
  readonly max_connections?: number;
}

/** A request that is answered with no. */
export interface Refused {
  readonly status: number;
  readonly reason: string;
}

export interface Listener {
  readonly port: number;
  /** Stops listening and drops all connections. */
  close(): Promise<void>;
}

/** Listens for WebSockets. Throws {@linkcode UserError} if the address cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, port, onsocket, max_connections = 4096 } = options;
  const server = openServer(options);
  server.maxConnections = max_connections;
  const certificate = options.tls ? readCertificate(options.tls.cert).sha256 : null;
  const connections = shareOut(server, Math.ceil(max_connections / HOST_SHARE));
  const sockets = new WebSocketServer({ noServer: true, ...WS_OPTIONS });
  server.on("upgrade", (request, tcp: TcpSocket, head) => {
    const refused = options.judgeUpgrade?.(request) ?? null;
    tcp.setTimeout(0);
    if (refused !== null) return turnAway(tcp, refused);
    sockets.handleUpgrade(request, tcp, head, (ws) => {
      onsocket(
        new WsSocket(ws, tcp, { in_all: MAX_STRANGER_BYTES }, certificate),
        `${tcp.remoteAddress}:${tcp.remotePort}`,
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close: () => {
      for (const ws of sockets.clients) ws.terminate();
      server.closeAllConnections();
      // Those in the middle of TLS are no connections yet to the server.
      for (const tcp of connections) tcp.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** An HTTP server, over TLS where that is wanted. */
function openServer(
  { tls = null, onrequest = upgradeRequired, opening_ms = OPENING_MS }: ListenOptions,
): Server {
  const limits = {
    headersTimeout: opening_ms,
    requestTimeout: opening_ms,
    connectionsCheckingInterval: opening_ms,
  };
  const answer: typeof onrequest = (request, response) => {
    if (hasBody(request)) {
      return turnAway(request.socket, { status: 413, reason: "Requests here have no body" });
    }
    onrequest(request, response);
  };
  if (tls === null) return createServer(limits, answer);
  const { cert, key } = tls;
  const server = createTlsServer({ ...limits, cert, key, handshakeTimeout: opening_ms }, answer);
  // The limits above begin with the first byte of a request.
  server.on("secureConnection", (socket) => socket.setTimeout(opening_ms, () => socket.destroy()));
  server.on("request", ({ socket }) => socket.setTimeout(0));
  return server;
}

/** A body that never ends would keep its connection for ever: Deno's `requestTimeout` ends with the headers. */
function hasBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
  return Number(length) !== 0 || encoding !== undefined;
}

/** How {@linkcode connect} goes about it. */
export interface ConnectOptions {
  /** How long an attempt may take, and then the look at what is there instead. */
  readonly opening_ms?: number;
  readonly probe_ms?: number;
  /** The certificates to trust with `wss://`, instead of those that this machine trusts. */
  readonly trusted?: TrustedCertificates | null;
}

/**
 * Connects to `ws://` or `wss://`. If no WebSocket opens, throws an error of one line, which says what was found there
 * and what to do: UserError where trying again cannot help, as for a wrong address, else another Error.
 */
export function connect(
  url: string,
  { opening_ms = OPENING_MS, probe_ms = PROBE_MS, trusted = null }: ConnectOptions = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const ws = open(url, opening_ms, trusted);
    let tcp: TcpSocket | null = null;
    const fail = async (failure: Failure) => {
      if (failure.response?.status === RUN_OVER) return reject(new RunOver());
      const { text, is_permanent } = await reasonOf(new URL(url), failure, { opening_ms, probe_ms, trusted });
      const message = `Cannot connect to ${url}: ${text}`;
      reject(is_permanent ? new UserError(message) : new Error(message));
    };
    ws.once("upgrade", (response) => tcp = response.socket);
    ws.once("error", (error: NodeJS.ErrnoException) => void fail(error));
    ws.once("unexpected-response", (request, { statusCode: status = 0, headers }) => {
      request.destroy();
      void fail({ message: `HTTP ${status}`, response: { status, headers } });
    });
    ws.once("open", () => {
      if (tcp) resolve(new WsSocket(ws, tcp, { in_a_frame: MAX_GREETING_BYTES }, certificateOf(tcp)));
    });
  });
}

/** That which the server has shown, and TLS has checked. */
function certificateOf(tcp: TcpSocket): string | null {
  if (!(tcp instanceof TLSSocket)) return null;
  return readCertificate(tcp.getPeerCertificate().raw).sha256;
}

async function reasonOf(
  place: URL,
  failure: Failure,
  { opening_ms, probe_ms, trusted }: Required<ConnectOptions>,
): Promise<Reason> {
  if (isOfCertificate(failure)) {
    const certificate = await probeCertificate(place, SYSTEM_CLOCK, probe_ms);
    const seen = { host: hostIn(place), trusted, said: failure.message, now_ms: Date.now() };
    if (certificate !== null) return explainCertificate({ ...seen, certificate });
  }
  const answer = needsProbe(failure) ? await probePort(place, SYSTEM_CLOCK, probe_ms) : null;
  return explain(place, failure, answer, opening_ms);
}

function open(url: string, opening_ms: number, trusted: TrustedCertificates | null): WebSocket {
  try {
    return new WebSocket(url, {
      ...WS_OPTIONS,
      handshakeTimeout: opening_ms,
      // Masks protect proxies from scripts in browsers; a mask of zeros costs no pass over the bytes.
      generateMask: (mask) => mask.fill(0),
      ...trusted && { ca: trusted.pem },
    });
  } catch (error) {
    throw new UserError(`Cannot connect to ${url}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Bytes that a peer may send. */
type Limit = { readonly in_all: number } | { readonly in_a_frame: number };

class WsSocket implements Socket {
  oncontrol: Socket["oncontrol"] = null;
  onclose: Socket["onclose"] = null;
  readonly #ws: WebSocket;
  readonly #tcp: TcpSocket;
  readonly #inbox = new Inbox();
  #handler: Socket["onmessage"] = null;
  #seal: Seal | null = null;
  #error: string | null = null;
  #closing = false;
  #limit: Limit;
  /** Bytes that count against the limit: of the frame under way, or all. */
  #counted_bytes = 0;

  readonly certificate: string | null;

  constructor(ws: WebSocket, tcp: TcpSocket, limit: Limit, certificate: string | null) {
    this.#ws = ws;
    this.certificate = certificate;
    this.#tcp = tcp;
    this.#limit = limit;
    tcp.on("data", (chunk: Uint8Array) => this.#count(chunk.length));
    for (const event of ["ping", "pong"] as const) ws.on(event, (data) => this.#control(event, data));
    // The parts come as they were sent, so that a payload is not copied once more to stand behind its head.
    ws.binaryType = "fragments";
    ws.on("message", (data: unknown) => this.#receive(data as Uint8Array[] | Uint8Array));
    ws.on("error", (error) => this.#error ??= cleanText(error.message));
    ws.on("close", (code, reason) => {
      const told = cleanText(reason.toString()) ||
        (code === BROKEN_OFF ? BROKEN_TEXT : `Connection closed with code ${code}`);
      this.onclose?.(this.#error ?? told);
    });
    ws.pause();
  }

  get onmessage(): Socket["onmessage"] {
    return this.#handler;
  }

  set onmessage(handler: Socket["onmessage"]) {
    this.#handler = handler;
    // Opened when it is taken: what came before there was a seal may have to wait for it.
    this.#inbox.handler = handler && ((parts) => this.#take(parts));
    if (handler || this.#closing) this.#ws.resume();
    else this.#ws.pause();
  }

  get bytes_received(): number {
    return this.#tcp.bytesRead;
  }

  send(frame: readonly Uint8Array[], written: () => void): void {
    const parts = this.#seal === null || this.#closing ? frame : this.#seal.seal(frame);
    parts.forEach((part, i) => {
      const fin = i === parts.length - 1;
      this.#ws.send(part, { binary: true, fin }, (error) => {
        if (fin && !error) written();
      });
    });
  }

  close(reason: string, abrupt = false): void {
    this.#closing = true;
    this.#inbox.clear();
    if (abrupt) return this.#ws.terminate();
    this.#ws.resume();
    this.#ws.close(NORMAL_CLOSURE, shorten(reason));
  }

  trust(max_frame_bytes: number): void {
    if ("in_all" in this.#limit) this.#counted_bytes = 0;
    this.#limit = { in_a_frame: max_frame_bytes };
  }

  seal(seal: Seal): void {
    this.#seal = seal;
  }

  #take(parts: readonly Uint8Array[]): void {
    const frame = this.#seal === null ? parts : this.#seal.open(parts);
    if (frame !== null) return this.#handler?.(frame);
    this.close(this.#error ??= BROKEN_SEAL);
  }

  #count(bytes: number): void {
    this.#counted_bytes += bytes;
    const limit = this.#limit;
    if ("in_all" in limit && this.#counted_bytes > limit.in_all) {
      this.#error ??= "Too many bytes before the token was proved";
    } else if ("in_a_frame" in limit && this.#counted_bytes > limit.in_a_frame + SLACK_BYTES) {
      this.#error ??= `A message of more than the ${limit.in_a_frame} bytes allowed`;
    } else return;
    this.#ws.terminate();
  }

  /** A ping is answered if the peer has taken what was sent before. */
  #control(event: "ping" | "pong", data: Uint8Array): void {
    if (this.#closing) return;
    if (event === "ping" && this.#ws.bufferedAmount === 0) this.#ws.pong(data);
    this.oncontrol?.();
  }

  #receive(data: Uint8Array[] | Uint8Array): void {
    if ("in_a_frame" in this.#limit) this.#counted_bytes = 0;
    if (!this.#closing) this.#inbox.deliver(Array.isArray(data) ? data : [data]);
  }
}

/** Drops connections of a host that has `most` already. Returns those that are open, at any time. */
function shareOut(server: Server, most: number): ReadonlySet<TcpSocket> {
  const connections = new Set<TcpSocket>(), open = new Map<string, number>();
  server.on("connection", (tcp: TcpSocket) => {
    const host = hostOf(tcp.remoteAddress ?? "");
    const count = open.get(host) ?? 0;
    if (count >= most) return void tcp.destroy();
    open.set(host, count + 1);
    connections.add(tcp);
    tcp.once("close", () => {
      connections.delete(tcp);
      const left = open.get(host)! - 1;
      if (left > 0) open.set(host, left);
      else open.delete(host);
    });
  });
  return connections;
}

function turnAway(tcp: TcpSocket, { status, reason }: Refused): void {
  tcp.on("error", () => tcp.destroy());
  const body = `${reason}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${new TextEncoder().encode(body).length}`,
  ];
  tcp.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => tcp.destroy());
}

function upgradeRequired(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { "content-type": "text/plain", connection: "close" });
  response.end("This port speaks wagon's WebSocket protocol\n");
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const no_address = "this machine has no such address; choose another with --host";
  const why: Record<string, string> = {
    EADDRINUSE: "the port is in use; choose another with --port, or stop the program that uses it",
    EACCES: "this user may not open the port; choose one above 1023 with --port",
    EADDRNOTAVAIL: no_address,
    EINVAL: no_address, // Deno's word for EADDRNOTAVAIL
    ENOTFOUND: no_address,
  };
  return new UserError(`Cannot listen on ${host}:${port}: ${why[error.code ?? ""] ?? error.message}`);
}

/** Cuts a reason to what a close frame can hold, between characters. */
function shorten(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}

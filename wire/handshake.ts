/**
 * Both sides prove that they know the token, before anything else is said. A proof is HMAC-SHA256 with the token as
 * key, over a label of the side that proves, the protocol's version, the run and both sides' fresh nonces: the token
 * never crosses the wire, an old proof is worth nothing, and neither side's proof can be sent back as the other's.
 * Both sides then derive keys of this connection, by which each further frame is authentic (proof/). Nothing of this hides
 * what follows: across a network that is not trusted the socket must be TLS. A worker's proof names the certificate that it
 * sees, so that nobody can stand between with another one. A worker may have a key of its own, which signs the same.
 */
import { joined } from "../common/joined.ts";
import type { Clock } from "./clock.ts";
import { decodeFrame, encodeFrame } from "./frame.ts";
import { type Message, type MessageOf, type MessageType, PROTOCOL_VERSION } from "./messages.ts";
import { FrameSeal } from "./proof/frame_seal.ts";
import { sessionKeys } from "./proof/session_keys.ts";
import { isProof, newNonce, type ProofTerms, prove, type Side, statement } from "./proof/token_proof.ts";
import { type AllowedKeys, isSigned, type WorkerKey } from "./proof/worker_key.ts";
import { Refusal } from "./refusal.ts";
import type { Socket } from "./socket.ts";

/**
 * Needed by both sides to prove themselves.
 *
 * @example
 * ```ts
 * import { type HandshakeOptions, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * const options: HandshakeOptions = { clock: SYSTEM_CLOCK, deadline_ms: 10_000, token: "a secret of 16 characters" };
 * console.log(options.deadline_ms);
 * ```
 */
export interface HandshakeOptions {
  /** Time. */
  readonly clock: Clock;
  /** Time for the whole handshake. */
  readonly deadline_ms: number;
  /** The secret both sides hold; not empty. */
  readonly token: string;
}

/**
 * Needed by the coordinator's side.
 *
 * @example
 * ```ts
 * import { type AdmitOptions, Refusal, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * const options: AdmitOptions = {
 *   clock: SYSTEM_CLOCK,
 *   deadline_ms: 10_000,
 *   token: "a secret of 16 characters",
 *   run: crypto.randomUUID(),
 *   incarnation: 0,
 *   welcome: () => {
 *     throw new Refusal("run_over", "The run is over", { fatal: true });
 *   },
 * };
 * console.log(options.run);
 * ```
 */
export interface AdmitOptions extends HandshakeOptions {
  /** The run that is joined. */
  readonly run: string;
  /** Starts of its coordinator. */
  readonly incarnation: number;
  /** The token that only lets people look, if any: who proves this one is told that it is the wrong one of two. */
  readonly read_token?: string | undefined;
  /** Keys that let workers in, besides the token; absent or null: the token alone does. */
  readonly allowed_keys?: AllowedKeys | null;
  /**
   * The welcome for a worker that has proved itself. Throws {@linkcode Refusal} to turn it away.
   */
  readonly welcome: (
    hello: MessageOf<"hello">,
  ) => Omit<MessageOf<"welcome">, "type" | "proof" | "run" | "incarnation">;
}

/**
 * Needed by the worker's side.
 *
 * @example
 * ```ts
 * import type { JoinOptions } from "@wagon/wagon/wire";
 *
 * const hello: JoinOptions["hello"] = {
 *   name: "mine",
 *   threads: 1,
 *   provider: "cpu",
 *   device: "cpu",
 *   platform: "linux x86_64",
 * };
 * console.log(hello.name);
 * ```
 */
export interface JoinOptions extends HandshakeOptions {
  /** This worker's description of itself. */
  readonly hello: Omit<MessageOf<"hello">, "type" | "version" | "nonce" | "proof" | "certificate" | "key">;
  /** Its own key; absent or null: it has none. */
  readonly key?: WorkerKey | null;
}

/**
 * The coordinator's side, over a fresh socket: challenge, hello, welcome. Returns the worker's hello; then open the
 * channel. On any failure the worker is told, the socket is closed, and the reason is thrown.
 *
 * @example
 * ```ts
 * import { admitWorker, joinCoordinator, Refusal, type Socket, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * // Two ends of a connection within this process.
 * const ends = [0, 1].map((i): Socket => ({
 *   oncontrol: null,
 *   onmessage: null,
 *   onclose: null,
 *   bytes_received: 0,
 *   send(parts, written) {
 *     const copies = parts.map((part) => part.slice());
 *     setTimeout(() => (ends[1 - i]!.onmessage?.(copies), written()));
 *   },
 *   close: () => {},
 *   trust: () => {},
 *   seal: () => {},
 * }));
 * const known = { clock: SYSTEM_CLOCK, deadline_ms: 5_000, token: "a secret of 16 characters" };
 * const welcome = () => {
 *   throw new Refusal("run_over", "The run is over", { fatal: true });
 * };
 * const admitted = admitWorker(ends[0]!, { ...known, run: crypto.randomUUID(), incarnation: 0, welcome });
 * const hello = { name: "mine", threads: 1, provider: "cpu", device: "cpu", platform: "linux x86_64" };
 * const results = await Promise.allSettled([admitted, joinCoordinator(ends[1]!, { ...known, hello })]);
 * console.assert(results.every(({ status }) => status === "rejected"));
 * ```
 */
export function admitWorker(socket: Socket, options: AdmitOptions): Promise<MessageOf<"hello">> {
  const unproved = "The token must be proved within";
  return guarded(socket, options, unproved, async (dialogue) => {
    const { token, read_token, run, incarnation, allowed_keys = null } = options;
    const nonce = newNonce();
    dialogue.send({ type: "challenge", version: PROTOCOL_VERSION, run, incarnation, nonce });
    const hello = await dialogue.receive("hello");
    const { certificate } = hello;
    const terms = { run, incarnation, coordinator_nonce: nonce, worker_nonce: hello.nonce, certificate };
    if (!await isProof(hello.proof, token, "worker", terms)) {
      const may_look = read_token !== undefined && await isProof(hello.proof, read_token, "worker", terms);
      throw may_look ? readToken() : wrongToken("worker");
    }
    if ((socket.certificate ?? null) !== null && certificate !== socket.certificate) throw wrongCertificate();
    if (allowed_keys !== null) await checkKey(hello, allowed_keys, terms);
    const proof = await prove(token, "coordinator", terms);
    dialogue.send({ type: "welcome", proof, run, incarnation, ...options.welcome(hello) });
    socket.seal(await dialogue.agree(token, "coordinator"));
    return hello;
  });
}

/**
 * The worker's side, over a fresh socket. Returns the proven coordinator's welcome; then open the channel: what the
 * coordinator sent after its welcome waits for it. Throws what the coordinator refused, as {@linkcode Refusal}.
 *
 * @example
 * ```ts
 * import { coordinate } from "@wagon/wagon";
 * import { connect, joinCoordinator, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * const [token, stop] = ["a secret of 16 characters or more", new AbortController()];
 * const hello = { name: "mine", threads: 1, provider: "cpu", device: "cpu", platform: "linux x86_64" };
 * const onListening = async ({ url }: { url: string }) => {
 *   const socket = await connect(url);
 *   const { shards } = await joinCoordinator(socket, { clock: SYSTEM_CLOCK, deadline_ms: 10_000, token, hello });
 *   console.assert(shards === 4);
 *   socket.close("Done");
 *   stop.abort();
 * };
 * const out = await Deno.makeTempDir();
 * await coordinate({ data: "8gaussians", out, port: 0, token, onListening, signal: stop.signal });
 * ```
 */
export function joinCoordinator(socket: Socket, options: JoinOptions): Promise<MessageOf<"welcome">> {
  const unanswered =
    "The coordinator is still reading its data or is stopped, or another program uses its port: no message for";
  return guarded(socket, options, unanswered, async (dialogue) => {
    const { token, key = null } = options;
    const certificate = socket.certificate ?? null;
    const { run, incarnation, nonce: coordinator_nonce } = await dialogue.receive("challenge");
    const nonce = newNonce();
    const terms = { run, incarnation, coordinator_nonce, worker_nonce: nonce, certificate };
    const proof = await prove(token, "worker", terms);
    const signed = key && {
      public_key: key.public_key,
      signature: await key.sign(statement("worker's key", terms)),
    };
    const proofs = { nonce, proof, certificate, key: signed };
    dialogue.send({ type: "hello", version: PROTOCOL_VERSION, ...proofs, ...options.hello });
    const welcome = await dialogue.receive("welcome");
    if (!await isProof(welcome.proof, token, "coordinator", terms)) throw wrongToken("coordinator");
    if (welcome.run !== run || welcome.incarnation !== incarnation) {
      throw new Refusal(
        "bad_message",
        `Field welcome.run must be that of the challenge: found ${welcome.run}`,
      );
    }
    socket.seal(await dialogue.agree(token, "worker"));
    return welcome;
  });
}

/** Talks over a socket one message at a time; `cancelled` rejects when the time is up or the socket closes. */
class Dialogue {
  readonly #socket: Socket;
  readonly #cancelled: Promise<never>;
  /** All frames, in order. */
  readonly #said: Uint8Array[] = [];

  constructor(socket: Socket, cancelled: Promise<never>) {
    this.#socket = socket;
    this.#cancelled = cancelled;
  }

  send(message: Message): void {
    const { head } = encodeFrame(message);
    this.#said.push(head);
    this.#socket.send([head], () => {});
  }

  /** Once all is said: the seal of what follows. */
  async agree(token: string, side: Side): Promise<FrameSeal> {
    return new FrameSeal(await sessionKeys(token, side, this.#said));
  }

  /** The next message, which must be of this type. Throws {@linkcode Refusal} for another, or what the peer refused. */
  async receive<T extends MessageType>(type: T): Promise<MessageOf<T>> {
    const next = new Promise<readonly Uint8Array[]>((resolve) => {
      this.#socket.onmessage = (parts) => {
        this.#socket.onmessage = null;
        resolve(parts);
      };
    });
    const parts = await Promise.race([next, this.#cancelled]);
    const { message } = decodeFrame(...parts);
    this.#said.push(new Uint8Array(joined(parts)));
    if (message.type === "refuse") throw new PeerRefusal(message);
    if (message.type !== type) {
      throw new Refusal(
        "unexpected_message",
        `The next message of the handshake must be ${type}: found ${message.type}`,
      );
    }
    return message as MessageOf<T>;
  }
}

/** A refusal by the peer: thrown, and not sent back. */
class PeerRefusal extends Refusal {
  constructor(message: MessageOf<"refuse">) {
    super(message.code, message.reason, message);
  }
}

async function guarded<T>(
  socket: Socket,
  { clock, deadline_ms }: HandshakeOptions,
  lateness: string,
  talk: (dialogue: Dialogue) => Promise<T>,
): Promise<T> {
  const { promise: cancelled, reject: cancel } = Promise.withResolvers<never>();
  cancelled.catch(() => {});
  socket.onclose = (reason) => cancel(new Error(`Connection closed during the handshake: ${reason}`));
  const stop = clock.after(
    deadline_ms,
    () => cancel(new Error(`${lateness} ${Math.round(deadline_ms / 1000)} s`)),
  );
  try {
    return await talk(new Dialogue(socket, cancelled));
  } catch (error) {
    socket.onclose = null;
    socket.onmessage = null;
    const found = error instanceof Refusal && !(error instanceof PeerRefusal) ? asFinal(error) : error;
    if (found instanceof Refusal && !(found instanceof PeerRefusal)) tell(socket, found);
    socket.close(found instanceof Error ? found.message : String(found));
    throw found;
  } finally {
    stop();
  }
}

/** Before the handshake is done every refusal is final: a peer that speaks otherwise will do so again. */
function asFinal({ code, message, job }: Refusal): Refusal {
  const hint = code === "bad_message" ? "; use the same wagon on both sides" : "";
  return new Refusal(code, message + hint, { fatal: true, job });
}

function tell(socket: Socket, refusal: Refusal): void {
  socket.send([encodeFrame(refusal.toMessage()).head], () => {});
}

const WRONG_TOKEN: Readonly<Record<Side, string>> = {
  worker:
    "The token is not that of this run; get the current one from the coordinator, which makes a new one at each " +
    "start unless --token-file is given",
  coordinator:
    "The coordinator does not know the token: another coordinator answers there, or another program",
};

function wrongToken(side: Side): Refusal {
  return new Refusal("wrong_token", WRONG_TOKEN[side], { fatal: true });
}

function readToken(): Refusal {
  const reason =
    "The token is the read token of the live page, which only lets people watch; give the workers' token";
  return new Refusal("wrong_token", reason, { fatal: true });
}

function wrongCertificate(): Refusal {
  const reason =
    "The worker sees a certificate that is not this coordinator's: a proxy or somebody else intercepts the " +
    "connection; let the worker connect to the coordinator directly";
  return new Refusal("wrong_certificate", reason, { fatal: true });
}

/** Throws {@linkcode Refusal} unless the worker owns a key that is on the list. */
async function checkKey({ key }: MessageOf<"hello">, allowed: AllowedKeys, terms: ProofTerms): Promise<void> {
  if (key === null) {
    throw unknownKey(
      "This run admits only workers whose keys are on its list; start the worker with --key FILE",
    );
  }
  if (allowed.nameOf(key.public_key) === null) throw unlistedKey(key.public_key);
  if (await isSigned(key.public_key, key.signature, statement("worker's key", terms))) return;
  throw unknownKey("The worker's signature does not match its key");
}

/** Of a worker whose key is not on the list, or no longer. */
export function unlistedKey(public_key: string): Refusal {
  return unknownKey(
    `The coordinator's list of keys (--allow-keys) does not contain this worker's key, ${public_key}; ask the ` +
      `coordinator's owner to add it`,
  );
}

function unknownKey(reason: string): Refusal {
  return new Refusal("unknown_key", reason, { fatal: true });
}

/** A listener on the loopback, and sockets to it. */
import assert from "node:assert/strict";
import { openChannel } from "../../wire/channel.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { type Message, type MessageType } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { connect, listen, type ListenOptions } from "../../wire/ws_socket.ts";
import { LIMITS } from "./limits.ts";

export const HOST = "127.0.0.1";
export const WEIGHTS: Message = {
  type: "weights",
  run: "r",
  incarnation: 1,
  generation: 1,
  state: "critic",
  step: 1,
  checksum: "0123456789abcdef",
  difference: null,
};
export const TERMS = { clock: SYSTEM_CLOCK, deadline_ms: 5000, token: "secret" };

/** A listener on a free port and the first socket that arrives there. */
export async function listening(options: Partial<ListenOptions> = {}) {
  const arrived = Promise.withResolvers<Socket>();
  const onsocket = (socket: Socket, peer: string) => {
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
    arrived.resolve(socket);
  };
  const listener = await listen({ host: HOST, port: 0, onsocket, ...options });
  return { listener, url: `ws://${HOST}:${listener.port}`, arrived: arrived.promise };
}

export async function pair() {
  const { listener, url, arrived } = await listening();
  const client = await connect(url);
  return { listener, client, server: await arrived };
}

export function channelOver(socket: Socket, ...allowed: MessageType[]) {
  return openChannel(socket, {
    clock: SYSTEM_CLOCK,
    heartbeat_ms: 1000,
    silence_ms: 5000,
    allowed: new Set(allowed),
    ...LIMITS,
  });
}

export function closed(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.onclose = resolve);
}

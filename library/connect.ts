/** Connections over the network, whose package looks at variables of the environment as soon as it is loaded. */
import type { Socket } from "../wire/socket.ts";

/**
 * Connects to a coordinator at `ws://` or `wss://`. Throws an Error of one line if nobody answers, UserError for a wrong
 * address.
 *
 * @example
 * ```ts
 * import { connect } from "@wagon/wagon/wire";
 *
 * await connect("ws://127.0.0.1:9").catch((error) => console.log(error.message)); // nothing listens there
 * ```
 */
export async function connect(url: string): Promise<Socket> {
  const { connect } = await import("../wire/ws_socket.ts");
  return await connect(url);
}

/** Connections over the network, whose package looks at variables of the environment as soon as it is loaded. */
import { readTrusted } from "../common/tls/tls_files.ts";
import type { Socket } from "../wire/socket.ts";

/**
 * Connects to a coordinator at `ws://` or `wss://`; `tls_ca` is a file of certificates to trust instead of those that Deno
 * trusts. Throws an Error of one line if nobody answers, UserError for a wrong address or certificate.
 *
 * @example
 * ```ts
 * import { connect } from "@wagon/wagon/wire";
 *
 * await connect("ws://127.0.0.1:9").catch((error) => console.log(error.message)); // nothing listens there
 * ```
 */
export async function connect(url: string, tls_ca?: string): Promise<Socket> {
  const { connect } = await import("../wire/ws_socket.ts");
  return await connect(url, { trusted: tls_ca === undefined ? null : await readTrusted(tls_ca) });
}

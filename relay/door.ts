/** The port that a relay's workers come to; with TLS, workers on its own machine have one more. */
import type { ServerTls } from "../common/tls/tls_files.ts";
import { accessRequestOf, authorizeUpgrade } from "../coordinator/live/access.ts";
import { loopbackFor, ownNames } from "../coordinator/terminal/addresses.ts";
import { listen, type Listener, type ListenOptions } from "../wire/ws_socket.ts";

const LOOPBACK = "127.0.0.1";

export interface OpenDoor extends Listener {
  /** Where workers on this machine connect. */
  readonly local_url: string;
}

/** Throws {@linkcode UserError} where the address cannot be had. */
export async function openDoor(
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: ServerTls | null },
  onsocket: ListenOptions["onsocket"],
): Promise<OpenDoor> {
  const judgeUpgrade: ListenOptions["judgeUpgrade"] = (request) =>
    authorizeUpgrade(accessRequestOf(request), ownNames(host, tls?.certificate));
  const listener = await listen({ host, port, tls, onsocket, judgeUpgrade });
  if (tls === null) return { ...listener, local_url: `ws://${loopbackFor(host)}:${listener.port}` };
  const local = await listen({ host: LOOPBACK, port: 0, onsocket, judgeUpgrade });
  return {
    port: listener.port,
    local_url: `ws://${LOOPBACK}:${local.port}`,
    close: async () => void await Promise.all([listener.close(), local.close()]),
  };
}

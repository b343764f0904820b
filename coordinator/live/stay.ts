/** A coordinator after the end of its run: probes are answered, and workers that come too late are told so. */
import type { ServerTls } from "../../common/tls/tls_files.ts";
import { RUN_OVER } from "../../wire/connecting/run_over.ts";
import { listen } from "../../wire/ws_socket.ts";
import { answerHealth } from "./health.ts";
import { answerText } from "./live_server.ts";

const OVER = "The run is over";

/** Where it stays, and until when. */
export interface StayOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: ServerTls | null;
  readonly signal: AbortSignal;
  /** Called once it answers. */
  readonly listening?: (port: number) => void;
}

/** Resolves when it is asked to leave. Throws {@linkcode UserError} if the address cannot be had. */
export async function stay({ host, port, tls = null, signal, listening }: StayOptions): Promise<void> {
  const listener = await listen({
    host,
    port,
    tls,
    // Nobody gets so far.
    onsocket: (socket) => socket.close(OVER),
    judgeUpgrade: () => ({ status: RUN_OVER, reason: OVER }),
    onrequest: (request, response) => {
      if (!answerHealth(request, response, true)) answerText(response, RUN_OVER, OVER);
    },
  });
  try {
    listening?.(listener.port);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await listener.close();
  }
}

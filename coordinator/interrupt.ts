/** Ctrl-C: the first finishes the step and saves, the second leaves at once. */
import type { Terminal } from "./console.ts";

export function interruptSignal(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(130);
    terminal.write("\nStopping after this step, then saving; once more to leave at once\n");
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  return controller.signal;
}

/** Ctrl-C and SIGTERM: the first asks to stop, a later one leaves at once. */

/** One press can arrive twice: from the terminal, and handed on by `deno task`. */
const SAME_PRESS_MS = 500;
/** 128 + SIGINT, as shells expect. */
const INTERRUPTED = 130;

/**
 * Aborted by the first signal, which also calls `asked`. `ignore_interrupt`: Ctrl-C is somebody else's to act on.
 */
export function interruptSignal(asked: () => void, ignore_interrupt = false): AbortController {
  const controller = new AbortController();
  let first_ms = 0;
  const onSignal = () => {
    if (controller.signal.aborted) {
      if (performance.now() - first_ms > SAME_PRESS_MS) Deno.exit(INTERRUPTED);
      return;
    }
    first_ms = performance.now();
    asked();
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", ignore_interrupt ? () => {} : onSignal);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  return controller;
}

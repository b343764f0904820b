/**
 * The signals that ask a process to leave: the first asks it to save and leave, a later one ends it at once. Besides
 * Ctrl-C and SIGTERM they are SIGHUP (a terminal that is closed), SIGQUIT, and SIGUSR1 and SIGUSR2, which schedulers send
 * some time before the limit of a job.
 */
import { constants } from "node:os";
import { closeInspector } from "./inspector.ts";
import { ignoresHangup, isSealed } from "./launched.ts";

/** One press can arrive twice: from the terminal or the scheduler, and handed on by `deno task`. */
const SAME_PRESS_MS = 500;

/** Sent to all processes of a terminal or of a job: those that somebody else started need not act on them. */
const TO_GROUP: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
const TO_ONE: readonly Deno.Signal[] = Deno.build.os === "windows" ? [] : ["SIGTERM"];

/** Why a signal aborted something. */
export class Interruption extends Error {
  override name = "Interruption";
  constructor(readonly by: Deno.Signal) {
    super(`Stopped by ${by}`);
  }
}

/** Exit code of a process that a signal ended: 128 + its number, as shells expect. */
function killedBy(signal: Deno.Signal): number {
  return 128 + (constants.signals[signal as keyof typeof constants.signals] ?? constants.signals.SIGTERM);
}

/** Exit code where a stop shall count as a failure (--fail-when-stopped): as if SIGTERM had killed the process. */
export const STOPPED = killedBy("SIGTERM");

/**
 * Exit code of a command that was asked to leave, and did so in order: that of Ctrl-C is 130, so that a script stops,
 * too; for whoever manages processes it went well.
 */
export function exitCodeOf({ reason }: Pick<AbortSignal, "reason">): number {
  return reason instanceof Interruption && reason.by !== "SIGINT" ? 0 : killedBy("SIGINT");
}

/**
 * Aborted by the first signal, with an {@linkcode Interruption}, which also calls `asked`. `ignore_group`: what is sent to
 * a whole group of processes is somebody else's to act on.
 */
export function interruptSignal(
  asked: () => void,
  ignore_group = false,
  now_ms = () => performance.now(),
): AbortController {
  const controller = new AbortController();
  let first_ms = 0;
  const onSignal = (by: Deno.Signal) => {
    if (controller.signal.aborted) {
      if (now_ms() - first_ms > SAME_PRESS_MS) Deno.exit(killedBy(by));
      return;
    }
    first_ms = now_ms();
    asked();
    controller.abort(new Interruption(by));
  };
  for (const signal of [...TO_GROUP, ...TO_ONE]) {
    // Without a listener Deno would end at a SIGHUP that was ignored at the start.
    const ignored = ignore_group && TO_GROUP.includes(signal) ||
      signal === "SIGHUP" && ignoresHangup();
    Deno.addSignalListener(signal, () => {
      if (signal === "SIGUSR1" && !isSealed()) closeInspector();
      if (!ignored) onSignal(signal);
    });
  }
  return controller;
}

/** Ends the process at SIGUSR1, as a program does that has no use for it: before an inspector answers anybody. */
export function endAtDebugSignal(): void {
  if (Deno.build.os === "windows" || isSealed()) return;
  Deno.addSignalListener("SIGUSR1", () => {
    closeInspector();
    Deno.exit(killedBy("SIGUSR1"));
  });
}

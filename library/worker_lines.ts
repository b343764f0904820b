/** Events of a worker for a program: lines, if it wants them. */
import type { LoopConsole } from "../worker/connection/worker_loop.ts";

/** Hands each line to `line`, and leaves out what changes all the time. */
export function workerLines(line: (text: string) => void): LoopConsole {
  return {
    line,
    caused: line,
    idle: () => {},
    ready: () => {},
    shardsHeld: () => {},
    computed: () => {},
    notice: (text) => line(`Coordinator: ${text}`),
    refused: ({ code, message }) => line(`Coordinator refused (${code}): ${message}`),
    failed: line,
  };
}

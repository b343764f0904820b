/** Processes that these tests did not start themselves: those that a process of wagon has started. */
import { DEADLINE_MS } from "./child.ts";

/** Between two looks at a process that is not ours to wait for. */
const LOOK_MS = 20;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** As `ps` says; Z: it has ended, and nobody has asked how. */
  readonly state: string;
}

async function allProcesses(): Promise<Process[]> {
  if (Deno.build.os === "linux") return await fromProc();
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid=,state="] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state: state! };
  });
}

/** What the kernel says: not every Linux has `ps`. */
async function fromProc(): Promise<Process[]> {
  const found: Process[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // It may have ended since.
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => null);
    // pid (name of the program) state parent …
    const fields = stat?.match(/^\d+ \(.*\) (\S) (\d+)/s);
    if (fields) found.push({ pid: Number(name), state: fields[1]!, parent: Number(fields[2]) });
  }
  return found;
}

/** The processes that a process has started and that run. */
export async function childrenOf(pid: number): Promise<number[]> {
  return (await allProcesses()).filter(({ parent, state }) => parent === pid && state !== "Z")
    .map((process) => process.pid);
}

/** Waits until a process has ended. */
export async function ended(pid: number): Promise<void> {
  const deadline_ms = performance.now() + DEADLINE_MS;
  while ((await allProcesses()).some((process) => process.pid === pid && process.state !== "Z")) {
    if (performance.now() > deadline_ms) throw new Error(`Process ${pid} must end within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

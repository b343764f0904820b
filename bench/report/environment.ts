/** Origin of a result: hardware, system and versions. */
import { cpus, totalmem } from "node:os";
import { WAGON_VERSION } from "../../common/version.ts";
import { RUNTIME_VERSION } from "../../worker/runtime/node_session.ts";
import type { Python } from "../peers/python.ts";

/** Facts by name, in the order in which people read them. */
export type Environment = Readonly<Record<string, string>>;

export async function environment(python: Python | null): Promise<Environment> {
  const { os, arch } = Deno.build;
  return {
    Processor: `${cpus()[0]?.model.trim() ?? "unknown"}, ${navigator.hardwareConcurrency} cores`,
    Memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    System: `${os} ${Deno.osRelease()} ${arch}`,
    Load: `${load().toFixed(2)} over the minute before, of ${navigator.hardwareConcurrency} cores`,
    wagon: `${WAGON_VERSION}${await revision()}`,
    Deno: `${Deno.version.deno}, V8 ${Deno.version.v8}`,
    "ONNX Runtime": `${RUNTIME_VERSION} (onnxruntime-node)`,
    PyTorch: python?.description ?? "none found",
  };
}

/** Processes that ran or wanted to, on average over the last minute. */
export function load(): number {
  return Deno.loadavg()[0]!;
}

/** The commit, where this is a clone and git is there. */
async function revision(): Promise<string> {
  try {
    const cwd = new URL("../../", import.meta.url);
    const args = ["describe", "--always", "--dirty", "--exclude=*"];
    const { success, stdout } = await new Deno.Command("git", { args, cwd, stderr: "null" }).output();
    return success ? `, commit ${new TextDecoder().decode(stdout).trim()}` : "";
  } catch {
    return "";
  }
}

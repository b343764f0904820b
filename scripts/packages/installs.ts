/**
 * Measures what each task of users installs: runs it with an empty cache of Deno, which needs the npm registry, and
 * holds the packages that are there then against its lock. Exit code 1 where there are others, or too many MB.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { type Lock, lockOf } from "./locks.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MB = 2 ** 20;
const BLOCK_BYTES = 512;

/** Arguments of a task that is run; the others are asked for help. */
const RUNS: Readonly<Record<string, (folder: string) => readonly string[]>> = {
  train: (folder) => ["--steps", "2", "--out", join(folder, "run")],
};
const TASKS = [
  "train",
  "worker",
  "coordinator",
  "inspect",
  "sample",
  "report",
  "page",
  "export",
  "compare-presets",
];
/** In MB, by task. */
const LIMITS: Readonly<Record<string, number>> = { worker: 320, train: 330 };

const COMMAND: Command<Record<never, never>> = {
  name: "deno task installs",
  about: "Installs the packages of each task into an empty cache, and prints their size (2 GB in total).",
  options: {},
  examples: [{ line: "deno task installs", about: "the table of docs/dependencies.md" }],
};

/** Paths of packages in a cache, as `name@version`, and the size of all that is there. */
export async function installed(cache: string): Promise<{ packages: string[]; bytes: number }> {
  const packages: string[] = [];
  let bytes = 0;
  const look = async (folder: string): Promise<void> => {
    // npm/HOST/NAME/VERSION, npm/HOST/@SCOPE/NAME/VERSION
    const [top, , ...name] = relative(cache, folder).split(/[\\/]/);
    if (top === "npm" && name.length === (name[0]?.startsWith("@") ? 3 : 2)) {
      packages.push(`${name.slice(0, -1).join("/")}@${name.at(-1)}`);
    }
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      const { size, blocks } = await Deno.lstat(path);
      bytes += blocks === null ? size : blocks * BLOCK_BYTES;
      if (isDirectory) await look(path);
    }
  };
  await look(cache);
  return { packages: packages.sort(), bytes };
}

/** A row of the table; faults are told. */
async function measure(task: string, onFault: (fault: string) => void): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "wagon-installs-" });
  try {
    const cache = join(folder, "cache");
    const args = ["task", task, ...RUNS[task]?.(folder) ?? ["--help"]];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: ROOT,
      env: { DENO_DIR: cache },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      const line = new TextDecoder().decode(stderr).match(/^error: .*/m)?.[0] ?? "it failed";
      throw new UserError(`Cannot measure: deno ${args.join(" ")} must end well, found ${line}`);
    }
    const { packages, bytes } = await installed(cache);
    const lock = lockOf(task);
    const wanted = new Set(lock === null ? [] : Object.keys((await readLock(lock)).npm));
    const surplus = packages.filter((name) => !wanted.has(name));
    if (surplus.length > 0) {
      onFault(`${task} must install nothing that is not in its lock: found ${surplus.join(", ")}`);
    }
    const mb = Math.ceil(bytes / MB);
    if (mb > (LIMITS[task] ?? Infinity)) {
      onFault(`${task} must install at most ${LIMITS[task]} MB, found ${mb}`);
    }
    return `| \`${task}\` | ${mb} | ${packages.length} | ${lock === null ? "none" : `\`${lock}\``} |`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readLock(path: string): Promise<Lock> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, path))) as Lock;
}

async function main(args: readonly string[]): Promise<number> {
  parseOptions(COMMAND, args);
  const faults: string[] = [];
  console.log("| task | MB | packages | lock |\n| --- | --- | --- | --- |");
  for (const task of TASKS) console.log(await measure(task, (fault) => faults.push(fault)));
  for (const fault of faults) console.error(fault);
  return faults.length > 0 ? 1 : 0;
}

if (import.meta.main) await runMain(main);

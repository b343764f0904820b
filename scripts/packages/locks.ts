/**
 * Writes `locks/`: for each lock that tasks of deno.json name, the part of deno.lock that their programs need. Reason:
 * Deno fetches every package of a lock, needed or not, before it runs a program.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { runMain } from "../../common/cli/cli.ts";
import { commandOf, isLaunched } from "../../tasks/launch/rights.ts";
import { surroundings } from "../../tasks/launch/surroundings.ts";
import { taskCommand } from "../../tasks/task_command.ts";
import { complainOf, isCheckOnly } from "../gate/check_command.ts";
import { specifiers } from "../check_imports.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ALL = "deno.lock";
const LOCK = "--lock=";

/** Imports that only the type checker follows. */
const TYPES_ONLY = /^(?:import|export)\s+type\s[^;]*?from\s*"[^"]+";/gm;
const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

type Task = string | { readonly command?: string };

interface Package {
  readonly dependencies?: readonly string[];
}

/** A lock of Deno, as far as it matters here. */
export interface Lock {
  readonly version: string;
  /** Imports, as `npm:name@range`, to the version. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** By `name@version`. */
  readonly npm: Readonly<Record<string, Package>>;
  /** The entries of imports.json. Deno refuses a lock that differs, and downloads nothing from it. */
  readonly workspace: unknown;
}

/** The part of a lock that these specifiers need. Throws where the lock lacks one. */
export function partOf(lock: Lock, wanted: ReadonlySet<string>): Lock {
  const packages = new Set<string>();
  const take = (name: string, why: string) => {
    const id = Object.keys(lock.npm).find((key) => key === name || key.startsWith(`${name}@`));
    if (id === undefined) {
      throw new Error(`${ALL} must have ${name}, which ${why} needs: run deno task locks`);
    }
    if (packages.has(id)) return;
    packages.add(id);
    for (const dependency of lock.npm[id]!.dependencies ?? []) take(dependency, id);
  };
  for (const specifier of wanted) {
    const version = lock.specifiers[specifier];
    const name = specifier.slice("npm:".length, specifier.lastIndexOf("@"));
    take(version === undefined ? specifier : `${name}@${version}`, "the project");
  }
  const only = <T>(record: Readonly<Record<string, T>>, kept: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => kept.has(key)));
  return { ...lock, specifiers: only(lock.specifiers, wanted), npm: only(lock.npm, packages) };
}

/** The npm packages, as a lock specifies them, that programs import, with their threads. */
export function packagesOf(
  entries: readonly string[],
  imports: Readonly<Record<string, string>>,
): Set<string> {
  const packages = new Set<string>();
  const files = new Set(entries);
  for (const file of files) {
    const text = Deno.readTextFileSync(file).replace(COMMENTS, "").replace(TYPES_ONLY, "");
    for (const specifier of specifiers(text)) {
      if (specifier.startsWith(".")) {
        const path = join(dirname(file), specifier);
        if (path.endsWith(".ts") && existsSync(path)) files.add(path);
        continue;
      }
      const key = Object.keys(imports).find((key) =>
        key === specifier || (key.endsWith("/") && specifier.startsWith(key))
      );
      if (key !== undefined) packages.add(packageIn(imports[key]!));
    }
  }
  return packages;
}

/** `npm:/@a/b@1.2.3/c` as `npm:@a/b@1.2.3`. */
function packageIn(target: string): string {
  const [, name] = /^npm:\/?((?:@[^/]+\/)?[^/]+)/.exec(target) ?? [];
  if (name === undefined) throw new Error(`imports.json must name npm packages: found ${target}`);
  return `npm:${name}`;
}

/** The programs of tasks, by the lock that a task names (or ""), all as paths from the root. */
function programsByLock(): Map<string, string[]> {
  const programs = new Map<string, string[]>();
  for (const [name, task] of Object.entries(readTasks())) {
    const words = wordsOf(name, task);
    const program = words.find((word) => word.endsWith(".ts"));
    if (program === undefined) continue;
    const lock = lockIn(words) ?? "";
    programs.set(lock, [...programs.get(lock) ?? [], relative(ROOT, program)]);
  }
  return programs;
}

/** The lock of a task, as a path from the root, or null. */
export function lockOf(task: string): string | null {
  return lockIn(wordsOf(task, readTasks()[task]!));
}

/** The command that runs the program of a task, after its launcher. */
function wordsOf(name: string, task: Task): readonly string[] {
  if (isLaunched(name)) return commandOf(name, [], surroundings());
  const command = typeof task === "string" ? task : task.command;
  return command?.startsWith("deno run ") ? taskCommand(name) : [];
}

function lockIn(words: readonly string[]): string | null {
  const word = words.find((word) => word.startsWith(LOCK));
  return word === undefined ? null : relative(ROOT, word.slice(LOCK.length)).replaceAll("\\", "/");
}

function readTasks(): Readonly<Record<string, Task>> {
  return readJson<{ tasks: Readonly<Record<string, Task>> }>("deno.json").tasks;
}

/** The required locks, by path from the root. Throws if a program without a lock imports a package. */
function locks(): Map<string, Lock> {
  const all = readJson<Lock>(ALL);
  const found = new Map([[ALL, partOf(all, new Set(Object.values(readImports()).map(packageIn)))]]);
  for (const [lock, programs] of programsByLock()) {
    const wanted = packagesOf(programs.map((program) => join(ROOT, program)), readImports());
    if (lock === "" && wanted.size > 0) {
      throw new Error(
        `A task must name a lock, since one of ${programs.join(", ")} imports ${[...wanted].join(", ")}`,
      );
    }
    if (lock !== "" && lock !== ALL) found.set(lock, partOf(all, wanted));
  }
  return found;
}

function readImports(): Record<string, string> {
  return readJson<{ imports: Record<string, string> }>("imports.json").imports;
}

function readJson<T>(path: string): T {
  return JSON.parse(Deno.readTextFileSync(join(ROOT, path))) as T;
}

/** Takes into deno.lock what imports.json names, and only that. */
async function install(): Promise<void> {
  const args = ["install", "--quiet", LOCK + join(ROOT, ALL), "--frozen=false"];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
  if (!success) {
    throw new Error("Cannot lock: the packages of imports.json must be installed, found that this failed");
  }
}

async function main(args: readonly string[]): Promise<number> {
  const about = "Installs the packages of imports.json, and writes deno.lock and the locks of single tasks.";
  const check = isCheckOnly("locks", about, args);
  if (!check) await install();
  const stale = [...locks()].filter(([lock, wanted]) =>
    !existsSync(join(ROOT, lock)) || !isDeepStrictEqual(readJson(lock), wanted)
  );
  if (check) {
    return complainOf(
      stale.map(([lock]) => `${lock} must have what its tasks need, and nothing else: run deno task locks`),
    );
  }
  for (const [lock, wanted] of stale) {
    Deno.writeTextFileSync(join(ROOT, lock), `${JSON.stringify(wanted, null, 2)}\n`);
  }
  return 0;
}

if (import.meta.main) await runMain(main);

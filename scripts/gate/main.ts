/** The gate and its parts: `check` runs all `check:` tasks side by side, `ok` runs `check` and the tests. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import { lockedBy } from "../../tasks/task_command.ts";
import { checkLinked } from "./check_linked.ts";
import { ENTRY_POINTS, LINKED_NAMES } from "./entry_points.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Gate {
  readonly about: string;
  /** Resolves to an exit code. */
  readonly run: () => Promise<number>;
}

const GATES: Readonly<Record<string, Gate>> = {
  "check": {
    about: "Runs all checks: every task whose name begins with check:. deno task ok also runs the tests.",
    run: checkAll,
  },
  "check:format": {
    about: "Says which files are not formatted. deno fmt formats them.",
    run: () => deno("fmt", "--quiet", "--check"),
  },
  "check:lint": { about: "Says what the linter finds.", run: () => deno("lint", "--quiet") },
  "check:types": {
    about: "Says where types do not fit.",
    run: () => deno("check", "--quiet", ...lockedBy(), "."),
  },
  "check:library": {
    about:
      "Says which exports are not documented, whether all can be published, and whether their types fit elsewhere.",
    run: checkLibrary,
  },
  "ok": { about: "Runs all checks and tests: deno task check, then deno task test.", run: checkAndTest },
};

/** Result of a part of the gate. */
export interface Part {
  readonly name: string;
  readonly code: number;
  readonly output: string;
}

/**
 * Runs parts, `lanes` of them at a time, and tells of each as it ends: of what it said only if it failed. Resolves to an
 * exit code.
 */
export async function runParts(
  names: readonly string[],
  run: (name: string) => Promise<Part>,
  lanes: number,
  tell: (line: string) => void,
): Promise<number> {
  let code = 0;
  const left = names.values();
  const lane = async () => {
    for (const name of left) {
      const part = await run(name);
      if (part.code !== 0) code = 1;
      tell(part.code === 0 ? `ok      ${name}` : `FAILED  ${name}\n${part.output.trimEnd()}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return code;
}

async function checkAll(): Promise<number> {
  const { tasks } = JSON.parse(readFileSync(`${ROOT}deno.json`, "utf8")) as {
    tasks: Record<string, unknown>;
  };
  const parts = Object.keys(tasks).filter((name) => name.startsWith("check:"));
  const run = async (name: string): Promise<Part> => {
    const args = ["task", "--quiet", name];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
    const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { name, code, output: `${said}${complained}` };
  };
  return await runParts(parts, run, navigator.hardwareConcurrency, (line) => console.log(line));
}

async function checkAndTest(): Promise<number> {
  return await deno("task", "--quiet", "check") || await deno("task", "--quiet", "test");
}

async function checkLibrary(): Promise<number> {
  const args = ["doc", "--quiet", "--lint", ...ENTRY_POINTS];
  const documented = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdout: "null" }).spawn()
    .status;
  return documented.code || await deno("publish", "--quiet", "--dry-run", "--allow-dirty") ||
    await checkLinked(ROOT.replace(/[/\\]$/, ""), LINKED_NAMES);
}

async function deno(...args: readonly string[]): Promise<number> {
  return (await new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT }).spawn().status).code;
}

async function main([task = "", ...args]: readonly string[]): Promise<number> {
  const { about, run } = GATES[task]!;
  const name = `deno task ${task}`;
  parseOptions(
    { name, about, options: {}, examples: [{ line: name, about: "exit code 0 if there are no problems" }] },
    args,
  );
  return await run();
}

if (import.meta.main) await runMain(main);

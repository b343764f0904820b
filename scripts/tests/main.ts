/** `deno task test`: runs all tests, or those in some files, and then prints the slowest. */
import { join } from "node:path";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { lockedBy } from "../../tasks/task_command.ts";
import { grouped, groupModule, ungrouped } from "./groups.ts";
import { slowest } from "./times.ts";

const ROOT = new URL("../../", import.meta.url);
const ARGS = ["test", "--quiet", ...lockedBy(), "--allow-all", "--no-check"];

const OPTIONS = {
  filter: { kind: "string", about: "Run only tests whose names contain this text or match this /pattern/" },
  fail_fast: { kind: "boolean", about: "Stop after the first test that fails" },
  parallel: { kind: "boolean", default: true, about: "Run test files in parallel" },
  slowest: {
    kind: "number",
    integer: true,
    default: 10,
    min: 0,
    max: 1000,
    about: "How many of the slowest tests to print",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task test",
  about: "Runs the tests, and prints the slowest. Types are checked by deno task check.",
  positionals: [{ name: "FILE", about: "A file or a folder of tests; default: all", repeated: true }],
  options: OPTIONS,
  examples: [{ line: "deno task test test/wire --filter frame", about: "some tests of one folder" }],
};

/** All test files below a folder, relative to the project. */
async function testFiles(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  const found = entries.map(async ({ name, isDirectory }) =>
    isDirectory ? await testFiles(`${folder}${name}/`) : name.endsWith("_test.ts") ? [`${folder}${name}`] : []
  );
  return (await Promise.all(found)).flat();
}

/** Writes the modules of groups into `folder`. Returns what `deno test` is to run, long tests first. */
async function allTests(folder: string): Promise<string[]> {
  const { alone, groups } = grouped(await testFiles("test/"));
  const modules = groups.map((_, i) => join(folder, `group_${i}_test.ts`));
  await Promise.all(groups.map((files, i) => Deno.writeTextFile(modules[i]!, groupModule(files, ROOT.href))));
  return [...alone, ...modules];
}

/** Runs tests, and hands on what `deno test` prints. Returns that, and its exit code. */
async function run(args: readonly string[], parallel: boolean): Promise<{ output: string; code: number }> {
  // One more than there are cores: some tests wait for processes most of their time.
  const jobs = parallel ? { DENO_JOBS: `${availableParallelism() + 1}` } : {};
  const child = new Deno.Command(Deno.execPath(), {
    args: [...ARGS, `--config=${fileURLToPath(new URL("deno.json", ROOT))}`, ...args],
    env: jobs,
    stdout: "piped",
  }).spawn();
  let output = "", rest = "";
  const print = (text: string) => {
    output += text;
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  };
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) print(`${ungrouped(line)}\n`);
  }
  print(rest);
  return { output, code: (await child.status).code };
}

async function main(args: readonly string[]): Promise<number> {
  const { values: { filter, fail_fast, parallel, slowest: count }, positionals } = parseOptions(
    COMMAND,
    args,
  );
  const folder = await Deno.makeTempDir({ prefix: "wagon-test-" });
  try {
    const { output, code } = await run([
      ...filter === undefined ? [] : [`--filter=${filter}`],
      ...fail_fast ? ["--fail-fast"] : [],
      ...parallel ? ["--parallel"] : [],
      ...positionals.length > 0 ? positionals : await allTests(folder),
    ], parallel);
    if (count > 0) console.log(["The slowest tests:", ...slowest(output, count)].join("\n"));
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await runMain(main);

/** `deno task test`: runs all tests, or those in some files, and then prints the slowest. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command } from "../common/cli/options.ts";
import { lockedBy } from "../tasks/task_command.ts";
import { slowest } from "./test_times.ts";

const COUNT = 10;
const ARGS = ["test", "--quiet", ...lockedBy(), "--allow-all", "--no-check"];

const OPTIONS = {
  filter: { kind: "string", about: "Run only tests whose names contain this text or match this /pattern/" },
  fail_fast: { kind: "boolean", about: "Stop after the first test that fails" },
  parallel: { kind: "boolean", default: true, about: "Run test files in parallel" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task test",
  about: "Runs the tests, and prints the ten slowest. Types are checked by deno task check.",
  positionals: [{ name: "FILE", about: "A file or a folder of tests; default: all", repeated: true }],
  options: OPTIONS,
  examples: [{ line: "deno task test test/wire --filter frame", about: "some tests of one folder" }],
};

async function main(args: readonly string[]): Promise<number> {
  const { values: { filter, fail_fast, parallel }, positionals } = parseOptions(COMMAND, args);
  const options = [
    ...filter === undefined ? [] : [`--filter=${filter}`],
    ...fail_fast ? ["--fail-fast"] : [],
    ...parallel ? ["--parallel"] : [],
    ...positionals.length > 0 ? positionals : ["test/"],
  ];
  const child = new Deno.Command(Deno.execPath(), { args: [...ARGS, ...options], stdout: "piped" }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of child.stdout) {
    output += decoder.decode(bytes, { stream: true });
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
  }
  const { code } = await child.status;
  console.log(["The slowest tests:", ...slowest(output, COUNT)].join("\n"));
  return code;
}

if (import.meta.main) await runMain(main);

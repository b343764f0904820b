/** `deno task report`: one or more runs as one HTML file that needs nothing else. */
import { basename } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import type { Command } from "../common/cli/options.ts";
import { reportPage } from "../inspect/html/report_page.ts";
import type { Reported } from "../inspect/html/reported.ts";
import { findRun } from "../runlog/log/find_run.ts";
import { madeNow, reportedOf } from "./reported.ts";
import { writeFile } from "../common/files/write_file.ts";

const OPTIONS = {
  out: { kind: "string", value: "FILE", default: "report.html", about: "The file to write" },
  pictures: {
    kind: "number",
    integer: true,
    min: 1,
    default: 24,
    unit: "pictures",
    about: "Sample grids to show of each run, evenly spread",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder of runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task report",
  about:
    "Writes one HTML file about one or more runs: curves, samples over time next to real examples, the " +
    "training images nearest to some samples, the columns of tables, the doctor's findings, times, configuration. The file needs no " +
    "network and no other file, so you can send it to anyone.",
  positionals: [{
    name: "RUN",
    about: 'Runs: their folders, their names in the folder of runs, or "latest"',
    repeated: true,
  }],
  options: OPTIONS,
  examples: [
    { line: "deno task report latest", about: "write report.html about the newest run" },
    { line: "deno task report RUN-A RUN-B --out both.html", about: "compare two runs" },
  ],
};

async function main(args: readonly string[]): Promise<void> {
  const { values: { out, pictures, runs }, positionals } = parseOptions(COMMAND, args);
  if (positionals.length === 0) {
    throw new UserError("Cannot report: one run or more is required, found none; give its name, or latest");
  }
  const folders = await Promise.all(positionals.map((name) => findRun(name, runs)));
  const distinct = new Set(folders.map((folder) => basename(folder))).size === folders.length;
  const reported: Reported[] = [];
  for (const folder of folders) {
    reported.push(await reportedOf(folder, distinct ? basename(folder) : folder, pictures));
  }
  await writeFile(out, reportPage(reported, { made: madeNow() }));
  console.log(out);
}

if (import.meta.main) await runMain(main);

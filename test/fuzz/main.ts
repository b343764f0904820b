/** `deno task fuzz`: damages what is read from disks and wires, by chance, for as long as one likes. */
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import { UserError } from "../../common/errors.ts";
import type { Command } from "../../common/cli/options.ts";
import { type Findings, fuzz } from "./target.ts";
import { openTargets } from "./targets.ts";

const OPTIONS = {
  seconds: { kind: "number", min: 1, default: 60, unit: "seconds", about: "How long each reader is tested" },
  seed: {
    kind: "number",
    integer: true,
    min: 0,
    default: 1,
    about: "Seed of the first attempt; each further attempt has the next number",
  },
  only: { kind: "string", value: "NAME", about: "Test only the readers whose names contain this" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task fuzz",
  about:
    "Damages logs, step indexes, checkpoints and messages at random, and reads them. A reader must report damage with an error of its own, and must not accept it as correct data. Exit code 1 if one fails.",
  options: OPTIONS,
  examples: [
    { line: "deno task fuzz", about: "a minute for each reader" },
    { line: "deno task fuzz --only checkpoint --seed 345 --seconds 1", about: "repeat one attempt" },
  ],
};

/** Findings that are shown of each reader. */
const MAX_SHOWN = 5;

function report(name: string, { attempts, outcomes, findings }: Findings): void {
  const counts = [...outcomes].sort().map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  console.log(`${name}: ${attempts} attempts, ${findings.length} findings (${counts})`);
  for (const { seed, error } of findings.slice(0, MAX_SHOWN)) console.log(`  seed ${seed}:`, error);
}

await runMain(async (args) => {
  const { seconds, seed, only } = parseOptions(COMMAND, args).values;
  const folder = await Deno.makeTempDir({ prefix: "wagon-fuzz-" });
  try {
    const targets = (await openTargets(folder)).filter(({ name }) => name.includes(only ?? ""));
    if (targets.length === 0) {
      throw new UserError(`Cannot fuzz: --only must be part of a name, found ${only}`);
    }
    let num_findings = 0;
    for (const target of targets) {
      const until_ms = performance.now() + 1000 * seconds;
      const found = await fuzz(target, seed, () => performance.now() < until_ms);
      report(target.name, found);
      num_findings += found.findings.length;
    }
    return num_findings === 0 ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

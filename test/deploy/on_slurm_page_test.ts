/** docs/on-slurm.md: its commands, as far as they can be tried without a cluster. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseOptions } from "../../common/cli/cli.ts";
import { wordsIn } from "../../common/text/words_in.ts";
import { COORDINATOR_COMMAND } from "../../coordinator/config/options/options.ts";
import { slurmScript } from "../../tasks/slurm.ts";
import { inTempDir } from "../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGE = await Deno.readTextFile(`${ROOT}docs/on-slurm.md`);
const COMMANDS = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) =>
  block[1]!.trimEnd().split("\n")
);
const SWEEP = /^```\n# sweep\.txt\n(.*?)^```/ms.exec(PAGE)![1]!;

Deno.test("docs/on-slurm.md: each deno task slurm makes a script", () =>
  inTempDir(async (folder) => {
    const sweep = `${folder}/sweep.txt`;
    await Deno.writeTextFile(sweep, SWEEP);
    const lines = COMMANDS.filter((line) => line.startsWith("deno task slurm"));
    assert.ok(lines.length > 0);
    for (const line of lines) {
      const words = wordsIn(line)!.slice(3).map((word) => word === "sweep.txt" ? sweep : word);
      assert.match(await slurmScript(words), /^#!\/usr\/bin\/env bash\n/, line);
    }
  }));

Deno.test("docs/on-slurm.md: what sbatch is given are scripts that are there, and options of the coordinator", async () => {
  const lines = COMMANDS.filter((line) => line.startsWith("sbatch "));
  assert.ok(lines.length > 0);
  for (const line of lines) {
    const words = wordsIn(line)!;
    const script = words.findIndex((word) => word.endsWith(".sbatch"));
    await Deno.stat(ROOT + words[script]!);
    if (words[script]!.endsWith("workers.sbatch")) continue;
    const options = words.slice(script + 1).filter((word) => !word.startsWith("@"));
    parseOptions(COORDINATOR_COMMAND, options.map((word) => word.replace("%a", "1")));
  }
  for (const line of SWEEP.trimEnd().split("\n")) parseOptions(COORDINATOR_COMMAND, wordsIn(line)!);
});

Deno.test("docs/on-slurm.md has no commands but those", () => {
  const others = COMMANDS.filter((line) => !/^(deno task slurm|sbatch )/.test(line));
  assert.deepEqual(others, ["tail -F slurm-1234.out"]);
});

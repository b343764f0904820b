/** Reads the log of a run. Run it: deno run --allow-read examples/read_log.ts runs/NAME */
import { examine, readRun, readSummary } from "@wagon/wagon/runlog";

const [folder] = Deno.args;
if (folder === undefined) throw new Error("Name a run folder");

let generator_steps = 0;
for await (const record of readRun(folder)) {
  if (record.type === "step" && record.generator) generator_steps++;
  if (record.type === "evaluation") console.log(`step ${record.step}: distance ${record.sliced_wasserstein}`);
}

const summary = await readSummary(folder);
console.log(`${summary.state}: ${summary.steps} critic steps, ${generator_steps} generator steps`);
console.log(`estimate ${summary.wasserstein_estimate?.toFixed(3)}`);
const findings = examine(summary);
for (const { code, seen, change } of findings) console.log(`${code}: ${seen}. ${change}`);
if (findings.length === 0) console.log("No problems found.");

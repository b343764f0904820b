/** `deno task simulate`: plans a run over a network without one. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { columnsOf } from "../common/terminal/terminal.ts";
import { simulate, type Simulated } from "../simulation/measure.ts";
import { COMMAND } from "./simulate/options.ts";
import { planOf } from "./simulate/plan.ts";
import { reportLines } from "./simulate/report.ts";

async function main(args: readonly string[]): Promise<void> {
  const plan = planOf(parseOptions(COMMAND, args).values);
  const found: Simulated[] = [];
  for (const setup of plan.setups) found.push(await simulate(setup));
  console.log(reportLines(plan, found, columnsOf(Deno.stdout)).join("\n"));
}

if (import.meta.main) await runMain(main);

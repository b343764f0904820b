/** `deno task simulate`: plans a run over a network without one. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { columnsOf } from "../common/terminal/terminal.ts";
import { bestGroups, type Found } from "../simulation/best_groups.ts";
import { simulate } from "../simulation/measure.ts";
import { COMMAND } from "./simulate/options.ts";
import { planOf } from "./simulate/plan.ts";
import { reportJson, reportLines } from "./simulate/report.ts";

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(COMMAND, args);
  const plan = planOf(values);
  const find = values.wire_groups === undefined
    ? bestGroups
    : async (setup: Found["setup"]) => ({ setup, simulated: await simulate(setup) });
  const [first, ...others] = plan.setups;
  const found: [Found, ...Found[]] = [await find(first)];
  for (const setup of others) found.push(await find(setup));
  console.log(
    values.json ? reportJson(plan, found) : reportLines(plan, found, columnsOf(Deno.stdout)).join("\n"),
  );
}

if (import.meta.main) await runMain(main);

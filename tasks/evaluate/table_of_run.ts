/** The columns of a run's samples beside those of its data, if these are a table. */
import { UserError } from "../../common/errors.ts";
import type { TableColumn } from "../../common/values/table.ts";
import type { Generator } from "../../library/generator.ts";
import { compareTables, type TableComparison } from "../../metrics/table_comparison.ts";
import { latents } from "../../random/latents.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { examplesOf, labelsLike } from "./judged.ts";
import { runData } from "./run_data.ts";

const SEED = 1;
/** Rows of each. */
const MOST_ROWS = 5000;
/** Numbers whose correlations are drawn. */
const MOST_PAIRS = 20;

/** Or why it cannot be had; null where the data are no table. */
export async function tableOfRun(
  summary: Summary,
  generator: Generator | null,
): Promise<TableComparison | { readonly missing: string } | null> {
  const table: readonly TableColumn[] | undefined = generator?.table ??
    generator?.columns?.map((name) => ({ name }));
  if (!generator || !table) return null;
  try {
    const data = await runData(summary, "compare with the data of the run");
    const count = Math.min(MOST_ROWS, data.num_examples);
    const class_counts = generator.class_names && summary.data.labels?.class_counts;
    const samples = await generator.draw(
      latents(SEED, count, generator.latent),
      class_counts && labelsLike(class_counts, count),
    );
    return compareTables(examplesOf(data, count, SEED), samples, table, MOST_PAIRS);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { missing: error.message.replace(/; check --data$/, "; put it back to measure this") };
  }
}

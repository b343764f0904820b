/** The data that a run trained on, read again from where the run found them. */
import { UserError } from "../../common/errors.ts";
import { recordedConfig } from "../../coordinator/config/config.ts";
import type { DataSet } from "../../coordinator/data/data_set.ts";
import { padImages } from "../../coordinator/data/pad.ts";
import { openDataSet } from "../../coordinator/data/resolve.ts";
import { differenceFrom } from "../../coordinator/data/same_data.ts";
import type { Summary } from "../../runlog/summary/summary.ts";

/**
 * As the run saw them. `what`: what they are for, as in "compare with the training images". Throws
 * {@linkcode UserError} where they are gone or have changed.
 */
export async function runData({ config, data: recorded }: Summary, what: string): Promise<DataSet> {
  const before = recordedConfig(config);
  const { dataset, data: path } = before;
  const found = padImages(
    await openDataSet({ ...before, dataset: dataset ?? undefined, data: path ?? undefined }),
    before,
  );
  const difference = await differenceFrom(recorded, found);
  if (difference === null) return found;
  throw new UserError(
    `Cannot ${what}: ${path ?? dataset} must be unchanged since the run, with ${difference}`,
  );
}

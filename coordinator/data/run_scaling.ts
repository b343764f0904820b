/** The scaling of a run's data (--scale): fitted or read when the run begins, kept beside its artifacts. */
import { UserError } from "../../common/errors.ts";
import { parseScaling, type Scaling } from "../../common/values/scaling.ts";
import type { DataSet } from "./data_set.ts";
import type { ShardPlan } from "./plan.ts";
import { fitScaling, isFitted, readScaling, scaleData } from "./scaling.ts";

/** Among the artifacts of a run whose data are scaled. Workers do not get it. */
export const SCALING_FILE = "scaling.json";

/** The data of a new run, scaled as `scale` says. Throws {@linkcode UserError} for a file that holds no scaling. */
export async function scaleForRun(data: DataSet, scale: string, plan: ShardPlan): Promise<DataSet> {
  if (scale === "none") return data;
  const scaling = isFitted(scale) ? fitScaling(data, scale, plan.holdout) : await readScaling(scale);
  return await scaleData(data, scaling);
}

interface Kept {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The scaling of a recorded run; null: it has none. Throws {@linkcode UserError} where it is missing. */
export function scalingOf(
  { scale }: { readonly scale: string },
  artifacts: readonly Kept[],
): Scaling | null {
  if (scale === "none") return null;
  const kept = artifacts.find(({ file }) => file === SCALING_FILE);
  if (!kept) {
    throw new UserError(
      `Cannot resume: artifact ${SCALING_FILE} with the scaling of the data is required, found none; restore it`,
    );
  }
  return parseScaling(new TextDecoder().decode(kept.bytes));
}

/** A sidecar, damaged, beside its whole log: the sum must be that of the log. */
import assert from "node:assert/strict";
import { foldRun } from "../../runlog/log/fold_run.ts";
import { openLog } from "../../runlog/log/log_file.ts";
import { noneSkipped } from "../../runlog/log/reader.ts";
import type { RunRecord } from "../../runlog/records.ts";
import { RunFold } from "../../runlog/summary/summary.ts";
import type { Chance } from "./chance.ts";
import { mutateBytes } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Steps that are kept as they were: more than there are. */
const MAX_STEPS = 1024;

async function summed(folder: string): Promise<unknown> {
  const fold = new RunFold(MAX_STEPS);
  const skipped = noneSkipped();
  await foldRun(folder, fold, skipped);
  return fold.summary(false, skipped);
}

/** Losses as the coordinator writes them: others get no row. */
function asFloats(record: RunRecord): RunRecord {
  if (record.type !== "step") return record;
  const [mean_real, mean_fake] = [Math.fround(record.mean_real), Math.fround(record.mean_fake)];
  return {
    ...record,
    mean_real,
    mean_fake,
    loss_critic: -mean_real,
    wasserstein_estimate: mean_real - mean_fake,
  };
}

export class StepIndexTarget implements Target {
  readonly name = "step_index";
  readonly #folder: string;
  readonly #whole: Uint8Array;
  readonly #summary: unknown;

  private constructor(folder: string, whole: Uint8Array, summary: unknown) {
    this.#folder = folder;
    this.#whole = whole;
    this.#summary = summary;
  }

  /** `folder` is the target's own. */
  static async open(folder: string, records: readonly RunRecord[]): Promise<StepIndexTarget> {
    const log = await openLog(`${folder}/events.jsonl`);
    records.forEach((record) => log.append(asFloats(record)));
    await log.close();
    const whole = await Deno.readFile(`${folder}/events.series`);
    return new StepIndexTarget(folder, whole, await summed(folder));
  }

  async attempt(chance: Chance): Promise<string> {
    await Deno.writeFile(`${this.#folder}/events.series`, mutateBytes(this.#whole, chance));
    assert.deepEqual(await summed(this.#folder), this.#summary);
    return "the same sum";
  }
}

/** What of a run's configuration may change when it is resumed. */
import { UserError } from "../../common/errors.ts";
import { optionOf } from "../../runlog/recorded_options.ts";
import { checkRunControl, type GivenConfig, type RunConfig } from "./config.ts";
import { PRESETS } from "./presets.ts";
import { withShards } from "./shards_for.ts";
import { checkSameBetas } from "./update_config.ts";

/**
 * Changes allowed on resume: a run's length and its intervals. Data are compared by content. Of `exact` a resume
 * may only give up the promise.
 */
export const MAY_CHANGE: ReadonlySet<string> = new Set<keyof RunConfig>([
  "steps",
  "epochs",
  "stop_when_flat",
  "min_steps",
  "sample_every",
  "evaluate_every",
  "checkpoint_every",
  "dataset",
  "data",
  "labels",
]);

/**
 * The configuration of a resumed run: the recorded one with what was given and may change. Throws
 * {@linkcode UserError} naming the first given value that would make it another run.
 */
export function resumeConfig(recorded: RunConfig, asked: GivenConfig): RunConfig {
  const { preset } = recorded;
  const { shards: preset_shards, batch, lr } = PRESETS[preset] ?? { ...recorded, shards: 1 };
  const { betas, ...given } = withShards(asked, {
    ...{ preset_shards, lr },
    batch: asked.scale_batch ? batch : recorded.batch,
  });
  checkSameBetas({ ...betas !== undefined && { betas } }, { ...recorded, name: preset });
  for (const [key, value] of Object.entries(given) as [keyof typeof given, unknown][]) {
    if (MAY_CHANGE.has(key) || JSON.stringify(recorded[key]) === JSON.stringify(value)) continue;
    // A promise may be given up, not taken back to life: what was computed since may have had other bits.
    if (key === "exact" && value === false) continue;
    throw new UserError(
      `Cannot resume with another ${optionOf(key)}: the run has ${recorded[key]}, found ${value}; ` +
        `leave the option out, or start a new run`,
    );
  }
  checkRunControl(given, recorded);
  const run_length = given.steps !== undefined ? { epochs: null } : {};
  return { ...recorded, ...given, ...run_length };
}

/** Differences between two configurations, as key -> [old, new]. */
export function configChanges(before: RunConfig, after: RunConfig): Record<string, [unknown, unknown]> {
  const changes: Record<string, [unknown, unknown]> = {};
  for (const key of Object.keys(after) as (keyof RunConfig)[]) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) changes[key] = [before[key], after[key]];
  }
  return changes;
}

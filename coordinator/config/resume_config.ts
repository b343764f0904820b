/** What of a run's configuration may change when it is resumed. */
import { UserError } from "../../common/errors.ts";
import { optionOf } from "../../runlog/recorded_options.ts";
import { checkRunControl, type GivenConfig, type RunConfig } from "./config.ts";
import { PRESETS } from "./presets.ts";
import { withShards } from "./shards_for.ts";
import { checkSameBetas, checkUpdate } from "./update_config.ts";

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
  "keep_best",
  "checkpoint_every",
  "dataset",
  "data",
  "labels",
]);

/**
 * Changes that --amend also allows: how far weights move in a step. Graphs, data and optimizer state stay as they are, so
 * the run can go on from its checkpoint, but it ends with other weights than without them.
 */
export const AMENDABLE: ReadonlySet<string> = new Set<keyof RunConfig>([
  "lr",
  "lr_critic",
  "lr_generator",
  "decay",
  "decay_steps",
  "clip_grad_norm",
]);

/**
 * The configuration of a resumed run: the recorded one with what was given and may change. `amend`: the learning rate may
 * change, too. Throws {@linkcode UserError} naming the first given value that would make it another run.
 */
export function resumeConfig(recorded: RunConfig, asked: GivenConfig, amend = false): RunConfig {
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
    const is_amendable = AMENDABLE.has(key);
    if (amend && is_amendable) continue;
    throw new UserError(
      `Cannot resume with another ${optionOf(key)}: the run has ${recorded[key]}, found ${value}; ` +
        `leave the option out, ${is_amendable ? "change it with --amend, " : ""}or start a new run`,
    );
  }
  checkRunControl(given, recorded);
  if (amend) checkUpdate(given, { ...recorded, name: preset });
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

/** A run's settings as a `--config` file: trained with it, a new run takes the same steps. */
import { optionOf } from "../runlog/recorded_options.ts";
import type { Summary } from "../runlog/summary/summary.ts";

/** Settings that follow from others: the networks and the optimizer from the preset or the files, epochs are in steps. */
const FOLLOW = ["networks", "optimizer", "epochs"];
/** Settings of own networks: those of a preset have them from it. */
const OF_OWN = ["generator", "critic", "objective", "trainable"];

/** Keys and values of the file. What the run's preset leaves unset stays out. */
export function configFile({ config }: Pick<Summary, "config">): Record<string, unknown> {
  const has_own = typeof config.generator === "string";
  const left_out = has_own ? FOLLOW : [...FOLLOW, ...OF_OWN];
  return Object.fromEntries(
    Object.entries(config)
      .filter(([name, value]) => value !== null && !left_out.includes(name))
      .map(([name, value]) => [optionOf(name), value]),
  );
}

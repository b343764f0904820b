/** Settings of a run in a few words each, for its report. */
import { setting } from "./numbers.ts";

/** Losses that a preset has by its name. */
const KNOWN: ReadonlySet<string> = new Set(["wgan", "gan", "wgan-gp"]);

/** Name and value of the settings that shape a run; those that it does not have, or not switched on, are null. */
export function settingFacts(config: Readonly<Record<string, unknown>>): (string | null)[] {
  const said = (name: string) =>
    config[name] === undefined || config[name] === null ? null : `${name} ${setting(config[name])}`;
  return [
    said("batch"),
    said("shards"),
    said("n_critic"),
    said("lr"),
    said("lr_critic"),
    said("lr_generator"),
    config.decay === "cosine" ? said("decay") : null,
    typeof config.objective === "string" && KNOWN.has(config.objective) ? null : said("objective"),
    said("r1"),
    said("r2"),
    config.lazy_penalty === 1 ? null : said("lazy_penalty"),
    said("clip"),
    said("clip_grad_norm"),
    said("latent"),
    config.ema_half_life ? said("ema_half_life") : null,
    said("seed"),
  ];
}

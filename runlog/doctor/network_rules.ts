/** Rules over the networks' own state, as the vitals tell it, and over how they are set up. */
import type { Entry } from "../summary/summary_parts.ts";
import type { Summary } from "../summary/summary.ts";
import { type Evidence, percent, type Rule, short } from "./rule.ts";

type Vitals = Entry<"vitals">;
/** Vitals in a row that must agree, and that a rule needs at least. */
const IN_A_ROW = 3;
/** Weights start well within the bounds, and reach them in some steps. */
const CLIP_STEPS = 500;
/** With fewer of the weights at a bound, clipping does not hold the critic. */
const CLIP_HOLDS = 0.1;
/** RMSProp divides by the gradient's size + 1e-8: a hundred times that, and steps begin to shrink. */
const VANISHED = 1e-6;
const EXPLODED = 10;
const GROWN = 3;

/** The layer with the largest or the smallest gradient. Biases are left out: they have hardly any layer's scale. */
function extremeLayer(gradients: Readonly<Record<string, number>>, sign: 1 | -1): [string, number] | null {
  const weights = Object.entries(gradients).filter(([name]) => name.endsWith("weight"));
  return weights.reduce<[string, number] | null>(
    (best, entry) => best === null || sign * entry[1] > sign * best[1] ? entry : best,
    null,
  );
}

function span(vitals: readonly Vitals[]): Pick<Evidence, "first_step" | "last_step"> {
  return { first_step: vitals[0]!.step, last_step: vitals.at(-1)!.step };
}

const clip_not_reached: Rule = {
  code: "clip-not-reached",
  spoils: "critic",
  condition: `In the last ${IN_A_ROW} measurements, less than ${percent(CLIP_HOLDS)} of the critic's ` +
    `parameters are at the clip bounds. Only after ${CLIP_STEPS} critic steps. (A large share is normal.)`,
  cause:
    "The bounds are too wide to limit the critic: it may become arbitrarily steep, and then it does not estimate a " +
    "distance",
  change: "Divide --clip by 10; the paper uses 0.01",
  find({ vitals, steps }) {
    const last = vitals.slice(-IN_A_ROW);
    if (last.length < IN_A_ROW || steps < CLIP_STEPS) return null;
    const shares = last.map(({ clipped }) => clipped ?? 1);
    const most = Math.max(...shares);
    if (most >= CLIP_HOLDS) return null;
    return {
      seen: `At most ${percent(most)} of the critic's parameters are at the clip bounds`,
      ...span(last),
      numbers: { share: most },
    };
  },
};

const vanish: Rule = {
  code: "critic-gradients-vanish",
  spoils: "critic",
  condition:
    `In the last ${IN_A_ROW} measurements, a layer of the critic has gradients below ${VANISHED} (root mean square).`,
  cause:
    "The critic's output is nearly constant, so neither network learns: its bounds are too tight, or its units are " +
    "dead",
  change:
    "If the critic is clipped, raise --clip to twice, then to five times its value; if --lr is far above the " +
    "preset's value, lower it",
  find({ vitals }) {
    const last = vitals.slice(-IN_A_ROW);
    if (last.length < IN_A_ROW) return null;
    const layers = last.map(({ critic_gradients }) => extremeLayer(critic_gradients, -1));
    if (!layers.every((layer) => layer !== null && layer[1] < VANISHED)) return null;
    const [layer, size] = layers.at(-1)!;
    return {
      seen: `Gradients of ${layer} are ${short(size)} (root mean square)`,
      ...span(last),
      numbers: { gradient: size },
    };
  },
};

const explode: Rule = {
  code: "critic-gradients-explode",
  spoils: "critic",
  condition:
    `In the last ${IN_A_ROW} measurements, a layer of the critic has gradients above ${EXPLODED} (root mean square), ` +
    `and they are more than ${GROWN} times the largest gradients of the run's first measurement.`,
  cause: "The critic keeps getting steeper, because nothing bounds its slope",
  change: "If the critic is clipped, divide --clip by 10; then lower --lr",
  find({ vitals }) {
    const last = vitals.slice(-IN_A_ROW);
    const first = vitals[0] && extremeLayer(vitals[0].critic_gradients, 1);
    if (vitals.length <= IN_A_ROW || !first) return null;
    const layers = last.map(({ critic_gradients }) => extremeLayer(critic_gradients, 1));
    const limit = Math.max(EXPLODED, GROWN * first[1]);
    if (!layers.every((layer) => layer !== null && layer[1] > limit)) return null;
    const [layer, size] = layers.at(-1)!;
    return {
      seen: `Gradients of ${layer} are ${short(size)} (root mean square); the largest at first were ` +
        `${short(first[1])}`,
      ...span(last),
      numbers: { gradient: size, at_first: first[1] },
    };
  },
};

/** Batch normalisation over fewer examples is mostly noise. */
const MIN_NORMALISED = 8;

function normalises({ config }: Summary): boolean {
  const networks = config.networks as Record<string, { batch_norm?: unknown } | undefined> | undefined;
  return [networks?.generator, networks?.critic].some((network) => network?.batch_norm === true);
}

const tiny_shards: Rule = {
  code: "batch-norm-tiny-shards",
  spoils: "critic",
  condition:
    `A network uses batch normalisation, and --batch divided by --shards is less than ${MIN_NORMALISED} examples.`,
  cause: "Each shard normalises by the mean and variance of its own few examples, which are mostly noise",
  change: "Start a new run with a larger --batch or fewer --shards",
  find(summary) {
    const { batch, shards } = summary.config;
    if (typeof batch !== "number" || typeof shards !== "number" || !normalises(summary)) return null;
    const micro_batch = batch / shards;
    if (micro_batch >= MIN_NORMALISED || summary.steps === 0) return null;
    return {
      seen: `Batch normalisation over ${micro_batch} examples`,
      first_step: 1,
      last_step: summary.steps,
      numbers: { micro_batch },
    };
  },
};

export const NETWORK_RULES: readonly Rule[] = [clip_not_reached, vanish, explode, tiny_shards];

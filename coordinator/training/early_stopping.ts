/**
 * `--early-stopping`: whether the estimate has stopped falling, by two tests of its linear trend over the later half
 * of the run. It does not fall: a one-sided t-test finds no fall at the 10 % level. And that is no lack of evidence:
 * with 99 % confidence on either side it neither fell nor rose by more than a twentieth of the run's highest level
 * (two one-sided tests of equivalence, Schuirmann 1987). Where noise hides the trend, the run goes on.
 *
 * The trend is the slope of least squares over means of blocks of steps; what correlation between neighbouring
 * blocks is left widens its error by the effective number of blocks n (1 - r) / (1 + r), r the lag-1 autocorrelation
 * of the residuals (Santer et al. 2000, J. Geophys. Res. 105, section 4). A look at the data at every step would find
 * flatness by chance: the run is looked at again after it has grown by a quarter.
 *
 * Pure, and of + - x / sqrt alone, so that it decides alike on any machine. docs/run-control.md tells people.
 */

/** Steps of the first blocks. */
const BLOCK_STEPS = 20;
/** With more blocks, they are joined two by two: there are 64 to 128 of them, each 1/64 of the run or less. */
const MAX_BLOCKS = 128;
/** The highest level is that of means over so many steps: those that `inspect` shows. */
const LEVEL_STEPS = 200;
/** A rise or fall by this share of the highest level matters. */
export const MARGIN = 0.05;
/** Quantiles of the normal distribution: of the test of equivalence, 99 %, and of that for a fall, 90 %. */
const Z_99 = 2.3263478740408408;
const Z_90 = 1.2815515655446004;
/** The run grows by this factor between two looks. */
const GROWTH = 1.25;
/** Fewer effective blocks tell nothing. */
const MIN_EFFECTIVE = 6;

/** State of the test between two steps. */
export interface EarlyStoppingWatch {
  /** Means of consecutive blocks of `block_steps` steps, and the open block. */
  readonly blocks: readonly number[];
  readonly block_steps: number;
  readonly open: { readonly count: number; readonly sum: number };
  /** The highest mean of LEVEL_STEPS steps so far (null: none yet), and the open mean. */
  readonly highest: number | null;
  readonly level: { readonly count: number; readonly sum: number };
  /** The first step of the next look. */
  readonly next_look: number;
}

export const FIRST_EARLY_STOPPING_WATCH: EarlyStoppingWatch = {
  blocks: [],
  block_steps: BLOCK_STEPS,
  open: { count: 0, sum: 0 },
  highest: null,
  level: { count: 0, sum: 0 },
  next_look: 0,
};

/** The trend over the later half of the run. */
export interface Trend {
  /** Steps of that half. */
  readonly steps: number;
  /** By how much the estimate changed over it, and how far that can be off on either side, with 99 % confidence. */
  readonly change: number;
  readonly error: number;
  /** A fall by more than this is no chance, at the 10 % level. */
  readonly noise: number;
  /** The change that would matter. */
  readonly margin: number;
}

/** Takes the estimate of the next step. */
export function watchEstimate(watch: EarlyStoppingWatch, estimate: number): EarlyStoppingWatch {
  const level = { count: watch.level.count + 1, sum: watch.level.sum + estimate };
  const open = { count: watch.open.count + 1, sum: watch.open.sum + estimate };
  const full = level.count === LEVEL_STEPS;
  const next = {
    ...watch,
    open,
    level: full ? FIRST_EARLY_STOPPING_WATCH.level : level,
    highest: full ? Math.max(watch.highest ?? -Infinity, level.sum / LEVEL_STEPS) : watch.highest,
  };
  if (open.count < watch.block_steps) return next;
  const blocks = [...watch.blocks, open.sum / open.count];
  const closed = { ...next, blocks, open: FIRST_EARLY_STOPPING_WATCH.open };
  if (blocks.length < MAX_BLOCKS) return closed;
  const pairs = blocks.flatMap((mean, i) => i % 2 === 1 ? [(blocks[i - 1]! + mean) / 2] : []);
  return { ...closed, blocks: pairs, block_steps: 2 * watch.block_steps };
}

/**
 * Looks whether it is time after step `step`, not before step `min_steps`: `flat` is the trend where it is flat.
 * The time of the next look is part of the watch that comes back.
 */
export function look(
  watch: EarlyStoppingWatch,
  step: number,
  min_steps: number,
): { watch: EarlyStoppingWatch; flat: Trend | null } {
  const too_early = step < min_steps || step < watch.next_look || watch.open.count > 0 ||
    watch.blocks.length < MAX_BLOCKS / 2;
  if (too_early) return { watch, flat: null };
  const trend = trendOf(watch);
  const flat = trend !== null && isFlat(trend) ? trend : null;
  return { watch: { ...watch, next_look: Math.ceil(GROWTH * step) }, flat };
}

function isFlat({ change, error, noise, margin }: Trend): boolean {
  return change >= -noise && Math.abs(change) + error < margin;
}

/** The trend over the later half; null where there is too little to tell, or no level above 0. */
export function trendOf({ blocks, block_steps, highest }: EarlyStoppingWatch): Trend | null {
  if (highest === null || highest <= 0) return null;
  const half = blocks.slice(blocks.length >> 1);
  const n = half.length;
  const centre = (n - 1) / 2;
  const mean = half.reduce((sum, value) => sum + value, 0) / n;
  const spread = n * (n * n - 1) / 12;
  const slope = half.reduce((sum, value, i) => sum + (i - centre) * (value - mean), 0) / spread;
  const residuals = half.map((value, i) => value - mean - slope * (i - centre));
  const squares = residuals.reduce((sum, residual) => sum + residual * residual, 0);
  const products = residuals.reduce(
    (sum, residual, i) => i === 0 ? 0 : sum + residual * residuals[i - 1]!,
    0,
  );
  const r = squares === 0 ? 0 : Math.max(0, products / squares);
  const effective = n * (1 - r) / (1 + r);
  if (effective < MIN_EFFECTIVE) return null;
  const slope_error = Math.sqrt(squares / (effective - 2) / spread);
  return {
    steps: n * block_steps,
    change: slope * n,
    error: tQuantile(Z_99, effective - 2) * slope_error * n,
    noise: tQuantile(Z_90, effective - 2) * slope_error * n,
    margin: MARGIN * highest,
  };
}

/**
 * Student's t for `freedom` degrees, 4 or more, where the normal distribution has `z`, up to 2.33: within 0.3 %
 * (Abramowitz and Stegun 1964, 26.7.5).
 */
export function tQuantile(z: number, freedom: number): number {
  const v = freedom;
  const z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, z9 = z7 * z * z;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v) +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * v * v * v * v);
}

/**
 * The tail of a result, which follows the gradients: means over a micro-batch, one number each, and in a generator's
 * result the batch statistics behind them, in the layout of the running ones. The order is said here alone: the graphs
 * give it, the manifest's check requires it, and the training reads it.
 */

/** Names of the numbers, in the tail's order. */
export const TAIL_NAMES = {
  critic: ["loss", "mean_D_real", "mean_D_fake"],
  generator: ["loss", "mean_D_fake"],
} as const;

/** Places in the tail, counted from its begin (`tail_offset` of the graph). */
export const TAIL = {
  critic: placesOf(TAIL_NAMES.critic),
  generator: { ...placesOf(TAIL_NAMES.generator), statistics: TAIL_NAMES.generator.length },
} as const;

function placesOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, place) => [name, place])) as Record<Name, number>;
}

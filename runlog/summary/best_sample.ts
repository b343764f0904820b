/** Which picture of a run is its best: no more than arithmetic over what the log says. */
import type { Summary } from "./summary.ts";

/** A picture whose samples were measured at the same step. */
export interface BestSample {
  readonly step: number;
  /** Relative to the run folder. */
  readonly file: string;
  readonly sliced_wasserstein: number;
}

/**
 * Among the pictures at whose step the samples were also evaluated, the one with the least sliced Wasserstein distance,
 * the earliest of equals; null where there is none.
 */
export function bestSample(
  { samples, evaluations }: Pick<Summary, "samples" | "evaluations">,
): BestSample | null {
  const distances = new Map(evaluations.map(({ step, sliced_wasserstein }) => [step, sliced_wasserstein]));
  const measured = samples.flatMap(({ step, file }): BestSample[] => {
    const sliced_wasserstein = distances.get(step);
    return sliced_wasserstein === undefined ? [] : [{ step, file, sliced_wasserstein }];
  });
  return measured.reduce<BestSample | null>(
    (best, one) => best && best.sliced_wasserstein <= one.sliced_wasserstein ? best : one,
    null,
  );
}

/** Figures of how good samples are: what they are called in records, in options and for people, and which way is better. */

export interface Measure {
  /** Its name in options. */
  readonly option: string;
  readonly title: string;
  readonly better: "lower" | "higher";
  /** It is shown times this. */
  readonly factor?: number;
}

export const MEASURES = {
  sliced_wasserstein: { option: "swd", title: "sliced Wasserstein distance", better: "lower" },
  frechet_distance: { option: "fid", title: "Fréchet distance", better: "lower" },
  kernel_distance: { option: "kid", title: "kernel distance x 1000", better: "lower", factor: 1000 },
  precision: { option: "precision", title: "precision", better: "higher" },
  recall: { option: "recall", title: "recall", better: "higher" },
  density: { option: "density", title: "density", better: "higher" },
  coverage: { option: "coverage", title: "coverage", better: "higher" },
} as const satisfies Readonly<Record<string, Measure>>;

/** As records and files name them. */
export type MeasureName = keyof typeof MEASURES;
/** Those of features, which are measured where --metrics names them. */
export type FeatureMeasureName = Exclude<MeasureName, "sliced_wasserstein">;

export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[];
export const FEATURE_MEASURES = MEASURE_NAMES.filter((name) =>
  name !== "sliced_wasserstein"
) as readonly FeatureMeasureName[];

/** The figures of features that an evaluation has, in the units in which they are shown. */
export function shownFigures(
  evaluation: Readonly<Partial<Record<FeatureMeasureName, number>>>,
): readonly (readonly [FeatureMeasureName, number])[] {
  return FEATURE_MEASURES.flatMap((name) => {
    const value = evaluation[name], { factor = 1 }: Measure = MEASURES[name];
    return value === undefined ? [] : [[name, value * factor] as const];
  });
}

/** The figure that an option names; undefined: none. */
export function measureOf(option: string): MeasureName | undefined {
  return MEASURE_NAMES.find((name) => MEASURES[name].option === option);
}

/** True if `value` is better than `than`, and not as good. */
export function isBetter(name: MeasureName, value: number, than: number): boolean {
  return MEASURES[name].better === "lower" ? value < than : value > than;
}

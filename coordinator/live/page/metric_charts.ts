/** Curves of the figures that --metrics names: a chart for each, made when the first of its values comes. */
import {
  FEATURE_MEASURES,
  type FeatureMeasureName,
  type Measure,
  MEASURES,
} from "../../../runlog/measures.ts";
import type { EvaluationView } from "../view.ts";
import { Chart } from "./chart.ts";
import { measuredCurve } from "./curve_data.ts";

export class MetricCharts {
  readonly #place: HTMLElement;
  readonly #charts = new Map<FeatureMeasureName, Chart>();

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** `share`: of the steps, from the end. */
  show(evaluations: readonly EvaluationView[], share: number): void {
    for (const name of FEATURE_MEASURES) {
      const measured = evaluations.map(({ step, figures }) => [step, figures?.[name] ?? null] as const);
      if (measured.every(([, value]) => value === null)) continue;
      this.#chartOf(name).show({ curve: measuredCurve(measured), share });
    }
  }

  /** The colours of the page have changed. */
  recolour(): void {
    for (const chart of this.#charts.values()) chart.recolour();
  }

  #chartOf(name: FeatureMeasureName): Chart {
    const made = this.#charts.get(name);
    if (made !== undefined) return made;
    const { title, better }: Measure = MEASURES[name];
    const chart = new Chart(this.#place, {
      id: `chart-${name.replaceAll("_", "-")}`,
      title: title.charAt(0).toUpperCase() + title.slice(1),
      meaning: `Of features of samples: ${better} is better.`,
      axis: title,
      colour: "--distance",
      height: 190,
      measured: true,
    });
    this.#charts.set(name, chart);
    return chart;
  }
}

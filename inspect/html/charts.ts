/** The curves of a report: one colour a run in all charts, and on one axis only what is on one scale. */
import { FEATURE_MEASURES, type Measure, MEASURES } from "../../runlog/measures.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import type { CurvePoint } from "../../runlog/summary/summary_parts.ts";
import { type Html, html } from "./html.ts";
import { type ChartLine, lineChart } from "./line_chart.ts";
import type { Reported } from "./reported.ts";

/** Settings that make critics different functions, whose scores have scales of their own. */
const CRITIC_SETTINGS = [
  "objective",
  "clip",
  "penalty",
  "critic",
  "width",
  "dropout",
  "spectral_norm",
  "pad_to",
] as const;

/** The same for runs whose critics score the same data on one scale. */
export function criticScale({ config, data, num_parameters }: Summary): string {
  const { critic = null } = (config.networks ?? {}) as { critic?: unknown };
  const settings = CRITIC_SETTINGS.map((name) => config[name] ?? null);
  return JSON.stringify([settings, critic, num_parameters.critic, data.sha256]);
}

/** A run with its place among all: its colour. */
type Placed = Reported & { readonly colour: number };

type Points = ChartLine["points"];

function lineOf({ name, colour }: Placed, points: Points, alone: boolean): ChartLine {
  return { name: alone ? "training" : name, points, colour };
}

/** A window without a generator step has nothing to draw; it is no gap in the measurements. */
function curveOf({ estimate_curve }: Summary, key: Exclude<keyof CurvePoint, "step">): Points {
  return estimate_curve.flatMap((point) => point[key] === null ? [] : [[point.step, point[key]] as const]);
}

function heldOut({ name, colour, summary }: Placed, alone: boolean): ChartLine {
  const points = summary.heldout.flatMap(({ step, critic_cost }) =>
    critic_cost === undefined ? [] : [[step, -critic_cost] as const]
  );
  return { name: alone ? "held out" : `${name}, held out`, points, colour, dashed: true };
}

interface Comparison {
  readonly title: string;
  readonly axis: string;
  readonly meaning?: string;
  /** The same for runs whose values may share an axis. */
  readonly scale: (summary: Summary) => string;
  readonly lines: (run: Placed) => readonly ChartLine[];
}

/** A chart for each scale; its title names the runs where there are several. */
function compared(runs: readonly Placed[], { scale, lines, ...text }: Comparison): (Html | null)[] {
  const hasValues = ({ points }: ChartLine) => points.some(([, value]) => value !== null);
  const groups = Map.groupBy(
    runs.filter((run) => lines(run).some(hasValues)),
    ({ summary }) => scale(summary),
  );
  return [...groups.values()].map((group) => {
    const title = groups.size > 1 ? `${text.title}: ${group.map(({ name }) => name).join(", ")}` : text.title;
    return lineChart({ ...text, title, named: runs.length > 1 }, group.flatMap(lines));
  });
}

/** Why there are several charts of the same; null where there is one of each. */
function reasonFor(runs: readonly Placed[]): Html | null {
  const num_data = new Set(runs.map(({ summary }) => summary.data.sha256)).size;
  const num_critics = new Set(runs.map(({ summary }) => criticScale(summary))).size;
  if (num_data > 1) {
    return html`<p class="dim">These runs have different data. Curves that cannot be compared are in separate charts.</p>`;
  }
  return num_critics > 1
    ? html`<p class="dim">These runs have different critics. Their estimates and losses are on different scales and have
charts of their own; the distance to the data compares the runs.</p>`
    : null;
}

function estimates({ summary }: Placed): boolean {
  return summary.wasserstein_estimate !== null;
}

/** Quality of the samples, measured in the same way for every run. */
function ofSamples(
  runs: readonly Placed[],
  line: (points: (summary: Summary) => Points) => Comparison["lines"],
) {
  return [
    compared(runs, {
      title: "Distance of samples to the data",
      axis: "distance",
      meaning: "Sliced Wasserstein distance: lower is better.",
      scale: ({ data }) => data.sha256,
      lines: line(({ evaluations }) =>
        evaluations.map(({ step, sliced_wasserstein }) => [step, sliced_wasserstein])
      ),
    }),
    ...FEATURE_MEASURES.map((name) => {
      const { title, better, factor = 1 }: Measure = MEASURES[name];
      return compared(runs, {
        title: title.charAt(0).toUpperCase() + title.slice(1),
        axis: title,
        meaning: `Of features of samples: ${better} is better.`,
        scale: ({ data }) => data.sha256,
        lines: line(({ evaluations }) =>
          evaluations.flatMap((one) =>
            one[name] === undefined ? [] : [[one.step, factor * one[name]] as const]
          )
        ),
      });
    }),
    compared(runs, {
      title: "Diversity of samples",
      axis: "diversity",
      meaning: "1 is as varied as the data; at 0, all are alike.",
      scale: () => "",
      lines: line(({ samples }) => samples.map(({ step, diversity }) => [step, diversity ?? null])),
    }),
  ];
}

/** Curves of the critics, each on its own scale. */
function ofCritics(
  runs: readonly Placed[],
  line: (points: (summary: Summary) => Points) => Comparison["lines"],
  alone: boolean,
) {
  return [
    compared(runs.filter(estimates), {
      title: "Wasserstein estimate",
      axis: "estimate",
      meaning: "Falls as samples get closer to the data. The scale is the critic's own.",
      scale: criticScale,
      lines: (run) => [
        lineOf(run, curveOf(run.summary, "wasserstein_estimate"), alone),
        heldOut(run, alone),
      ],
    }),
    // Where the estimate is one of a distance, the critic's loss is its mirror image.
    compared(runs.filter((run) => !estimates(run)), {
      title: "Critic loss",
      axis: "loss",
      meaning: "Low if the critic easily distinguishes samples from data.",
      scale: criticScale,
      lines: line((summary) => curveOf(summary, "loss_critic")),
    }),
    compared(runs, {
      title: "Generator loss",
      axis: "loss",
      meaning: "Neither rising nor falling is good by itself, because the critic changes, too.",
      scale: criticScale,
      lines: line((summary) => curveOf(summary, "loss_generator")),
    }),
    compared(runs, {
      title: "Share of the critic's weights at the clip bounds",
      axis: "share",
      scale: () => "",
      lines: line(({ vitals }) => vitals.map(({ step, clipped }) => [step, clipped ?? null])),
    }),
  ];
}

export function charts(reported: readonly Reported[]): Html {
  const runs = reported.map((run, colour): Placed => ({ ...run, colour }));
  const alone = runs.length === 1;
  const line = (points: (summary: Summary) => Points) => (run: Placed) => [
    lineOf(run, points(run.summary), alone),
  ];
  const drawn = [...ofSamples(runs, line), ...ofCritics(runs, line, alone)].flat();
  return html`${reasonFor(runs)}<div class="charts">${drawn}</div>`;
}

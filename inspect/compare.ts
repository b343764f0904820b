/** Runs side by side: what differs in their configuration, and how their curves go on one scale. */
import { cleanLine } from "../common/text/foreign_text.ts";
import { examine } from "../runlog/doctor/doctor.ts";
import { verdictOf } from "../runlog/doctor/verdict.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import { fitsInto, layOut } from "./columns.ts";
import { heading } from "./heading.ts";
import { count, figure, setting } from "./numbers.ts";
import { whatOf } from "./run_table.ts";
import { chart, rangeOf } from "./sparkline.ts";
import { paint, type Terminal } from "../common/terminal/terminal.ts";
import { wrapLine } from "../common/text/wrap.ts";

/** A run and what a person calls it. */
export interface Compared {
  readonly name: string;
  readonly summary: Summary;
}

/** Columns of a curve; where fewer are left beside the name, it goes below the name. */
const CURVE_WIDTH = 60;
const MIN_CURVE_WIDTH = 24;
/** Columns of the number behind a curve, and of the gaps. */
const NUMBER_WIDTH = 14;
const CURVE_ROWS = 2;

/** Everything that makes a run what it is, one value a key: "networks.critic.widths" is "784,512,256,1". */
function flatten(value: unknown, prefix = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [[prefix, setting(value)]];
  if (Array.isArray(value)) return [[prefix, value.map(setting).join(",")]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, prefix === "" ? key : `${prefix}.${key}`)
  );
}

/** All settings of a run, with its data and versions, by name. */
export function settingsOf({ config, data, versions }: Summary): Map<string, string> {
  const about = { data: data.name, data_sha256: data.sha256.slice(0, 12), examples: data.num_examples };
  return new Map([...flatten(config), ...flatten(about, "run"), ...flatten(versions, "version")]);
}

/** Settings that differ between runs: by name, the value of each run, "-" if it has none. */
export function differences(summaries: readonly Summary[]): Map<string, string[]> {
  const settings = summaries.map(settingsOf);
  const names = new Set(settings.flatMap((all) => [...all.keys()]));
  const differing = [...names].map((
    name,
  ): [string, string[]] => [name, settings.map((s) => s.get(name) ?? "-")]);
  return new Map(differing.filter(([, values]) => new Set(values).size > 1));
}

type Point = readonly [step: number, value: number | null];

/** A curve on a common axis of steps: in each of `width` columns the point that covers it. */
function onAxis(curve: readonly Point[], last_step: number, width: number): (number | null)[] {
  return Array.from({ length: width }, (_, i) => {
    const step = (i + 1) / width * last_step;
    return curve.find((point) => point[0] >= step)?.[1] ?? null;
  });
}

/** Curves drawn for every run. `last`: the number beside the curve. */
interface Series {
  readonly title: string;
  readonly points: (summary: Summary) => readonly Point[];
  readonly last: (summary: Summary) => number | null;
}

function seriesOf(title: string, key: "wasserstein_estimate" | "loss_critic" | "loss_generator"): Series {
  const points = (summary: Summary) =>
    summary.estimate_curve.map((point) => [point.step, point[key]] as const);
  return { title, points, last: (summary) => summary[key] };
}

const DISTANCE: Series = {
  title: "Distance of samples to the data, lower is better",
  points: ({ evaluations }) =>
    evaluations.flatMap(({ step, sliced_wasserstein }) =>
      step > 0 ? [[step, sliced_wasserstein] as const] : []
    ),
  last: ({ evaluations }) => evaluations.at(-1)?.sliced_wasserstein ?? null,
};

/** The estimate's mirror image, the critic's loss, is left out of runs that have an estimate. */
function allSeries(runs: readonly Compared[]): Series[] {
  const estimates = runs.every(({ summary }) => summary.wasserstein_estimate !== null);
  return [
    DISTANCE,
    seriesOf("Wasserstein estimate, lower is better, each on its critic's own scale", "wasserstein_estimate"),
    ...estimates ? [] : [seriesOf("Critic loss", "loss_critic")],
    seriesOf("Generator loss", "loss_generator"),
  ];
}

function curves(runs: readonly Compared[], terminal: Terminal): string[] {
  const last_step = Math.max(...runs.map(({ summary }) => summary.steps));
  const longest = Math.max(...runs.map(({ name }) => name.length));
  const beside = terminal.width - longest - NUMBER_WIDTH >= MIN_CURVE_WIDTH;
  const label = beside ? longest : 0;
  const width = Math.max(4, Math.min(CURVE_WIDTH, terminal.width - label - NUMBER_WIDTH));
  return allSeries(runs).flatMap(({ title, points, last }) => {
    const all = runs.map(({ summary }) => onAxis(points(summary), last_step, width));
    const range = rangeOf(all.flat());
    if (!range) return [];
    const aside = `one scale, ${figure(range.low)} to ${figure(range.high)}; steps 1 to ${count(last_step)}`;
    const lines = runs.flatMap(({ name, summary }, i) => {
      const rows = chart(all[i]!, CURVE_ROWS, range.low, range.high, terminal.unicode);
      const drawn = rows.map((row, r) => {
        const bottom = r === CURVE_ROWS - 1;
        const before = (bottom && beside ? name : "").padEnd(label);
        const text = `  ${before}  ${paint(terminal, "cyan", row.padEnd(width))}`;
        return bottom ? `${text} ${figure(last(summary))}` : text.trimEnd();
      });
      return beside ? drawn : [`  ${name}`, ...drawn];
    });
    return ["", ...heading({ terminal, width: terminal.width }, title, aside), ...lines];
  });
}

/** Differences as a table; if that is too wide, one value a line. */
function settingLines(runs: readonly Compared[], width: number): string[] {
  const differing = [...differences(runs.map(({ summary }) => summary))];
  const columns = ["", ...runs.map(({ name }) => name)].map((title) => ({ title, align: "left" as const }));
  const rows = differing.map(([name, values]) => [name, ...values]);
  if (fitsInto(columns, rows, width - 2)) return layOut(columns, rows).map((line) => `  ${line}`.trimEnd());
  return differing.flatMap(([name, values]) => [
    `  ${name}`,
    ...values.flatMap((value, i) => wrapLine(`    ${runs[i]!.name}: ${value}`, width)),
  ]);
}

/** The verdict's word, and the codes of what the doctor finds. */
function judged(summary: Summary): [string, string] {
  const findings = examine(summary);
  return [verdictOf(summary, findings).label, findings.map(({ code }) => code).join(", ") || "no problems"];
}

/** The comparison as lines. */
export function comparison(compared: readonly Compared[], terminal: Terminal): string[] {
  const runs = compared.map((run) => ({ ...run, name: cleanLine(run.name) }));
  const rows = runs.map(({ name, summary }) => [
    name,
    summary.state,
    whatOf(summary),
    count(summary.steps),
    figure(summary.wasserstein_estimate),
    figure(summary.evaluations.at(-1)?.sliced_wasserstein ?? null),
    count(summary.images_per_second),
    ...judged(summary),
  ]);
  const table = layOut(
    [
      { title: "RUN", align: "left" },
      { title: "STATE", align: "left", expendable: 6 },
      { title: "WHAT", align: "left", expendable: 7 },
      { title: "STEPS", align: "right", expendable: 1 },
      { title: "ESTIMATE", align: "right", expendable: 2 },
      { title: "DISTANCE", align: "right", expendable: 3 },
      { title: "IMAGES/S", align: "right", expendable: 5 },
      { title: "VERDICT", align: "left", expendable: 4 },
      { title: "DOCTOR", align: "left", expendable: 8 },
    ],
    rows,
    terminal.width,
  );
  const settings = settingLines(runs, terminal.width);
  return [
    ...table.map((line, i) => i === 0 ? paint(terminal, "bold", line) : line),
    "",
    paint(terminal, "bold", settings.length > 1 ? "What differs" : "Their configurations are the same"),
    ...settings.length > 1 ? settings : [],
    ...curves(runs, terminal),
  ];
}

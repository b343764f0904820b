/** One or more runs as one self-contained HTML page: it needs no network, and asks for none. */
import { counted } from "../../common/text/counted.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import { duration } from "../../common/text/duration.ts";
import {
  FEATURE_MEASURES,
  type Measure,
  type MeasureName,
  MEASURES,
  shownFigures,
} from "../../runlog/measures.ts";
import { type Summary, WINDOW_STEPS } from "../../runlog/summary/summary.ts";
import { type Entry } from "../../runlog/summary/summary_parts.ts";
import { differences, settingsOf } from "../compare.ts";
import { bytes, count, figure, milliseconds, percent, travelsAs } from "../numbers.ts";
import { whatOf } from "../run_table.ts";
import { stepParts } from "../step_parts.ts";
import { Html, html, withOptions } from "./html.ts";
import { charts } from "./charts.ts";
import { animation, nearestNeighbors, ways } from "./pictures.ts";
import type { Reported } from "./reported.ts";
import { TABLE_STYLE, tableColumns } from "./table.ts";
import { SCRIPT, STYLE } from "./style.ts";

const MAX_FAULTS = 50;
/** Classes that are named. */
const MOST_CLASSES = 20;

function table(
  titles: readonly string[],
  rows: readonly (readonly (string | Html)[])[],
  numeric: number[] = [],
): Html {
  const kind = (i: number) => numeric.includes(i) ? new Html(' class="n"') : null;
  const head = titles.map((title, i) =>
    html`
      <th scope="col" ${kind(i)}>${title}</th>
    `
  );
  const body = rows.map((row) =>
    html`<tr>${
      row.map((cell, i) => i === 0 ? html`<th scope="row">${cell}</th>` : html`<td${kind(i)}>${cell}</td>`)
    }</tr>`
  );
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label="${titles[0]!}: table">
      <table>
        <thead>
          <tr>${head}</tr>
        </thead>
        <tbody>${body}</tbody>
      </table>
    </div>
  `;
}

function modesOf(evaluation: Entry<"evaluation"> | undefined): string {
  const modes = evaluation?.modes;
  return modes
    ? `${modes.covered} of ${modes.count}, ${percent(modes.high_quality)} of samples near one`
    : "-";
}

/** Preset and data, and the classes of the labels: the rows of the grids, from the top. */
function described(summary: Summary): string {
  const { class_names = [] } = summary.data.labels ?? {};
  const names = class_names.slice(0, MOST_CLASSES).map((name) => cleanText(name)).join(", ");
  const more = class_names.length > MOST_CLASSES ? ", …" : "";
  const classes = class_names.length === 0 ? "" : `; ${class_names.length} classes: ${names}${more}`;
  return whatOf(summary) + classes;
}

function bestOf({ best }: Summary): string {
  if (best === null) return "none kept";
  const { title, factor = 1 }: Pick<Measure, "title" | "factor"> = MEASURES[best.measure as MeasureName] ??
    { title: best.measure };
  return `step ${count(best.step)}: ${title} ${figure(best.value * factor)}`;
}

function averageOf({ averaged_sha256, config: { ema_half_life } }: Summary): string {
  if (!averaged_sha256) return "none";
  return `${averaged_sha256.slice(0, 16)}, half-life ${count(Number(ema_half_life))} examples`;
}

/** Figures of every run, a column each. */
function overview(runs: readonly Reported[]): Html {
  const row = (
    title: string,
    of: (summary: Summary, run: Reported) => string,
  ) => [title, ...runs.map((run) => of(run.summary, run))];
  const last = (summary: Summary) => summary.evaluations.at(-1);
  const rows = [
    row("State", ({ state, detail }) => detail && state !== "finished" ? `${state}: ${detail}` : state),
    row("What", described),
    ...runs.some(({ summary }) => summary.note !== null) ? [row("Note", ({ note }) => note ?? "-")] : [],
    row(
      "Steps",
      ({ steps, generator_steps }) => `${count(steps)}, ${count(generator_steps)} of the generator`,
    ),
    row(
      "Real examples shown",
      ({ examples_used, epoch }) => `${count(examples_used)}, in epoch ${count(epoch)}`,
    ),
    row(
      "Wasserstein estimate",
      ({ wasserstein_estimate: mean, wasserstein_estimate_error: error }) =>
        mean === null ? "none: a GAN does not estimate a distance" : `${figure(mean)} ± ${figure(error)}`,
    ),
    row("Critic and generator loss", (s) => `${figure(s.loss_critic)} and ${figure(s.loss_generator)}`),
    row("Distance of samples to data", (summary, { best }) => {
      const at_end = figure(last(summary)?.sliced_wasserstein ?? null);
      return best && best.step !== last(summary)?.step
        ? `${at_end}; least ${figure(best.sliced_wasserstein)}, at step ${count(best.step)}`
        : at_end;
    }),
    ...runs.some(({ summary }) => summary.best) ? [row("Best checkpoint", bestOf)] : [],
    ...runs.some(({ summary }) => last(summary)?.modes)
      ? [row("Modes covered", (summary) => modesOf(last(summary)))]
      : [],
    row(
      "Doctor",
      (_, { findings }) =>
        findings.map(({ code, grade }) => grade === "note" ? `${code} (note)` : code).join(", ") ||
        "no problems found",
    ),
    row(
      "Time and speed",
      ({ seconds, images_per_second }) => `${duration(seconds)}, ${count(images_per_second)} images/s`,
    ),
    row(
      "Weights",
      ({ bits, weights_sha256 }) => `${weights_sha256?.slice(0, 16) ?? "-"}, bits: ${bits ?? "-"}`,
    ),
    ...runs.some(({ summary }) => summary.averaged_sha256)
      ? [row("Averaged generator, which samples come from", averageOf)]
      : [],
  ];
  return html`${table(["Figure", ...runs.map(({ name }) => name)], rows)}
<p class="dim">Estimate and losses: means of the last ${WINDOW_STEPS} steps, ± standard error. Distance: sliced
Wasserstein distance, lower is better; it compares runs on the same data.</p>`;
}

/** A run and the least distance of its samples that was measured at the end. */
interface Ranked {
  readonly name: string;
  readonly distance: number;
}

/** The runs by the distance of their samples to the data at the end, the nearest first; null where that cannot be said. */
function ranking(runs: readonly Reported[]): readonly Ranked[] | null {
  if (runs.length < 2 || new Set(runs.map(({ summary }) => summary.data.sha256)).size > 1) return null;
  const ranked = runs.flatMap(({ name, summary }): Ranked[] => {
    const last = summary.evaluations.at(-1);
    return last ? [{ name, distance: last.sliced_wasserstein }] : [];
  });
  return ranked.length < 2 ? null : ranked.toSorted((a, b) => a.distance - b.distance);
}

/** Which run came closest to the data, or which ones did. */
function winner(runs: readonly Reported[]): Html | null {
  const ranked = ranking(runs);
  if (ranked === null) return null;
  const least = figure(ranked[0]!.distance);
  const first = ranked.filter(({ distance }) => figure(distance) === least).map(({ name }) => name);
  const others = ranked.slice(first.length).map(({ name, distance }) => `${name} ${figure(distance)}`);
  const against = others.length > 0 && `, against ${others.join(", ")}`;
  const verb = first.length > 1 ? "are equally close" : "came closest";
  return html`
    <p
      class="winner"><strong>${first.join(
        " and ",
      )}</strong> ${verb} to the data: distance ${least}${against} (lower is better).</p>
  `;
}

/** Is it working? */
function verdict({ verdict: { label, tone, sentence, advice } }: Reported): Html {
  return html`<div class="verdict ${tone}"><p><strong>${label}:</strong> ${sentence}.</p>${
    advice !== null && html`<p><strong>What to do:</strong> ${withOptions(advice)}.</p>`
  }</div>`;
}

/** Measurements along the way. */
function evaluations({ summary }: Reported): Html {
  const all = summary.evaluations;
  if (all.length === 0) return html`<p class="dim">None.</p>`;
  const with_modes = all.some(({ modes }) => modes);
  const measures = FEATURE_MEASURES.filter((name) => all.some((one) => one[name] !== undefined));
  const rows = all.map((evaluation) => [
    count(evaluation.step),
    figure(evaluation.sliced_wasserstein),
    ...measures.map((name) => figure(new Map(shownFigures(evaluation)).get(name) ?? null)),
    ...with_modes ? [modesOf(evaluation)] : [],
  ]);
  const titles = measures.map((name) => MEASURES[name].title);
  return table(["Step", "Distance", ...titles, ...with_modes ? ["Modes covered"] : []], rows, [1]);
}

function doctor({ findings }: Reported): Html {
  if (findings.length === 0) return html`<p>No problems found.</p>`;
  return html`${
    findings.map(({ code, grade, seen, first_step, last_step, cause, change }) =>
      html`
        <div class="finding">
          <p>${grade === "note" ? "Note: " : ""}<code>${code}</code> steps ${count(first_step)} to ${count(
            last_step,
          )}</p>
          <p>${seen}. ${cause}.</p>
          <p><strong>${grade === "note" ? "If it happens again:" : "What to change:"}</strong> ${withOptions(
            change,
          )}.</p>
        </div>
      `
    )
  }`;
}

function times({ summary }: Reported): Html {
  const { timings, bytes_in, bytes_out, steps } = summary;
  const total = timings.total.mean_ms ?? 0;
  if (total === 0) return html`<p class="dim">No step yet.</p>`;
  const rows = stepParts(timings).map(([name, ms]) => {
    const width = Math.max(0, Math.round(160 * ms / total));
    return [
      name,
      milliseconds(ms),
      percent(ms / total),
      html`<span class="bar" style="width:${width}px"></span>`,
    ];
  });
  return html`<p>A step takes ${milliseconds(total)} (median ${
    milliseconds(timings.total.median_ms)
  }) and sends ${bytes((bytes_in + bytes_out) / Math.max(1, steps))}${travelsAs(summary.config)}.</p>${
    table(["Part", "Mean", "Share", "Of a step"], rows, [1, 2])
  }`;
}

function workers({ summary }: Reported): Html {
  const rows = summary.workers.map((worker) => [
    `${worker.worker}`,
    worker.name,
    `${worker.provider}: ${worker.device}`,
    count(worker.threads),
    count(worker.shards_computed),
    figure(worker.compute_ms_per_shard),
    figure(worker.wire_ms_per_step),
    duration(worker.compute_ms / 1000),
    worker.left ?? "",
  ]);
  const titles = [
    "#",
    "Name",
    "Device",
    "Threads",
    "Shards",
    "ms/shard",
    "Transfer, ms a step",
    "Computing",
    "Why it left",
  ];
  return table(titles, rows, [3, 4, 5, 6, 7]);
}

function faults({ summary }: Reported): Html {
  if (summary.num_faults === 0) return html`<p>None.</p>`;
  const rows = summary.faults.slice(-MAX_FAULTS).map(({ step, what, worker, decision, reason }) => [
    count(step),
    typeof worker === "number" ? `${what} (worker ${worker})` : what,
    decision,
    reason,
  ]);
  return html`<p>${counted(summary.num_faults, "fault")}.</p>${table(["Step", "What", "Done", "Why"], rows)}`;
}

function configuration(runs: readonly Reported[]): Html {
  const summaries = runs.map(({ summary }) => summary);
  const differing = differences(summaries);
  const all = summaries.map(settingsOf);
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const tableOf = (names: readonly string[]) =>
    table(
      ["Setting", ...runs.map(({ name }) => name)],
      names.map((name) => [name, ...all.map((settings) => settings.get(name) ?? "-")]),
    );
  const different = names.filter((name) => differing.has(name));
  const same = names.filter((name) => !differing.has(name));
  return html`${different.length > 0 && html`<p class="dim">What differs:</p>${tableOf(different)}`}
<details><summary>${
    runs.length > 1 ? `The ${same.length} settings that are the same` : "All settings"
  }</summary>${tableOf(same)}</details>`;
}

/**
 * A section with a part for each run, side by side where there is room; runs that share a part share its place. Parts
 * with wide tables need more room.
 */
function perRun(
  runs: readonly Reported[],
  title: string,
  part: (run: Reported) => Html,
  width: "narrow" | "wide" = "narrow",
): Html {
  const named = (names: readonly string[], content: Html) =>
    html`<article>${runs.length > 1 && html`<h3>${names.join(", ")}</h3>`}${content}</article>`;
  // What is said of several in the same words is said once.
  const groups = Map.groupBy(runs, (run) => part(run).text);
  const parts = [...groups].map(([text, group]) => named(group.map(({ name }) => name), new Html(text)));
  return html`
    <section>
      <h2>${title}</h2>
      <div class="runs ${width}">${parts}</div>
    </section>
  `;
}

/** Introduction above the runs. */
export interface Heading {
  /** When the page is made, in words. */
  readonly made: string;
  /** The runs' names if left out. */
  readonly title?: string;
  /** Sentences on what is compared. */
  readonly about?: readonly string[];
}

/** The whole page. */
export function reportPage(runs: readonly Reported[], { made, about = [], ...heading }: Heading): string {
  const title = heading.title ?? runs.map(({ name }) => name).join(", ");
  const tables = runs.filter(({ table }) => table !== null);
  const images = runs.filter(({ nearest_neighbors }) => nearest_neighbors !== null);
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>${title}: wagon</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <style>${new Html(STYLE + (tables.length > 0 ? TABLE_STYLE : ""))}</style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="dim">A report by wagon, ${made}</p>
        </header>
        <main>
    ${about.map((sentence) => html`<p class="about">${sentence}</p>`)}
    ${winner(runs)}
    ${perRun(runs, "Verdict", verdict)}
    ${perRun(runs, "Samples", animation)}
    <section><h2>Curves</h2>${charts(runs)}</section>
    <section><h2>Figures</h2>${overview(runs)}</section>
    ${images.length > 0 && perRun(images, "Interpolations", ways)}
    ${images.length > 0 &&
      perRun(images, "Is it memorising?", (run) => nearestNeighbors(run.nearest_neighbors))}
    ${tables.length > 0 && perRun(tables, "Columns of the table", (run) => tableColumns(run.table), "wide")}
    ${perRun(runs, "Doctor", doctor)}
    ${perRun(runs, "Distance of samples to the data", evaluations)}
    ${perRun(runs, "Where the time went", times, "wide")}
    ${perRun(runs, "Workers", workers, "wide")}
    ${perRun(runs, "Faults and how they were handled", faults, "wide")}
    <section><h2>Configuration and versions</h2>${configuration(runs)}</section>
        </main>
        <script>${new Html(SCRIPT)}</script>
      </body>
    </html>
  `.text;
}

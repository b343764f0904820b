/** One or more runs as one self-contained HTML page: it needs no network, and asks for none. */
import type { Finding } from "../../runlog/doctor/rule.ts";
import { type Summary, WINDOW_STEPS } from "../../runlog/summary.ts";
import { differences, settingsOf } from "../compare.ts";
import { bytes, count, duration, figure, milliseconds, percent } from "../numbers.ts";
import { whatOf } from "../run_table.ts";
import { Html, html } from "./html.ts";
import { type Line, lineChart } from "./line_chart.ts";
import { SCRIPT, STYLE } from "./style.ts";

/** A picture to show, as the bytes of a PNG file. */
export interface Picture {
  readonly alt: string;
  readonly png: Uint8Array;
}

/** A run and all that the page shows of it. */
export interface Reported {
  readonly name: string;
  readonly summary: Summary;
  readonly findings: readonly Finding[];
  /** Pictures of samples, in order of steps. */
  readonly samples: readonly Picture[];
  /** Ways through the noise; null where samples are no images or there is no generator. */
  readonly ways: Picture | null;
}

const MAX_FAULTS = 50;

function image({ alt, png }: Picture, hidden = false): Html {
  return html`
    <img alt="${alt}" src="data:image/png;base64,${png.toBase64()}" ${hidden && new Html(" hidden")}>
  `;
}

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
    <div class="scroll" tabindex="0">
      <table>
        <thead>
          <tr>${head}</tr>
        </thead>
        <tbody>${body}</tbody>
      </table>
    </div>
  `;
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
    row("What", (summary) => whatOf(summary)),
    row(
      "Steps",
      ({ steps, generator_steps }) => `${count(steps)}, ${count(generator_steps)} of the generator`,
    ),
    row(
      "Wasserstein estimate",
      ({ wasserstein_estimate: mean, wasserstein_estimate_error: error }) =>
        `${figure(mean)} ± ${figure(error)}`,
    ),
    row("Critic and generator loss", (s) => `${figure(s.loss_critic)} and ${figure(s.loss_generator)}`),
    row("Sliced Wasserstein distance", (summary) => figure(last(summary)?.sliced_wasserstein ?? null)),
    row("Modes covered", (summary) => {
      const modes = last(summary)?.modes;
      return modes
        ? `${modes.covered} of ${modes.count}, ${percent(modes.high_quality)} of high quality`
        : "-";
    }),
    row("Doctor", (_, { findings }) => findings.map(({ code }) => code).join(", ") || "nothing found"),
    row(
      "Time and speed",
      ({ seconds, images_per_second }) => `${duration(seconds)}, ${count(images_per_second)} images/s`,
    ),
    row(
      "Weights",
      ({ bits, weights_sha256 }) => `${weights_sha256?.slice(0, 16) ?? "-"}, bits: ${bits ?? "-"}`,
    ),
  ];
  return html`${table(["Figure", ...runs.map(({ name }) => name)], rows)}
<p class="dim">Estimate and losses: means of the last ${WINDOW_STEPS} steps, ± standard error.</p>`;
}

function charts(runs: readonly Reported[]): Html {
  const lines = (of: (summary: Summary) => [string, Line["points"]][]): Line[] =>
    runs.flatMap(({ name, summary }) =>
      of(summary).map(([what, points]) => ({
        name: runs.length > 1 ? [name, what].filter((word) => word).join(", ") : what,
        points,
      }))
    );
  const curve = (
    { estimate_curve }: Summary,
    key: "wasserstein_estimate" | "loss_critic" | "loss_generator",
  ) => estimate_curve.map((point) => [point.step, point[key]] as const);
  return html`<div class="charts">${[
    lineChart(
      "Wasserstein estimate",
      lines((s) => [
        [s.heldout.length > 0 || runs.length === 1 ? "training" : "", curve(s, "wasserstein_estimate")],
        [
          "held out",
          s.heldout.flatMap(({ step, critic_cost }) =>
            critic_cost === undefined ? [] : [[step, -critic_cost]]
          ),
        ],
      ]),
    ),
    lineChart(
      "Sliced Wasserstein distance of samples to data",
      lines((s) => [
        ["", s.evaluations.map(({ step, sliced_wasserstein }) => [step, sliced_wasserstein])],
      ]),
    ),
    lineChart("Critic loss", lines((s) => [["", curve(s, "loss_critic")]])),
    lineChart("Generator loss", lines((s) => [["", curve(s, "loss_generator")]])),
    lineChart(
      "Diversity of samples (1: as the data)",
      lines((s) => [
        ["", s.samples.map(({ step, diversity }) => [step, diversity ?? null])],
      ]),
    ),
    lineChart(
      "Share of the critic's weights at the clip bounds",
      lines((s) => [
        ["", s.vitals.map(({ step, clipped }) => [step, clipped ?? null])],
      ]),
    ),
  ]}</div>`;
}

function film({ samples, name }: Reported): Html {
  if (samples.length === 0) return html`<p class="dim">No pictures.</p>`;
  const last = samples.length - 1;
  return html`<div class="film"><label>${name}: <output>${samples[last]!.alt}</output>
<input type="range" min="0" max="${last}" value="${last}" hidden></label>${
    samples.map((picture, i) => image(picture, i !== last))
  }</div>`;
}

function doctor({ findings }: Reported): Html {
  if (findings.length === 0) return html`<p>Nothing found.</p>`;
  return html`${
    findings.map(({ code, seen, first_step, last_step, cause, change }) =>
      html`
        <div class="finding">
          <p><code>${code}</code> steps ${count(first_step)} to ${count(last_step)}</p>
          <p>${seen}. ${cause}.</p>
          <p><strong>What to change:</strong> ${change}.</p>
        </div>
      `
    )
  }`;
}

function times({ summary }: Reported): Html {
  const { timings, bytes_in, bytes_out, steps } = summary;
  const of = (phase: keyof typeof timings) => timings[phase].mean_ms ?? 0;
  const total = of("total");
  if (total === 0) return html`<p class="dim">No step yet.</p>`;
  const parts: [string, number][] = [
    ["computing (the slowest worker)", of("compute")],
    ["on the way and waiting", of("wait") - of("compute")],
    ["adding gradients", of("sum")],
    ["updating weights", of("update")],
    ["sending weights", of("send")],
    ["the rest", of("other")],
  ];
  const rows = parts.map(([name, ms]) => {
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
  }) and moves ${bytes((bytes_in + bytes_out) / Math.max(1, steps))}.</p>${
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
    duration(worker.compute_ms / 1000),
    worker.left ?? "",
  ]);
  const titles = ["#", "Name", "Device", "Threads", "Shards", "ms/shard", "Computing", "Left"];
  return table(titles, rows, [3, 4, 5, 6]);
}

function faults({ summary }: Reported): Html {
  if (summary.num_faults === 0) return html`<p>None.</p>`;
  const rows = summary.faults.slice(-MAX_FAULTS).map(({ step, what, worker, decision, reason }) => [
    count(step),
    typeof worker === "number" ? `${what} (worker ${worker})` : what,
    decision,
    reason,
  ]);
  return html`<p>${count(summary.num_faults)} in all.</p>${table(["Step", "What", "Done", "Why"], rows)}`;
}

function configuration(runs: readonly Reported[]): Html {
  const summaries = runs.map(({ summary }) => summary);
  const differing = differences(summaries);
  const all = summaries.map(settingsOf);
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const rows = names.map((name) => {
    const values = all.map((settings) => settings.get(name) ?? "-");
    return [name, ...values.map((value) => differing.has(name) ? html`<strong>${value}</strong>` : value)];
  });
  return html`${runs.length > 1 && html`<p class="dim">What differs is bold.</p>`}${
    table(["Setting", ...runs.map(({ name }) => name)], rows)
  }`;
}

/** A section with a part for each run, side by side. */
function perRun(runs: readonly Reported[], title: string, part: (run: Reported) => Html): Html {
  const parts = runs.map((run) =>
    html`<article>${runs.length > 1 && html`<h3>${run.name}</h3>`}${part(run)}</article>`
  );
  return html`
    <section>
      <h2>${title}</h2>
      <div class="runs">${parts}</div>
    </section>
  `;
}

/** The whole page. `made`: when, in words. */
export function reportPage(runs: readonly Reported[], made: string): string {
  const title = runs.map(({ name }) => name).join(", ");
  const ways = runs.filter((run) => run.ways !== null);
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>${title}: wagon</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <main>
    <h1>${title}</h1><p class="dim">A report by wagon, ${made}</p>
    ${overview(runs)}
    <section><h2>Curves</h2>${charts(runs)}</section>
    ${perRun(runs, "Samples over time", film)}
    ${ways.length > 0 && perRun(ways, "Ways through the noise", (run) => image(run.ways!))}
    ${perRun(runs, "Doctor", doctor)}
    ${perRun(runs, "Where the time went", times)}
    ${perRun(runs, "Workers", workers)}
    ${perRun(runs, "Faults, and what was done", faults)}
    <section><h2>Configuration and versions</h2>${configuration(runs)}</section>
        </main>
        <script>${new Html(SCRIPT)}</script>
      </body>
    </html>
  `.text;
}

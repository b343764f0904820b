import assert from "node:assert/strict";
import { Html, html } from "../../inspect/html/html.ts";
import { lineChart, ticks } from "../../inspect/html/line_chart.ts";
import { compareTables } from "../../metrics/table_comparison.ts";
import { reportPage } from "../../inspect/html/report_page.ts";
import type { NearestNeighbors, Reported } from "../../inspect/html/reported.ts";
import { bestSample } from "../../runlog/summary/best_sample.ts";
import { examine } from "../../runlog/doctor/doctor.ts";
import { verdictOf } from "../../runlog/doctor/verdict.ts";
import { noneSkipped } from "../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { RunFold } from "../../runlog/summary/summary.ts";
import { checkpoint, end, joined, runRecord, steps } from "../runlog/log/example_log.ts";

Deno.test("what is put into HTML is escaped, unless it is HTML; nothing is nothing", () => {
  const hostile = `<b title="x">&'`;
  assert.equal(html`<p>${hostile}</p>`.text, "<p>&lt;b title=&quot;x&quot;&gt;&amp;&#39;</p>");
  assert.equal(html`${[1, html`<i>${"<"}</i>`, null, false, ["a", "&"]]}`.text, "1<i>&lt;</i>a&amp;");
  assert.equal(html`${"a\u202e\x1b[2J\nb"}`.text, "a\ufffd\ufffd[2J\nb");
  assert.equal(html`${new Html("<br>")}`.text, "<br>");
});

Deno.test("ticks are round numbers within the range", () => {
  assert.deepEqual(ticks(0, 10), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(-279, 194), [-200, -100, 0, 100]);
  assert.deepEqual(ticks(0.013, 0.094).map((tick) => tick.toFixed(2)), ["0.02", "0.04", "0.06", "0.08"]);
  assert.deepEqual(ticks(3, 3), [3]);
});

const TEXT = { title: "x", axis: "loss" };

Deno.test("a chart: values on their scale, gaps where values are missing, a legend for several lines", () => {
  assert.equal(lineChart(TEXT, [{ name: "a", points: [[1, null]] }]), null);
  const one = lineChart(TEXT, [{ name: "a", points: [[0, 1], [50, 0], [75, null], [100, 0.5]] }])!.text;
  // In 600 x 270, 0 lies at y = 226, 1 at y = 10; step 0 at x = 66, step 100 at x = 586. In 340 x 230: 186, 10, 66, 326.
  assert.match(one, /d="M66\.0 10\.0L326\.0 226\.0M586\.0 118\.0"/);
  assert.match(one, /d="M66\.0 10\.0L196\.0 186\.0M326\.0 98\.0"/);
  assert.match(one, /aria-label="x: 0 to 1 over steps 0 to 100"/);
  assert.equal(one.match(/>critic step</g)!.length, 2);
  assert.doesNotMatch(one, /legend/);
  const two = lineChart(TEXT, [{ name: "a", points: [[0, 1]] }, { name: "<b>", points: [[0, 2]] }])!.text;
  assert.match(
    two,
    /<ul class="legend"><li class="c0"><span><\/span>a<\/li><li class="c1"><span><\/span>&lt;b&gt;/,
  );
});

Deno.test("a line keeps its colour and may be dashed, whatever else is in the chart", () => {
  const chart = lineChart(TEXT, [
    { name: "none", points: [], colour: 0 },
    { name: "a", points: [[0, 1]], colour: 4 },
    { name: "a, held out", points: [[0, 2]], colour: 4, dashed: true },
  ])!.text;
  assert.match(chart, /<li class="c4"><span><\/span>a<\/li><li class="c4 dashed">/);
  assert.doesNotMatch(chart, /class="(line )?c[0-35]|none/);
});

/** The step without its generator step. */
function without({ generator: _, ...step }: RecordOf<"step">): RunRecord {
  return step;
}

function reported(
  name: string,
  lr: number,
  more: readonly RunRecord[],
  config: Record<string, unknown> = {},
  data: Partial<RecordOf<"run">["data"]> = {},
): Reported {
  const fold = new RunFold();
  const run = runRecord({
    config: { preset: "wgan", batch: 8, shards: 4, lr, ...config },
    data: { ...runRecord().data, ...data },
  });
  const records = [
    run,
    joined(1, { name: "<script>alert(1)</script>" }),
    ...more.some(({ type }) => type === "step") ? [] : steps(1, 300),
    ...more,
    end(300),
  ];
  for (const record of records) fold.add(record);
  const summary = fold.summary(false, noneSkipped());
  const samples = [0, 100].map((step) => ({ alt: `samples at step ${step}`, png: Uint8Array.of(step) }));
  const [best, findings] = [bestSample(summary), examine(summary)];
  const verdict = verdictOf(summary, findings);
  return {
    name,
    summary,
    findings,
    verdict,
    best,
    samples,
    ways: null,
    nearest_neighbors: null,
    table: null,
  };
}

const ONE = reported("one", 5e-5, [checkpoint(300)]);
const FAULTY = reported("other", 1e-4, [
  { type: "heldout", step: 100, critic_cost: -0.25, mean_real: 0.5 },
  { type: "sample", step: 100, file: "x.png", diversity: 0.5 },
  ...Array.from({ length: 11 }, (_, i): RunRecord => (
    { type: "fault", step: i, what: "worker <lost>", worker: 2, decision: "asked another", reason: "silence" }
  )),
]);

/** Names of elements that are not closed, or closed and not opened. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const inner = page.replace(/(<(script|style)>)[\s\S]*?(<\/\2>)/g, "$1$3");
  for (
    const [, end, name, , itself] of inner.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*?)(\/?)>/g)
  ) {
    if (["meta", "img", "input"].includes(name!) || itself) continue;
    if (!end) open.push(name!);
    else if (open.pop() !== name) wrong.push(name!);
  }
  return [...open, ...wrong];
}

Deno.test("what a person said of a run is on the page, escaped", () => {
  const summary = { ...ONE.summary, note: "lr <up>" };
  const page = reportPage([{ ...ONE, summary }], { made: "today" });
  assert.match(page, /<th scope="row">Note<\/th>\s*<td>lr &lt;up&gt;<\/td>/);
  assert.doesNotMatch(reportPage([ONE], { made: "today" }), /Note</);
});

Deno.test("the page holds everything itself: no address, no foreign script, and well-formed", () => {
  const page = reportPage([ONE, FAULTY], { made: "today" });
  assert.deepEqual(unbalanced(page), []);
  assert.doesNotMatch(page, /https?:|<link|@import|url\(/);
  assert.equal(page.match(/<script>/g)!.length, 1);
  assert.match(page, /default-src 'none'/);
  assert.match(page, /&lt;script&gt;alert\(1\)/);
  for (const [, src] of page.matchAll(/src="([^"]*)"/g)) {
    assert.match(src!, /^data:image\/png;base64,[\w+/=]+$/);
  }
});

/** Without the white space around tags, which says nothing. */
function compact(page: string): string {
  return page.replace(/\s+/g, " ").replace(/ ?([<>]) ?/g, "$1").replaceAll("/>", ">");
}

Deno.test("the page tells of each run: figures, pictures, faults, what differs", () => {
  const page = compact(reportPage([ONE, FAULTY], { made: "today" }));
  assert.match(
    page,
    /<th scope="row">Wasserstein estimate<\/th><td>2 ± 0\.0409<\/td><td>2 ± 0\.0409<\/td>/,
  );
  assert.match(
    page,
    /What differs:.*<th scope="row">lr<\/th><td>5e-5<\/td><td>1e-4<\/td>.*<details>/,
  );
  assert.match(page, /<details>.*<th scope="row">batch<\/th><td>8<\/td><td>8<\/td>/);
  assert.match(page, /<code>faults-often<\/code>steps 0 to 10/);
  assert.match(page, /worker &lt;lost&gt; \(worker 2\)/);
  assert.match(page, /other, held out/);
  assert.equal(page.match(/<img alt="samples at step 100" [^>]*[^n]>/g)!.length, 2);
  assert.equal(page.match(/<img alt="samples at step 0" [^>]* hidden>/g)!.length, 2);
  const alone = compact(reportPage([ONE], { made: "today" }));
  assert.doesNotMatch(alone, /What differs/);
  assert.doesNotMatch(alone, /<h3>/);
});

const MEASURED: NearestNeighbors = {
  picture: { alt: "nearest", png: Uint8Array.of(7) },
  num_measured: 32,
  num_searched: 1000,
  sample_distance: 0.04,
  training_distance: 0.1,
};

Deno.test("what is measured of the samples: distances, the best step, and whether images were learned by heart", () => {
  const evaluation = (step: number, sliced_wasserstein: number): RunRecord => (
    { type: "evaluation", step, sliced_wasserstein }
  );
  const evaluations = [evaluation(0, 0.5), evaluation(100, 0.1), evaluation(300, 0.2)];
  const sample: RunRecord = { type: "sample", step: 100, file: "x.png" };
  const run = { ...reported("one", 5e-5, [sample, ...evaluations]), nearest_neighbors: MEASURED };
  const page = compact(
    reportPage([run], { made: "today", title: "A <comparison>", about: ["The same & more."] }),
  );
  assert.match(page, /<h1>A &lt;comparison&gt;<\/h1>/);
  assert.match(page, /<p class="about">The same &amp; more\.<\/p>/);
  assert.match(page, /<td>0\.2; least 0\.1, at step 100<\/td>/);
  assert.match(page, /<th scope="row">100<\/th><td class="n">0\.1<\/td>/);
  assert.match(
    page,
    /A sample is 0\.04 away .* a training image 0\.1 from .* the generator may have memorised some/,
  );
  const told = (nearest_neighbors: NearestNeighbors) =>
    compact(reportPage([{ ...run, nearest_neighbors }], { made: "today" }));
  assert.match(told({ ...MEASURED, sample_distance: 0.06 }), /no sign that the generator memorised images/);
  assert.match(told({ missing: "The data are <gone>" }), /Not measured\. The data are &lt;gone&gt;\./);
});

Deno.test("columns of a table: histograms and categories with their names, and the pairs that differ", () => {
  const table = compareTables(
    Float32Array.of(0, 1, 0, 1, 0, 1, 3, 1, 0),
    Float32Array.of(0, 0, 1, 2, 0, 1, 4, 1, 0),
    [{ name: "<age>" }, { name: "kind", categories: ["red & blue", "green"] }],
    20,
  );
  const whole = reportPage([{ ...ONE, table }], { made: "today" });
  assert.deepEqual(unbalanced(whole), []);
  const page = compact(whole);
  assert.match(page, /<h2>Columns of the table<\/h2>/);
  assert.match(page, /<figcaption>&lt;age&gt;<small>Kolmogorov-Smirnov: 0\.333<\/small>/);
  assert.equal(page.match(/<rect x=/g)!.length, 20);
  assert.match(page, /<dt>red &amp; blue<\/dt>.*67 ?%, generated 33 ?%/);
  assert.equal(page.match(/<rect class="(above|below)"/g)!.length, 9);
  assert.match(page, /<title>&lt;age&gt; and kind=red &amp; blue: [+-]\d\.\d{3}<\/title>/);
  assert.match(
    reportPage([{ ...ONE, table: { missing: "It is <gone>" } }], { made: "today" }),
    /Not measured\. It is &lt;gone&gt;\./,
  );
  assert.doesNotMatch(reportPage([ONE], { made: "today" }), /Columns of the table|class="pairs"/);
});

Deno.test("figures that --metrics names have a chart and a column each, and the best checkpoint is named", () => {
  const evaluation = (step: number, recall: number): RunRecord => (
    { type: "evaluation", step, sliced_wasserstein: 0.5, kernel_distance: 0.25, recall }
  );
  const best: RunRecord = {
    ...{ type: "best", step: 100, measure: "kernel_distance", value: 0.25 },
    ...{ file: "checkpoints/x", generator: "best_generator.onnx" },
  };
  const run = reported("one", 5e-5, [evaluation(0, 0), evaluation(100, 0.75), best]);
  const page = compact(reportPage([run], { made: "today" }));
  const titles = chartsOf(page).map(([title]) => title);
  assert.deepEqual(titles.slice(0, 3), [
    "Distance of samples to the data",
    "Kernel distance x 1000",
    "Recall",
  ]);
  assert.match(page, /<th scope="row">100<\/th><td class="n">0\.5<\/td><td>250<\/td><td>0\.75<\/td>/);
  assert.match(page, /Best checkpoint<\/th><td>step 100: kernel distance x 1000 250<\/td>/);
});

/** Titles of the charts, and for each the colours of its lines in the wide form. */
function chartsOf(page: string): [title: string, colours: string[]][] {
  return [...page.matchAll(/<figure><figcaption>([^<]*).*?<svg class="wide".*?<\/svg>/g)].map((
    [all, title],
  ) => [
    title!.trim(),
    [...all.matchAll(/class="line (c\d(?: dashed)?)"/g)].map(([, colour]) => colour!),
  ]);
}

Deno.test("each run has one colour, and what is on different scales is not on one axis", () => {
  const evaluated = (distance: number): RunRecord => ({
    type: "evaluation",
    step: 300,
    sliced_wasserstein: distance,
  });
  const held_out: RunRecord = { type: "heldout", step: 100, critic_cost: -0.25, mean_real: 0.5 };
  const run = (name: string, clip: number, more: readonly RunRecord[]) =>
    reported(name, 5e-5, more, { clip });
  const runs = [
    run("first", 0.01, []),
    run("second", 0.01, [evaluated(0.25), held_out]),
    run("third", 0.1, [evaluated(0.125)]),
  ];
  const page = compact(reportPage(runs, { made: "today" }));
  assert.deepEqual(chartsOf(page), [
    ["Distance of samples to the data", ["c1", "c2"]],
    ["Wasserstein estimate: first, second", ["c0", "c1", "c1 dashed"]],
    ["Wasserstein estimate: third", ["c2"]],
    ["Generator loss: first, second", ["c0", "c1"]],
    ["Generator loss: third", ["c2"]],
  ]);
  assert.match(page, /different critics/);
  assert.match(
    page,
    /<strong>third<\/strong>came closest to the data: distance 0\.125, against second 0\.25/,
  );
  const alike = compact(reportPage([runs[1]!, run("tie", 0.01, [evaluated(0.2501)])], { made: "today" }));
  assert.match(
    alike,
    /<strong>second and tie<\/strong>are equally close to the data: distance 0\.25 \(lower/,
  );
  assert.doesNotMatch(alike, /different critics/);
});

Deno.test("runs on different data share no axis of distances, and none of them wins", () => {
  const evaluated: RunRecord = { type: "evaluation", step: 300, sliced_wasserstein: 0.25 };
  const other = reported("other", 5e-5, [evaluated], {}, { sha256: "f".repeat(64) });
  const page = compact(reportPage([reported("one", 5e-5, [evaluated]), other], { made: "today" }));
  assert.deepEqual(chartsOf(page).slice(0, 4), [
    ["Distance of samples to the data: one", ["c0"]],
    ["Distance of samples to the data: other", ["c1"]],
    ["Wasserstein estimate: one", ["c0"]],
    ["Wasserstein estimate: other", ["c1"]],
  ]);
  assert.match(page, /different data/);
  assert.doesNotMatch(page, /class="winner"/);
});

Deno.test("windows without a generator step are no gaps in its curve", () => {
  const rare = steps(1, 300).map((record) =>
    record.type === "step" && record.step % 50 !== 0 ? without(record) : record
  );
  const page = compact(reportPage([reported("one", 5e-5, rare)], { made: "today" }));
  const [, path] = /Generator loss.*?<path class="line c0" d="([^"]*)"/.exec(page)!;
  assert.deepEqual([path!.match(/M/g)!.length, path!.match(/L/g)!.length > 2], [1, true]);
});

/** The live page: keeps what the coordinator has told it, and draws what has changed. */
import { duration } from "../../../common/text/duration.ts";
import type { Curve, HistoryRow } from "../history.ts";
import type { ChunkName, NowView, Parts, View } from "../view.ts";
import { Chart } from "./chart.ts";
import { type Link, LiveConnection } from "./connection.ts";
import { curveData, measuredCurve } from "./curve_data.ts";
import { byId, setText } from "./dom.ts";
import { Downloads } from "./downloads.ts";
import { SampleAnimation } from "./animation.ts";
import { command, joinCommand, showJoin } from "./join.ts";
import { MetricCharts } from "./metric_charts.ts";
import { showDoctor, showFaults, showProgress, showVerdict, showWorkers } from "./sections.ts";

const view: { -readonly [K in keyof View]?: View[K] } = {};
const chunks = new Map<number, readonly HistoryRow[]>();
const changed = new Set<string>();
const animation = new SampleAnimation();
const downloads = new Downloads(rows);
const smoothing = byId<HTMLInputElement>("smoothing");
const range = byId<HTMLSelectElement>("range");
let link: Link | "connecting" = "connecting";
let charts: ReturnType<typeof makeCharts> | null = null;
let drawing = false;
let curves_drawn_ms = 0;
/** Curves are drawn again this often: it is most of what the page costs, and they grow slowly. */
const CURVES_MS = 2_500;

new LiveConnection({
  onparts(parts: Parts) {
    for (const [name, value] of Object.entries(parts)) {
      const chunk = /^curves-(\d+)$/.exec(name);
      if (chunk) chunks.set(Number(chunk[1]), parts[name as ChunkName]!);
      else Object.assign(view, { [name]: value });
      changed.add(chunk ? "curves" : name);
    }
    draw();
    return view.now?.state !== "ended";
  },
  onlink(now) {
    if (link === now || view.now?.state === "ended") return;
    link = now;
    changed.add("link");
    draw();
  },
});

/** Draws with the next frame what has changed by then; a page that nobody sees draws nothing. */
function draw(): void {
  if (drawing || document.hidden) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const parts = new Set(changed);
    changed.clear();
    render(parts);
  });
}

function render(parts: ReadonlySet<string>): void {
  const { run, now } = view;
  const any = (...names: string[]) => names.some((name) => parts.has(name));
  if (any("link", "run", "now", "workers", "ended")) showState();
  if (!run || !now) return;
  if (any("run")) {
    setText(byId("name"), run.name);
    setText(byId("facts"), run.facts.join(" · "));
    showJoin(run.join, run.name);
    animation.describe(run.kind, run.name);
    charts ??= makeCharts(run.estimates_distance);
  }
  if (any("run", "now", "evaluations", "samples")) {
    const distance = view.evaluations?.findLast(({ step }) => step > 0)?.sliced_wasserstein ?? null;
    const diversity = view.samples?.findLast(({ step }) => step > 0)?.diversity ?? null;
    showProgress(run, now, { distance, diversity });
  }
  if (any("workers")) showWorkers(view.workers ?? []);
  if (any("verdict") && view.verdict) showVerdict(view.verdict);
  if (any("findings", "now")) showDoctor(view.findings ?? [], now.step);
  if (any("faults")) showFaults(view.faults ?? [], now.num_faults);
  if (any("samples")) animation.update(view.samples ?? []);
  const reachable = link === "open" && now.state !== "ended";
  downloads.update(run.name, { generator: view.checkpoint_step !== null && reachable, curves: now.step > 0 });
  const due = performance.now() - curves_drawn_ms >= CURVES_MS || view.ended;
  const curves = any("curves", "heldout", "evaluations", "samples", "num_chunks");
  if (any("controls", "run") || due && curves) drawCurves();
}

function makeCharts(estimates_distance: boolean) {
  const place = byId("charts");
  const gap = estimates_distance
    ? {
      title: "Wasserstein estimate",
      meaning:
        "Falls as samples get closer to the data. The scale is the critic's own: compare values of this run only.",
      axis: "estimate",
    }
    : {
      title: "Score gap, mean D(x) − mean D(G(z))",
      meaning:
        "How far apart the critic scores data and samples. It does not measure how good the samples are.",
      axis: "score gap",
    };
  const beside = "held out";
  return {
    metrics: new MetricCharts(place),
    gap: new Chart(place, { id: "chart-gap", ...gap, colour: "--gap", height: 240, beside }),
    distance: new Chart(place, {
      id: "chart-distance",
      title: "Distance to the data",
      meaning: "Sliced Wasserstein distance: lower is better.",
      axis: "distance",
      colour: "--distance",
      height: 190,
      measured: true,
    }),
    diversity: new Chart(place, {
      id: "chart-diversity",
      title: "Diversity of samples",
      meaning: "1 is as varied as the data; at 0, all are alike.",
      axis: "diversity",
      colour: "--diversity",
      height: 190,
      measured: true,
    }),
    generator: new Chart(place, {
      id: "chart-generator",
      title: "Generator loss",
      meaning: "Neither rising nor falling is good by itself, because the critic changes, too.",
      axis: "loss",
      colour: "--generator",
      height: 190,
    }),
    // Where the gap estimates a distance, the critic's loss is its mirror image.
    critic: estimates_distance ? null : new Chart(place, {
      id: "chart-critic",
      title: "Critic loss",
      meaning: "Low if the critic easily distinguishes samples from data.",
      axis: "loss",
      colour: "--critic",
      height: 190,
      beside,
    }),
  };
}

/** All rows of the curves that have come so far. */
function rows(): HistoryRow[] {
  return Array.from({ length: view.num_chunks ?? 0 }, (_, i) => chunks.get(i) ?? []).flat();
}

function drawCurves(): void {
  if (!charts) return;
  curves_drawn_ms = performance.now();
  const all = rows();
  byId("no-curves").hidden = all.length > 0;
  byId("controls").hidden = all.length === 0;
  const weight = Number(smoothing.value);
  const share = Number(range.value);
  const curve = (name: Curve) => curveData(all, name, weight);
  const held_out = view.heldout ?? [];
  charts.gap.show({ curve: curve("gap"), beside: held_out.map(({ step, gap }) => [step, gap]), share });
  charts.generator.show({ curve: curve("loss_generator"), share });
  charts.critic?.show({
    curve: curve("loss_critic"),
    beside: held_out.map(({ step, cost }) => [step, cost]),
    share,
  });
  const distances = (view.evaluations ?? []).map(({ step, sliced_wasserstein }) =>
    [step, sliced_wasserstein] as const
  );
  charts.distance.show({ curve: measuredCurve(distances), share });
  charts.metrics.show(view.evaluations ?? [], share);
  const diversities = (view.samples ?? []).map(({ step, diversity }) => [step, diversity] as const);
  charts.diversity.show({ curve: measuredCurve(diversities), share });
}

/** How it stands in a word, and in a sentence where there is more to say. */
function stateOf(now: NowView | undefined): { state: string; word: string; sentence: string } {
  const { ended } = view;
  if (ended) {
    const word = { finished: "Finished", interrupted: "Stopped", failed: "Failed" }[ended.reason];
    const detail = ended.detail && ended.reason === "failed" ? `: ${ended.detail}` : "";
    const next =
      `deno task report runs/${view.run?.name} writes a report about it; this page no longer changes`;
    return {
      state: ended.reason,
      word,
      sentence: `The run has ended at step ${ended.step.toLocaleString("en-US")} after ` +
        `${duration(ended.seconds)}${detail}. ${next}.`,
    };
  }
  if (link === "refused") {
    const sentence = "The coordinator was started again and does not know this page's token. " +
      "Open the address that it printed.";
    return { state: "lost", word: "Refused", sentence };
  }
  if (link === "lost") {
    const sentence = now
      ? "The connection to the coordinator is lost. The page shows the last state it received; trying again."
      : "Cannot reach the coordinator; trying again.";
    return { state: "lost", word: "Connection lost", sentence };
  }
  if (!now) return { state: "connecting", word: "Connecting", sentence: "" };
  if (now.state === "waiting") {
    return { state: "waiting", word: "Waiting", sentence: now.reason === null ? "" : `${now.reason}.` };
  }
  return { state: "training", word: "Training", sentence: "" };
}

function showState(): void {
  const { state, word, sentence } = stateOf(view.now);
  const pill = byId("state");
  setText(pill, word);
  pill.dataset.state = state;
  document.title = titleOf(state, word);
  const missing = state === "waiting" && (view.now?.missing_workers ?? 0) > 0;
  const wanted = missing && view.run ? joinCommand(view.run.join) : null;
  showBanner(state, sentence, wanted);
}

/** The sentence, and a command that would mend it. It is only made again where it differs, so that it is read out once. */
function showBanner(state: string, sentence: string, line: string | null): void {
  const banner = byId("banner");
  banner.dataset.state = state;
  banner.hidden = sentence === "";
  const said = `${sentence} ${line}`;
  if (banner.dataset.said === said) return;
  banner.dataset.said = said;
  banner.replaceChildren(
    sentence,
    ...line === null ? [] : [" Start one: type this in a terminal.", command(line)],
  );
}

/** How it stands, for whoever has the page in another tab. */
function titleOf(state: string, word: string): string {
  const { run, now } = view;
  if (!run || !now) return "wagon";
  const share = `${Math.floor(100 * now.step / run.total_steps)} %`;
  const stands = state === "training" ? share : state === "finished" ? word : `${word}, ${share}`;
  return `${stands} · ${run.name}`;
}

for (const control of [smoothing, range]) {
  control.addEventListener("input", () => {
    changed.add("controls");
    draw();
  });
}
document.addEventListener("visibilitychange", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of Object.values(charts ?? {})) chart?.recolour();
});

/** The live page: keeps what the coordinator has told it, and draws what has changed. */
import { duration } from "../../../common/text/duration.ts";
import type { HistoryRow } from "../history.ts";
import type { ChunkName, NowView, Parts, View } from "../view.ts";
import { Chart } from "./chart.ts";
import { Connection, type Link } from "./connection.ts";
import { curveData, measuredCurve } from "./curve_data.ts";
import { byId, setText } from "./dom.ts";
import { Film } from "./film.ts";
import { showDoctor, showFaults, showJoin, showProgress, showWorkers } from "./sections.ts";

const view: { -readonly [K in keyof View]?: View[K] } = {};
const chunks = new Map<number, readonly HistoryRow[]>();
const changed = new Set<string>();
const film = new Film();
const smoothing = byId<HTMLInputElement>("smoothing");
const range = byId<HTMLSelectElement>("range");
let link: Link | "connecting" = "connecting";
let charts: ReturnType<typeof makeCharts> | null = null;
let drawing = false;
let curves_drawn_ms = 0;
/** Curves are drawn again this often: it is most of what the page costs, and they grow slowly. */
const CURVES_MS = 2_500;

new Connection({
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
  if (any("link", "now", "ended")) showState();
  if (!run || !now) return;
  if (any("run")) {
    document.title = `${run.name}: wagon`;
    setText(byId("name"), run.name);
    setText(byId("facts"), run.facts.join(" · "));
    showJoin(run.join);
    charts ??= makeCharts(run.estimates_distance);
  }
  if (any("run", "now", "evaluations")) {
    const last = view.evaluations?.at(-1);
    showProgress(run, now, last && last.step > 0 ? last.sliced_wasserstein : null);
  }
  if (any("workers")) showWorkers(view.workers ?? []);
  if (any("findings")) showDoctor(view.findings ?? [], now.step);
  if (any("faults")) showFaults(view.faults ?? [], now.num_faults);
  if (any("samples")) film.update(view.samples ?? []);
  const due = performance.now() - curves_drawn_ms >= CURVES_MS || view.ended;
  if (any("controls", "run") || due && any("curves", "heldout", "evaluations", "num_chunks")) drawCurves();
}

function makeCharts(estimates_distance: boolean) {
  const beside = "held out";
  const title = estimates_distance ? "Wasserstein estimate" : "Score gap, mean D(x) − mean D(G(z))";
  return {
    gap: new Chart(byId("chart-gap"), { title, colour: "--gap", height: 250, beside }),
    critic: new Chart(byId("chart-critic"), {
      title: "Critic loss",
      colour: "--critic",
      height: 170,
      beside,
    }),
    generator: new Chart(byId("chart-generator"), {
      title: "Generator loss",
      colour: "--generator",
      height: 170,
    }),
    distance: new Chart(byId("chart-distance"), {
      title: "Sliced Wasserstein distance of the samples to the data",
      colour: "--gap",
      height: 170,
      measured: true,
    }),
  };
}

function drawCurves(): void {
  if (!charts) return;
  curves_drawn_ms = performance.now();
  const rows = Array.from({ length: view.num_chunks ?? 0 }, (_, i) => chunks.get(i) ?? []).flat();
  const weight = Number(smoothing.value);
  const share = Number(range.value);
  const held_out = view.heldout ?? [];
  const gaps = held_out.map(({ step, gap }) => [step, gap] as const);
  const costs = held_out.map(({ step, cost }) => [step, cost] as const);
  charts.gap.besideShown = gaps.length > 0;
  charts.critic.besideShown = costs.some(([, cost]) => cost !== null);
  charts.gap.show({ curve: curveData(rows, "gap", weight), beside: gaps, share });
  charts.critic.show({ curve: curveData(rows, "loss_critic", weight), beside: costs, share });
  charts.generator.show({ curve: curveData(rows, "loss_generator", weight), beside: [], share });
  const measured = view.evaluations ?? [];
  // One measurement is a figure, not a curve.
  byId("chart-distance").hidden = measured.length < 2;
  if (measured.length >= 2) charts.distance.show({ curve: measuredCurve(measured), beside: [], share });
}

/** How it stands in a word, and in a sentence where there is more to say. */
function stateOf(now: NowView | undefined): { state: string; word: string; sentence: string } {
  const { ended } = view;
  if (ended) {
    const word = { finished: "Finished", interrupted: "Stopped", failed: "Failed" }[ended.reason];
    const detail = ended.detail && ended.reason === "failed" ? `: ${ended.detail}` : "";
    const next = `deno task report runs/${view.run?.name} writes it up; this page stays as it is`;
    return {
      state: ended.reason,
      word,
      sentence: `The run has ended at step ${ended.step.toLocaleString("en-US")} after ` +
        `${duration(ended.seconds)}${detail}. ${next}.`,
    };
  }
  if (link === "refused") {
    const sentence =
      "The coordinator that answers here does not know this page's token: it was started anew. " +
      "Open the address that it printed.";
    return { state: "lost", word: "Refused", sentence };
  }
  if (link === "lost") {
    const sentence = now
      ? "The connection to the coordinator is lost: what is shown is how it was then. Trying again."
      : "The coordinator cannot be reached. Trying again.";
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
  const banner = byId("banner");
  banner.dataset.state = state;
  setText(banner, sentence);
  banner.hidden = sentence === "";
}

for (const control of [smoothing, range]) {
  control.addEventListener("input", () => {
    changed.add("controls");
    draw();
  });
}
document.addEventListener("visibilitychange", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of Object.values(charts ?? {})) chart.recolour();
});

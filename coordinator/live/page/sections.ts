/** Words and numbers of the page: the verdict, progress, workers, the doctor, faults. */
import { counted } from "../../../common/text/counted.ts";
import { duration } from "../../../common/text/duration.ts";
import { significant } from "../../../common/significant.ts";
import { bytes, count, figure, percent } from "../../../inspect/numbers.ts";
import type { NowView, RunView, View, WorkerView } from "../view.ts";
import { byId, make, setText, withOptions } from "./dom.ts";

/** Is it working? In one sentence, and what to do where it is not. Only what differs is said again. */
export function showVerdict({ label, tone, sentence, advice }: View["verdict"]): void {
  const place = byId("verdict");
  const said = [label, sentence, advice].join("\n");
  if (place.dataset.said === said) return;
  place.dataset.said = said;
  place.dataset.tone = tone;
  place.replaceChildren(
    make("p", {}, make("strong", {}, `${label}: `), `${sentence}.`),
    ...advice === null
      ? []
      : [make("p", { class: "advice" }, make("strong", {}, "What to do: "), ...withOptions(`${advice}.`))],
  );
}

/** The figures at the top; what is not known yet is left out. */
export function showProgress(
  run: RunView,
  now: NowView,
  { distance, diversity }: Readonly<Record<"distance" | "diversity", number | null>>,
): void {
  const { step, means, steps_per_second, seconds_left } = now;
  const epoch = Math.floor(Math.max(0, step - 1) / run.epoch_steps) + 1;
  const epochs = Math.ceil(run.total_steps / run.epoch_steps);
  setText(byId("steps"), `${count(step)} of ${count(run.total_steps)} steps`);
  setText(byId("epoch"), `epoch ${count(epoch)} of ${count(epochs)}`);
  const share = step / run.total_steps;
  const left = seconds_left === null ? "" : ` · ${duration(seconds_left)} left`;
  setText(byId("left"), `${Math.floor(100 * share)} %${left}`);
  byId<HTMLProgressElement>("bar").value = share;
  const perSecond = (factor: number) =>
    steps_per_second === null ? null : significant(steps_per_second * factor);
  const values = {
    [run.estimates_distance ? "Wasserstein estimate" : "Score gap"]: means.gap,
    "Distance to the data": distance,
    "Diversity": diversity,
    ...!run.estimates_distance && { "Critic loss": means.loss_critic },
    "Generator loss": means.loss_generator,
    "Steps per second": perSecond(1),
    "Images per second": run.kind === "images" ? perSecond(run.batch) : null,
    "Examples per second": run.kind === "images" ? null : perSecond(run.batch),
  };
  const known = Object.entries(values).filter(([, value]) => value !== null);
  showFigures(Object.fromEntries(known.map(([name, value]) => [name, figure(value)])));
}

function showFigures(figures: Readonly<Record<string, string>>): void {
  const list = byId("figures");
  const names = Object.keys(figures);
  if ([...list.querySelectorAll("dt")].map((dt) => dt.textContent).join() !== names.join()) {
    list.replaceChildren(...names.map((name) => make("div", {}, make("dt", {}, name), make("dd"))));
  }
  list.querySelectorAll("dd").forEach((dd, i) => setText(dd, figures[names[i]!]!));
}

const COLUMNS = ["Worker", "Device", "Shards", "Step", "Received", "Sent", "Last seen"] as const;
const NUMERIC: ReadonlySet<string> = new Set(["Shards", "Received", "Sent", "Last seen"]);

function splitCell({ split, spare }: WorkerView): HTMLElement {
  const cell = make("td", { role: "cell", class: "split", "data-title": "Step" });
  if (spare) return cell.append("waiting: other workers have all shards"), cell;
  if (!split) return cell.append("no step yet"), cell;
  const { compute_ms, wire_ms, wait_ms } = split;
  const total_ms = compute_ms + wire_ms + wait_ms || 1;
  const parts = [["compute", "compute", compute_ms], ["wire", "transfer", wire_ms], [
    "wait",
    "wait",
    wait_ms,
  ]] as const;
  const bar = make("div", { class: "bar", "aria-hidden": "true" });
  for (const [kind, _name, ms] of parts) {
    const part = make("span", { class: kind });
    part.style.width = `${100 * ms / total_ms}%`;
    bar.append(part);
  }
  const words = parts.map(([_kind, name, ms]) => `${name} ${figure(significant(ms, 2))}`).join(" · ");
  cell.append(bar, make("small", {}, `${words} ms (${percent(compute_ms / total_ms)} computing)`));
  return cell;
}

function workerRow(worker: WorkerView): HTMLElement {
  const { name, provider, device, threads, silent_ms } = worker;
  const cell = (title: string, text: string) => {
    const kind: Record<string, string> = NUMERIC.has(title) ? { class: "n" } : {};
    return make("td", { role: "cell", "data-title": title, ...kind }, text);
  };
  const seen = silent_ms < 3000 ? "now" : `${duration(silent_ms / 1000)} ago`;
  return make(
    "tr",
    { role: "row" },
    make("th", { role: "rowheader", scope: "row" }, `${name} (worker ${worker.worker})`),
    cell("Device", `${provider}, ${device}, ${counted(threads, "thread")}`),
    cell("Shards", count(worker.shards)),
    splitCell(worker),
    cell("Received", bytes(worker.bytes_in)),
    cell("Sent", bytes(worker.bytes_out)),
    cell("Last seen", seen),
  );
}

export function showWorkers(workers: readonly WorkerView[]): void {
  const place = byId("workers");
  byId("workers-key").hidden = workers.every(({ split }) => split === null);
  if (workers.length === 0) {
    return place.replaceChildren(make("p", { class: "dim" }, "No worker has joined yet."));
  }
  const head = COLUMNS.map((title) => {
    return make("th", { role: "columnheader", scope: "col", ...NUMERIC.has(title) && { class: "n" } }, title);
  });
  place.replaceChildren(
    make(
      "table",
      { role: "table", "aria-labelledby": "workers-title" },
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...head)),
      make("tbody", { role: "rowgroup" }, ...workers.map(workerRow)),
    ),
  );
}

export function showDoctor(findings: View["findings"], step: number): void {
  setText(byId("doctor-count"), findings.length === 0 ? "" : counted(findings.length, "finding"));
  const cards = findings.map(({ code, grade, seen, first_step, last_step, cause, change }) =>
    make(
      "article",
      { class: grade === "note" ? "finding note" : "finding" },
      make("h3", {}, grade === "note" ? `Note: ${code}` : code),
      make("p", { class: "dim" }, `steps ${count(first_step)} to ${count(last_step)}`),
      make("p", {}, `${seen}. ${cause}.`),
      make("p", { class: "change" }, ...withOptions(`${change}.`)),
    )
  );
  const well = step === 0 ? "Checks begin after the first steps." : "No problems found.";
  byId("doctor").replaceChildren(
    ...cards.length > 0 ? cards : [make("p", { class: step === 0 ? "dim" : "well" }, well)],
  );
}

export function showFaults(faults: View["faults"], num_faults: number): void {
  byId("faults-card").hidden = faults.length === 0;
  setText(byId("faults-count"), num_faults > faults.length ? `the last of ${count(num_faults)}` : "");
  byId("faults").replaceChildren(
    ...faults.toReversed().map(({ step, what, worker, decision, reason }) => {
      const who = typeof worker === "number" ? ` (worker ${worker})` : "";
      return make("li", {}, `Step ${count(step)}: ${what}${who}; ${decision}. ${reason}`);
    }),
  );
}

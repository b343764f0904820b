/** What is words and numbers on the page: progress, workers, the doctor, faults, and how to join. */
import { things } from "../../../common/text/things.ts";
import { duration } from "../../../common/text/duration.ts";
import { significant } from "../../../common/significant.ts";
import { bytes, count, figure, percent } from "../../../inspect/numbers.ts";
import type { JoinView, NowView, RunView, View, WorkerView } from "../view.ts";
import { byId, make, setText } from "./dom.ts";

/** The figures at the top; those that are not known yet are dashes. */
export function showProgress(run: RunView, now: NowView, distance: number | null): void {
  const { step, means, steps_per_second, seconds_left } = now;
  setText(byId("steps"), `${count(step)} of ${count(run.total_steps)} steps`);
  const share = step / run.total_steps;
  const left = seconds_left === null ? "" : ` · ${duration(seconds_left)} left`;
  setText(byId("left"), `${Math.floor(100 * share)} %${left}`);
  byId<HTMLProgressElement>("bar").value = share;
  const epoch = Math.floor(Math.max(0, step - 1) / run.epoch_steps) + 1;
  const speed = (factor: number) => {
    return steps_per_second === null ? "-" : figure(significant(steps_per_second * factor));
  };
  showFigures({
    [run.estimates_distance ? "Wasserstein estimate" : "Score gap"]: figure(means.gap),
    "Critic loss": figure(means.loss_critic),
    "Generator loss": figure(means.loss_generator),
    ...distance !== null && { "Sliced distance": figure(distance) },
    "Steps per second": speed(1),
    "Images per second": speed(run.batch),
    "Epoch": `${count(epoch)} of ${count(Math.ceil(run.total_steps / run.epoch_steps))}`,
  });
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
  if (spare) return cell.append("in reserve: all shards are taken"), cell;
  if (!split) return cell.append("not a step yet"), cell;
  const { compute_ms, wire_ms, wait_ms } = split;
  const total_ms = compute_ms + wire_ms + wait_ms || 1;
  const parts = [["compute", compute_ms], ["wire", wire_ms], ["wait", wait_ms]] as const;
  const bar = make("div", { class: "bar", "aria-hidden": "true" });
  for (const [name, ms] of parts) {
    const part = make("span", { class: name });
    part.style.width = `${100 * ms / total_ms}%`;
    bar.append(part);
  }
  const words = parts.map(([name, ms]) => `${name} ${figure(significant(ms, 2))}`).join(" · ");
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
    make("th", { role: "rowheader", scope: "row" }, `${worker.worker} ${name}`),
    cell("Device", `${provider}, ${device}, ${things(threads, "thread")}`),
    cell("Shards", count(worker.shards)),
    splitCell(worker),
    cell("Received", bytes(worker.bytes_in)),
    cell("Sent", bytes(worker.bytes_out)),
    cell("Last seen", seen),
  );
}

export function showWorkers(workers: readonly WorkerView[]): void {
  const place = byId("workers");
  if (workers.length === 0) {
    return place.replaceChildren(make("p", { class: "dim" }, "Nobody has joined yet."));
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
  setText(byId("doctor-count"), findings.length === 0 ? "" : things(findings.length, "finding"));
  const cards = findings.map(({ code, grade, seen, first_step, last_step, cause, change }) =>
    make(
      "article",
      { class: grade === "note" ? "finding note" : "finding" },
      make("h3", {}, grade === "note" ? `Note: ${code}` : code),
      make("p", { class: "dim" }, `steps ${count(first_step)} to ${count(last_step)}`),
      make("p", {}, `${seen}. ${cause}.`),
      make("p", { class: "change" }, `${change}.`),
    )
  );
  const well = step === 0 ? "Looks when there are steps." : "Nothing found.";
  byId("doctor").replaceChildren(...cards.length > 0 ? cards : [make("p", { class: "well" }, well)]);
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

function command(text: string): HTMLElement {
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    // Only a page of this machine, or one over https, may write to the clipboard.
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
    if (!done) getSelection()?.selectAllChildren(button.previousElementSibling!);
    setText(button, done ? "Copied" : "Selected");
    setTimeout(() => setText(button, "Copy"), 2000);
  });
  return make("div", { class: "command" }, make("code", {}, text), button);
}

/** The line that starts a worker elsewhere. The token itself is not known to this page. */
export function showJoin({ task, open, rendezvous, token, port }: JoinView): void {
  const place = byId("join");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const here = rendezvous
    ? [make("p", {}, "On the coordinator's machine:"), command("deno task worker")]
    : [];
  if (task === "train") {
    const words = "This run was started with deno task train, which brings its own workers. " +
      "To let others join, start it with deno task coordinator; --resume goes on with this very run.";
    return place.replaceChildren(make("p", {}, words));
  }
  if (!open) {
    const words = "Other machines cannot reach it: the coordinator listens on this machine only. " +
      `Started with --host 0.0.0.0, it lets in whoever knows the token.`;
    return place.replaceChildren(...here, make("p", { class: "dim" }, words));
  }
  const host = location.port === "" ? location.host : `${location.hostname}:${location.port || port}`;
  place.replaceChildren(
    ...here,
    make("p", {}, "On another machine:"),
    command(`WAGON_TOKEN=… deno task worker --coordinator ${scheme}://${host}`),
    make(
      "p",
      { class: "dim" },
      `In place of … stands the workers' token: ${token}. It also works as --token-file FILE.`,
    ),
  );
}

/** A run on one page, for a person: what it is, how far it is, what it learned, where its time went. */
import { sha256 } from "../common/sha256.ts";
import { basename } from "node:path";
import { flagOf } from "../common/cli/options.ts";
import { cleanLine } from "../common/text/foreign_text.ts";
import { counted } from "../common/text/counted.ts";
import { runTitle } from "../common/text/run_title.ts";
import { textWidth, wrap, wrapLine } from "../common/text/wrap.ts";
import type { Finding } from "../runlog/doctor/rule.ts";
import { FEATURE_MEASURES, MEASURES, shownFigures } from "../runlog/measures.ts";
import { optionOf } from "../runlog/recorded_options.ts";
import { verdictOf } from "../runlog/doctor/verdict.ts";
import { publishedNote } from "../runlog/summary/published.ts";
import { type Summary, WINDOW_STEPS } from "../runlog/summary/summary.ts";
import { layOut } from "./columns.ts";
import { adviceFor, hasStoppedItself } from "./advice.ts";
import { bytes, count, figure, milliseconds, percent, travelsAs } from "./numbers.ts";
import { settingFacts } from "./setting_facts.ts";
import { heading } from "./heading.ts";
import type { Noteworthy } from "./run_folders.ts";
import { STATE_STYLES, whatOf } from "./run_table.ts";
import { bar, chart, downsampled, rangeOf, sparkline } from "./sparkline.ts";
import { paint, type Terminal } from "../common/terminal/terminal.ts";
import { duration } from "../common/text/duration.ts";
import { stepParts } from "./step_parts.ts";

/** Text is not laid out wider than this: long lines are hard to read. */
const MAX_WIDTH = 100;
/** Nor narrower. */
const MIN_WIDTH = 20;
/** Columns of a curve's labels, of what stands before and after a line of losses, and of a row of times. */
const LABELS = 13;
const LOSS_LABELS = 24;
const TIMES = 52;
/** Columns for what a file is, beside its name; where fewer are left it stands below. */
const MIN_ABOUT = 28;
const CHART_ROWS = 4;
const MAX_EVALUATIONS = 6;
const MAX_WORKERS = 12;
const MAX_FAULTS = 5;

interface Page {
  readonly terminal: Terminal;
  readonly width: number;
}

/** Subject of the report. */
export interface Inspected {
  readonly folder: string;
  readonly summary: Summary;
  readonly findings: readonly Finding[];
  readonly files: readonly Noteworthy[];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => line === "" ? line : `  ${line}`);
}

/** Words apart by a dot, broken into lines. */
function facts(page: Page, ...words: (string | null)[]): string[] {
  const separator = page.terminal.unicode ? " · " : ", ";
  const lines: string[] = [];
  for (const word of words.filter((word) => word !== null)) {
    const longer = lines.length > 0 ? lines.at(-1) + separator + word : word;
    if (lines.length > 0 && longer.length <= page.width - 2) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.flatMap((line) => wrapLine(line, page.width - 2));
}

function nameAndState({ terminal, width }: Page, name: string, state: Summary["state"]): string[] {
  const shown = [paint(terminal, "bold", name), paint(terminal, STATE_STYLES[state], state)];
  return textWidth(name) + 2 + state.length <= width ? [shown.join("  ")] : [shown[0]!, `  ${shown[1]}`];
}

function head(page: Page, { folder, summary }: Inspected): string[] {
  const { state, detail, config, data, num_parameters } = summary;
  const target = typeof config.steps === "number" && config.steps !== summary.steps ? config.steps : null;
  return [
    ...nameAndState(page, runTitle(basename(folder), summary.name), state),
    ...indented([
      ...summary.note === null ? [] : wrap(`Note: ${summary.note}`, page.width - 2),
      ...detail && (state !== "finished" || hasStoppedItself(summary)) ? wrap(detail, page.width - 2) : [],
      ...facts(
        page,
        whatOf(summary),
        `${count(data.num_examples)} examples` +
          (data.held_out ? ` and ${count(data.held_out)} held out` : ""),
        ...settingFacts(config),
        `critic ${count(num_parameters.critic)} and generator ${count(num_parameters.generator)} parameters`,
      ),
      ...facts(
        page,
        `${count(summary.steps)}${target ? ` of ${count(target)}` : ""} steps`,
        `${count(summary.generator_steps)} of the generator`,
        `epoch ${summary.epoch}`,
        duration(summary.seconds),
        summary.images_per_second === null ? null : `${count(summary.images_per_second)} images/s`,
        summary.incarnations > 1 ? `started ${summary.incarnations} times` : null,
      ),
    ]),
  ];
}

function learning(page: Page, { summary }: Inspected): string[] {
  const { estimate_curve: curve } = summary;
  if (curve.length === 0) return [...heading(page, "Learning"), "  no step yet"];
  const { unicode } = page.terminal;
  const series = summary.wasserstein_estimate === null ? "score_gap" : "wasserstein_estimate";
  const values = downsampled(curve.map((point) => point[series]), page.width - LABELS);
  const range = rangeOf(values) ?? { low: 0, high: 0 };
  const low = Math.min(0, range.low);
  const lines = chart(values, CHART_ROWS, low, range.high, unicode);
  const labels = lines.map((_, i) =>
    i === 0 ? figure(range.high) : i === lines.length - 1 ? figure(low) : ""
  );
  const wall = unicode ? "│" : "|";
  const plus_minus = unicode ? "±" : "+/-";
  const window = `mean of the last ${Math.min(WINDOW_STEPS, summary.steps)} steps`;
  return [
    ...series === "score_gap"
      ? heading(page, `Score gap ${figure(summary.score_gap)}`, `mean D(x) - mean D(G(z)), ${window}`)
      : heading(
        page,
        `Wasserstein estimate ${figure(summary.wasserstein_estimate)}`,
        `${plus_minus} ${
          figure(summary.wasserstein_estimate_error)
        }, ${window}; lower is better, critic's own scale`,
      ),
    ...lines.map((line, i) =>
      `${labels[i]!.padStart(10)} ${wall}${paint(page.terminal, "cyan", line.trimEnd())}`
    ),
    `${"step".padStart(10)}  ${stepAxis(count(curve.at(-1)!.step), values.length)}`,
    "",
    ...losses(page, summary, window),
  ];
}

/** A critic's loss that is the estimate with its sign turned round is left out. */
function losses(page: Page, summary: Summary, window: string): string[] {
  const line = (name: string, key: "loss_critic" | "loss_generator") => {
    const values = downsampled(summary.estimate_curve.map((point) => point[key]), page.width - LOSS_LABELS);
    return `  ${name.padEnd(9)} ${sparkline(values, page.terminal.unicode)} ${figure(summary[key])}`;
  };
  const has_estimate = summary.wasserstein_estimate !== null;
  return [
    ...heading(page, "Losses", `each on its own scale; number: ${window}`),
    ...has_estimate ? [] : [line("critic", "loss_critic")],
    line("generator", "loss_generator"),
  ];
}

/** Is it working? One sentence, and what to do where something is wrong. */
function verdict(page: Page, { findings, summary }: Inspected): string[] {
  const { label, tone, sentence, advice } = verdictOf(summary, findings);
  const style = { good: "green", neutral: "yellow", bad: "red" } as const;
  const [first, ...rest] = wrap(`${label}: ${sentence}.`, page.width - 2);
  return [
    "",
    ...indented([first!.replace(label, paint(page.terminal, style[tone], label)), ...rest]),
    ...advice === null ? [] : indented(wrap(`What to do: ${advice}.`, page.width - 2)),
  ];
}

/** A finding of the doctor: where it was seen, its cause, and advice. */
function doctor(page: Page, { findings, summary }: Inspected): string[] {
  if (summary.estimate_curve.length === 0) return [];
  if (findings.length === 0) return ["", ...heading(page, "Doctor", "no problems found")];
  const faults = findings.filter(({ grade }) => grade === "fault").length;
  const lines = findings.flatMap(({ code, grade, seen, first_step, last_step, cause, change }) => {
    const note = grade === "note";
    const where = first_step === last_step
      ? `step ${count(last_step)}`
      : `steps ${count(first_step)} to ${count(last_step)}`;
    return [
      ...wrapLine(`  ${note ? "Note: " : ""}${code} (${where})`, page.width)
        .map((line) => line.replace(code, paint(page.terminal, note ? "dim" : "yellow", code))),
      ...wrap(`${seen}. ${cause}.`, page.width - 4).map((line) => `    ${line}`),
      ...wrap(note ? `If it happens again: ${change}.` : `What to change: ${change}.`, page.width - 4)
        .map((line) => `    ${line}`),
    ];
  });
  const notes = findings.length - faults;
  const parts = [
    faults > 0 ? counted(faults, "finding") : "no problems found",
    ...notes > 0 ? [counted(notes, "note")] : [],
  ].join(", ");
  return ["", ...heading(page, "Doctor", `${parts}; see docs/doctor.md`), ...lines];
}

/** The first and the last step, at the ends of a curve of so many columns. */
function stepAxis(last: string, columns: number): string {
  return columns < last.length + 4 ? last : `1${last.padStart(columns - 1)}`;
}

/** The run's own decisions. */
function steered(page: Page, { summary }: Inspected): string[] {
  if (summary.steered.length === 0) return [];
  const lines = summary.steered.flatMap(({ step, rule, decision, reason }) =>
    wrap(`step ${count(step)}, ${flagOf(optionOf(rule))}: ${decision}. ${reason}.`, page.width - 4)
      .map((part, i) => i === 0 ? `  ${part}` : `    ${part}`)
  );
  return ["", ...heading(page, "Decided by the run itself", "see docs/run-control.md"), ...lines];
}

function evaluations(page: Page, { summary }: Inspected): string[] {
  const all = summary.evaluations;
  if (all.length === 0) return [];
  const shown = all.length <= MAX_EVALUATIONS ? all : [all[0]!, ...all.slice(1 - MAX_EVALUATIONS)];
  const with_modes = shown.some(({ modes }) => modes);
  const diversity = new Map(summary.samples.map((sample) => [sample.step, sample.diversity ?? null]));
  const with_diversity = shown.some(({ step }) => (diversity.get(step) ?? null) !== null);
  const measures = FEATURE_MEASURES.filter((name) => shown.some((one) => one[name] !== undefined));
  const rows = shown.map(({ step, sliced_wasserstein, modes, ...others }) => [
    count(step),
    figure(sliced_wasserstein),
    ...measures.map((name) => figure(new Map(shownFigures(others)).get(name) ?? null)),
    ...with_diversity ? [figure(diversity.get(step) ?? null)] : [],
    ...with_modes
      ? [modes ? `${modes.covered} of ${modes.count}` : "-", modes ? percent(modes.high_quality) : "-"]
      : [],
  ]);
  const titles = [
    "STEP",
    "DISTANCE",
    ...measures.map((name) => MEASURES[name].option.toUpperCase()),
    ...with_diversity ? ["DIVERSITY"] : [],
    ...with_modes ? ["MODES COVERED", "HIGH QUALITY"] : [],
  ];
  const columns = titles.map((title, i) => ({ title, align: "right" as const, expendable: i }));
  const which = all.length > shown.length ? `; first and last of ${all.length}` : "";
  const meaning = with_diversity ? "; diversity: 1 is as varied as the data" : "";
  const aside = `sliced Wasserstein distance, lower is better${meaning}${which}`;
  return [
    "",
    ...heading(page, "Samples against data", aside),
    ...indented(layOut(columns, rows, page.width - 2)),
  ];
}

function heldOut(page: Page, { summary }: Inspected): string[] {
  const last = summary.heldout.at(-1);
  if (!last) return [];
  const cost = last.critic_cost === undefined ? "" : `critic cost ${figure(last.critic_cost)}, `;
  const line = `  ${cost}mean D(x) ${figure(last.mean_real)}`;
  return [
    "",
    ...heading(page, "Held-out examples", `at step ${count(last.step)}`),
    ...wrapLine(line, page.width),
  ];
}

function times(page: Page, { summary }: Inspected): string[] {
  const { timings } = summary;
  const total = timings.total.mean_ms;
  if (!total) return [];
  const lines = stepParts(timings).flatMap(([name, ms]) => {
    const numbers = `${milliseconds(ms).padStart(9)} ${percent(ms / total).padStart(5)}`;
    if (page.width < TIMES) return [...wrapLine(`  ${name}`, page.width), `    ${numbers}`];
    const length = bar(ms / total, page.width - TIMES - 1, page.terminal.unicode);
    return [`  ${name.padEnd(30)} ${numbers}  ${paint(page.terminal, "cyan", length)}`.trimEnd()];
  });
  const wire = bytes((summary.bytes_in + summary.bytes_out) / Math.max(1, summary.steps));
  const aside = `mean ${milliseconds(total)}, median ${
    milliseconds(timings.total.median_ms)
  }; ${wire} a step${travelsAs(summary.config)}`;
  return ["", ...heading(page, "Where a step's time goes", aside), ...lines];
}

function workers(page: Page, { summary }: Inspected): string[] {
  const all = summary.workers;
  if (all.length === 0) return [];
  const shown = all.slice(-MAX_WORKERS);
  const rows = shown.map((worker) => [
    String(worker.worker),
    worker.name,
    worker.provider,
    worker.device,
    String(worker.threads),
    count(worker.shards_computed),
    figure(worker.compute_ms_per_shard),
    figure(worker.wire_ms_per_step),
    duration(worker.compute_ms / 1000),
    worker.first_step === null ? "none" : `${count(worker.first_step)} to ${count(worker.last_step)}`,
  ]);
  const columns = [
    { title: "#", align: "right", expendable: 1 },
    { title: "NAME", align: "left" },
    { title: "PROVIDER", align: "left", expendable: 6 },
    { title: "DEVICE", align: "left", expendable: 7 },
    { title: "THREADS", align: "right", expendable: 5 },
    { title: "SHARDS", align: "right", expendable: 2 },
    { title: "MS/SHARD", align: "right", expendable: 3 },
    { title: "WIRE MS", align: "right", expendable: 2 },
    { title: "COMPUTED", align: "right", expendable: 5 },
    { title: "STEPS", align: "right", expendable: 4 },
  ] as const;
  const aside = all.length > shown.length ? `the last ${shown.length} of ${all.length}` : "";
  return ["", ...heading(page, "Workers", aside), ...indented(layOut(columns, rows, page.width - 2))];
}

function faults(page: Page, { summary }: Inspected): string[] {
  const { faults: all, num_faults, log } = summary;
  const shown = all.slice(-MAX_FAULTS);
  const lines = shown.map(({ step, what, worker, decision, reason }) => {
    const who = typeof worker === "number" ? ` (worker ${worker})` : "";
    return `step ${count(step)}: ${what}${who}; ${decision}. ${reason}`;
  });
  if (log.bad_lines > 0) {
    lines.push(
      `${counted(log.bad_lines, "line")} of the log could not be read; the first of them is line ` +
        `${log.first_bad_line}`,
    );
  }
  if (log.unknown_records > 0) {
    const were = log.unknown_records === 1 ? "was" : "were";
    lines.push(`${counted(log.unknown_records, "record")} of a newer version ${were} skipped`);
  }
  if (lines.length === 0) return [];
  const aside = num_faults > shown.length ? `the last ${shown.length} of ${count(num_faults)}` : "";
  const wrapped = lines.flatMap((line) =>
    wrap(line, page.width - 4).map((part, i) => i === 0 ? part : `  ${part}`)
  );
  return ["", ...heading(page, "Faults and how they were handled", aside), ...indented(wrapped)];
}

function result(page: Page, { folder, summary, files }: Inspected): string[] {
  const { weights_sha256, averaged_sha256, weights_from, weights_step, bits, numeric_classes } = summary;
  const published = publishedNote(summary, sha256);
  const classes = counted(numeric_classes.length, "numeric class", "numeric classes");
  const from = weights_from === "checkpoint" ? ` (of the checkpoint at step ${count(weights_step)})` : "";
  const weights = weights_sha256 === null ? "none saved yet" : `sha256 ${weights_sha256}${from}`;
  return [
    "",
    ...heading(page, "Weights", bits === null ? "" : `bits: ${bits}, ${classes}`),
    ...indented(wrap(weights, page.width - 2)),
    ...averaged_sha256 === null ? [] : indented(wrap(
      `averaged generator: sha256 ${averaged_sha256}; samples, figures and generator.onnx come from it`,
      page.width - 2,
    )),
    ...published === null ? [] : indented(wrap(`${published}.`, page.width - 2)),
    ...fileList(page, folder, files),
  ];
}

/** Files and what they are: beside them where there is room, or else below. */
function fileList(page: Page, folder: string, files: Inspected["files"]): string[] {
  if (files.length === 0) return [];
  const widest = Math.max(...files.map(({ path }) => path.length));
  const beside = page.width - widest - 4 >= MIN_ABOUT;
  const column = beside ? widest + 4 : 4;
  const lines = files.flatMap(({ path, about }) => {
    const dimmed = wrap(about, page.width - column).map((line) => paint(page.terminal, "dim", line));
    const [first, ...rest] = dimmed.map((line) => " ".repeat(column) + line);
    return beside ? [`  ${path}`.padEnd(column) + dimmed[0], ...rest] : [`  ${path}`, first!, ...rest];
  });
  return ["", ...heading(page, `Files in ${folder}`), ...lines];
}

/** The report as lines. */
export function runReport({ folder, ...rest }: Inspected, terminal: Terminal): string[] {
  const inspected = { ...rest, folder: cleanLine(folder) };
  const page: Page = { terminal, width: Math.max(MIN_WIDTH, Math.min(terminal.width, MAX_WIDTH)) };
  const advice = adviceFor(inspected.folder, inspected.summary);
  return [
    ...head(page, inspected),
    ...verdict(page, inspected),
    ...evaluations(page, inspected),
    "",
    ...learning(page, inspected),
    ...doctor(page, inspected),
    ...steered(page, inspected),
    ...heldOut(page, inspected),
    ...times(page, inspected),
    ...workers(page, inspected),
    ...faults(page, inspected),
    ...result(page, inspected),
    "",
    ...heading(page, "Next"),
    ...advice.flatMap(({ text, line }) => [
      ...indented(wrap(text, page.width - 2)),
      ...line ? [`    ${paint(terminal, "green", line)}`] : [],
    ]),
  ];
}

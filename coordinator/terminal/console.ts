/**
 * The terminal's view of a run: one status line that is redrawn, and lines that stay. Without a terminal
 * (a pipe, a log) only lines that stay, seldom.
 */
import { type LastingScreen, lastingScreen } from "../../common/terminal/lasting_screen.ts";
import { type Screen, StatusLine } from "../../common/terminal/screen.ts";
import { counted } from "../../common/text/counted.ts";
import { nonBreaking } from "../../common/text/wrap.ts";
import { RecentMean } from "../../common/recent_mean.ts";
import { shortDuration } from "../../common/text/duration.ts";

/** Redrawing more often helps nobody. */
const REDRAW_MS = 200;
/** Without a terminal, a line of progress this often. */
const QUIET_LINE_MS = 10_000;
/** Without a terminal, a line this often while nothing can be computed; a terminal's is redrawn. */
const WAITING_LINE_MS = 30_000;
const WAITING_REDRAW_MS = 1_000;
/** Steps over which shown numbers are averaged. */
const WINDOW = 200;

/** Standard error: standard output stays free for data. */
export function stderrScreen(): LastingScreen {
  return lastingScreen(Deno.stderr);
}

/** A bar of `width` characters for a share of 0 to 1. */
export function progressBar(share: number, width: number, unicode: boolean): string {
  if (!unicode) return "#".repeat(Math.round(Math.min(1, Math.max(0, share)) * width)).padEnd(width);
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const part = " ▏▎▍▌▋▊▉"[eighths % 8]!;
  return ("█".repeat(full) + (full < width ? part : "")).padEnd(width);
}

/** Three digits: more says nothing of a measured figure. */
function said(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A fact of the line of progress; none before the first measurement. */
function measured(name: string, value: number): string[] {
  return Number.isNaN(value) ? [] : [`[${name}: ${said(value)}]`];
}

/** The terminal's line about a step. */
export interface ShownStep {
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly loss_critic: number;
  readonly mean_real: number;
  readonly mean_fake: number;
  readonly generator?: { readonly loss: number };
}

export class Console {
  readonly #screen: Screen;
  readonly #foot: StatusLine;
  readonly #now_ms: () => number;
  readonly #total_steps: number;
  readonly #batch: number;
  readonly #epochs: { readonly total: number; readonly steps: number };
  readonly #loss_critic = new RecentMean(WINDOW);
  readonly #loss_generator = new RecentMean(WINDOW);
  /** mean D(x) - mean D(G(z)): an estimate of the Wasserstein distance, or just the gap between the scores. */
  readonly #gap = new RecentMean(WINDOW);
  readonly #estimates_distance: boolean;
  /** Quality of the samples: their last measured distance to the data, and their diversity. */
  #distance = NaN;
  #diversity = NaN;
  #drawn_ms = -Infinity;
  /** When waiting was last told of; null: nothing is waited for. */
  #waiting_ms: number | null = null;
  #lined_ms: number;
  #rate: { step: number; at_ms: number; steps_per_s: number } | null = null;
  num_workers = 0;

  constructor(
    screen: Screen,
    now_ms: () => number,
    run: { total_steps: number; batch: number; epoch_steps: number; estimates_distance: boolean },
  ) {
    this.#estimates_distance = run.estimates_distance;
    this.#screen = screen;
    this.#foot = new StatusLine(screen);
    this.#now_ms = now_ms;
    this.#total_steps = run.total_steps;
    this.#batch = run.batch;
    this.#epochs = { total: Math.ceil(run.total_steps / run.epoch_steps), steps: run.epoch_steps };
    this.#lined_ms = now_ms();
  }

  /** A line that stays, above the status line. */
  line(text: string): void {
    this.#foot.line(text);
  }

  /** A line that ends with something to copy, which is not broken. */
  copied(label: string, text: string): void {
    this.#foot.copied(label, text);
  }

  step(report: ShownStep): void {
    this.#loss_critic.add(report.loss_critic);
    this.#gap.add(report.mean_real - report.mean_fake);
    if (report.generator) this.#loss_generator.add(report.generator.loss);
    const now_ms = this.#now_ms();
    if (this.#rate === null) this.#measureRate(report.step, now_ms);
    if (this.#screen.interactive) {
      if (now_ms - this.#drawn_ms < REDRAW_MS) return;
      this.#drawn_ms = now_ms;
      this.#measureRate(report.step, now_ms);
      this.#foot.draw(...this.#statusLines(report.step));
    } else if (now_ms - this.#lined_ms >= QUIET_LINE_MS) {
      this.progressLine(report);
    }
  }

  /** The distance of samples to the data was measured. */
  distance(value: number): void {
    this.#distance = value;
  }

  /** How varied samples are was measured; 1: as the data. */
  diversity(value: number): void {
    this.#diversity = value;
  }

  /**
   * The line that users of the original know. A WGAN's critic loss is its estimate with the sign turned round, so the
   * estimate is shown, and the distance and diversity of the samples.
   */
  progressLine({ step, epoch, batch }: Pick<ShownStep, "step" | "epoch" | "batch">): void {
    this.#lined_ms = this.#now_ms();
    this.#measureRate(step, this.#lined_ms);
    const number = (x: number) => Number.isNaN(x) ? "-" : x.toFixed(6);
    const facts = [
      `[Epoch ${epoch + 1}/${this.#epochs.total}]`,
      `[Batch ${batch + 1}/${this.#epochs.steps}]`,
      this.#estimates_distance
        ? `[W estimate: ${number(this.#gap.value)}]`
        : `[D loss: ${number(this.#loss_critic.value)}]`,
      `[G loss: ${number(this.#loss_generator.value)}]`,
      ...measured("distance", this.#distance),
      ...measured("diversity", this.#diversity),
    ].map(nonBreaking).join(" ");
    const whole = `${facts} ${this.#rates()}`.trimEnd();
    // A narrow terminal's second line is not worth it: the speed is in the status line.
    this.line(whole.length <= this.#screen.columns() ? whole : facts);
  }

  /** Takes the status line away. */
  clear(): void {
    this.#foot.draw("");
  }

  /**
   * Nothing can be computed, since `waited_s` seconds. Called again and again: a terminal shows it in the status
   * line, elsewhere it is a line now and then. `advice`: what to do about it.
   */
  waiting(reason: string, waited_s: number, advice: string): void {
    const now_ms = this.#now_ms();
    const every_ms = this.#screen.interactive ? WAITING_REDRAW_MS : WAITING_LINE_MS;
    if (this.#waiting_ms !== null && now_ms - this.#waiting_ms < every_ms) return;
    this.#waiting_ms = now_ms;
    const text = reason + (waited_s >= 1 ? ` (for ${shortDuration(waited_s)})` : "");
    const whole = advice === "" ? text : `${text}: ${advice}`;
    if (!this.#screen.interactive) this.line(whole);
    else this.#foot.draw(whole, text, reason);
  }

  /** It goes on. */
  goesOn(): void {
    if (this.#waiting_ms !== null) this.clear();
    this.#waiting_ms = null;
  }

  #measureRate(step: number, now_ms: number): void {
    const last = this.#rate;
    if (!last) {
      this.#rate = { step, at_ms: now_ms, steps_per_s: 0 };
    } else if (now_ms - last.at_ms >= 1000) {
      const measured = (step - last.step) / ((now_ms - last.at_ms) / 1000);
      const steps_per_s = last.steps_per_s === 0 ? measured : 0.7 * last.steps_per_s + 0.3 * measured;
      this.#rate = { step, at_ms: now_ms, steps_per_s };
    }
  }

  #rates(short = false): string {
    const steps_per_s = this.#rate?.steps_per_s ?? 0;
    if (steps_per_s === 0) return "";
    const images_per_s = Math.round(steps_per_s * this.#batch);
    return short
      ? `${steps_per_s.toFixed(steps_per_s < 10 ? 1 : 0)} steps/s, ${images_per_s} img/s`
      : `${steps_per_s.toFixed(1)} steps/s, ${images_per_s} images/s`;
  }

  /** From the longest to the shortest. */
  #statusLines(step: number): readonly [string, ...string[]] {
    const share = step / this.#total_steps;
    const steps_per_s = this.#rate?.steps_per_s ?? 0;
    const left = steps_per_s > 0 ? `${shortDuration((this.#total_steps - step) / steps_per_s)} left` : "";
    const number = (x: number, digits: number) => Number.isNaN(x) ? "-" : x.toFixed(digits);
    const percent = `${String(Math.floor(100 * share)).padStart(3)}%`;
    const line = (bar_width: number, short: boolean, left_out: readonly number[] = []) => {
      const digits = short ? 3 : 4;
      const measured = (name: string, value: number) => Number.isNaN(value) ? "" : `${name} ${said(value)}`;
      const facts = [
        `${this.#estimates_distance ? "W" : "gap"} ${number(this.#gap.value, digits)}`,
        measured("distance", this.#distance),
        measured("diversity", this.#diversity),
        this.#estimates_distance ? "" : `D ${number(this.#loss_critic.value, digits)}`,
        `G ${number(this.#loss_generator.value, digits)}`,
        this.#rates(short),
        counted(this.num_workers, "worker"),
        left,
      ];
      const bar = bar_width === 0 ? "" : ` ${progressBar(share, bar_width, this.#screen.unicode)}`;
      const shown = facts.filter((fact, i) => fact !== "" && !left_out.includes(i));
      return [`${percent}${bar} ${step}/${this.#total_steps}`, ...shown].join("  ");
    };
    // Where there is no room for all, the bar goes first, then losses, diversity, speed, workers; the steps stay.
    const order = [3, 4, 2, 5, 6, 1, 0, 7];
    const fewer = [0, ...order.keys().map((i) => i + 1)].map((count) => order.slice(0, count));
    return [
      line(20, false),
      line(10, false),
      line(10, true),
      ...fewer.map((left_out) => line(0, true, left_out)),
    ];
  }
}

/** A curve: its smoothed line over the band of single steps, and points of held-out examples beside it. */
import uPlot from "uplot";
import { count, figure, stepLabels, valueLabels } from "../../../inspect/numbers.ts";
import { make, setText } from "./dom.ts";
import { type CurveData, scaleOf } from "./curve_data.ts";

export interface ChartOptions {
  readonly id: string;
  readonly title: string;
  /** Which direction is good, in a sentence. */
  readonly meaning: string;
  /** Title of the axis of values. */
  readonly axis: string;
  /** Custom property of the style sheet. */
  readonly colour: string;
  readonly height: number;
  /** Name of the points beside the curve, if it has any. */
  readonly beside?: string;
  /** A few measurements, as points on a line, instead of many steps smoothed. */
  readonly measured?: boolean;
}

export interface ChartData {
  readonly curve: CurveData;
  /** Step and value, in order of steps. */
  readonly beside?: readonly (readonly [step: number, value: number | null])[];
  /** Share of the run that is shown, its end. */
  readonly share: number;
}

const VALUES_PX = 50;
const STEPS_PX = 26;
const AXIS_TITLE_PX = 20;
const FONT = "12px system-ui, sans-serif";
const SMOOTH = 1, LOW = 2, HIGH = 3, BESIDE = 4;

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Some transparency for a colour of the form #rrggbb. */
function faint(colour: string, share: number): string {
  return colour + Math.round(255 * share).toString(16).padStart(2, "0");
}

export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #plot = make("div", { class: "plot", tabindex: "0", role: "img" });
  readonly #said = make("output");
  readonly #legend: HTMLElement;
  #uplot: uPlot | null = null;
  #data: ChartData | null = null;
  #shown = { low: 0, high: 1 };

  constructor(parent: HTMLElement, options: ChartOptions) {
    this.#options = options;
    this.#legend = make("ul", { class: "legend" });
    const caption = make(
      "figcaption",
      {},
      make("span", {}, options.title),
      this.#said,
      make("small", {}, options.meaning),
    );
    this.element = make("figure", { class: "chart", id: options.id }, caption, this.#plot, this.#legend);
    this.element.hidden = true;
    parent.append(this.element);
    this.#plot.addEventListener("keydown", (event) => this.#key(event));
    this.#plot.addEventListener("blur", () => this.#uplot?.setCursor({ left: -10, top: -10 }));
    new ResizeObserver(() => this.#resize()).observe(this.#plot);
  }

  /** A chart without a value is not there. */
  show(data: ChartData): void {
    this.#data = data;
    this.element.hidden = !data.curve.smooth.some((value) => value !== null);
    if (this.element.hidden) return;
    this.#drawLegend();
    const last = data.curve.steps.at(-1)!;
    this.#shown = { low: Math.floor(last * (1 - data.share)), high: Math.max(2, last) };
    this.#uplot ??= this.#create();
    this.#uplot.setData(this.#aligned(data));
    const value = data.curve.smooth.findLast((value) => value !== null) ?? null;
    const label = `${this.#options.title}, steps ${count(this.#shown.low)} to ${count(last)}: ` +
      `at last ${figure(value)}. Use the arrow keys to read the curve.`;
    this.#plot.setAttribute("aria-label", label);
    if (!this.#reading) this.#say(null);
  }

  /** Draws it again in the colours that hold now. */
  recolour(): void {
    this.#uplot?.destroy();
    this.#uplot = null;
    if (this.#data) this.show(this.#data);
  }

  get #reading(): boolean {
    return (this.#uplot?.cursor.idx ?? null) !== null && (this.#uplot?.cursor.left ?? -1) >= 0;
  }

  #aligned({ curve, beside = [] }: ChartData): uPlot.AlignedData {
    const main = [curve.steps, curve.smooth, curve.low, curve.high] as unknown as uPlot.AlignedData;
    if (this.#options.beside === undefined) return main;
    const points = [beside.map(([step]) => step), beside.map(([, value]) => value)];
    return uPlot.join([main, points as unknown as uPlot.AlignedData]);
  }

  /** The scale with some air above and below. */
  #heights(): [number, number] {
    const [low, high] = (this.#data && scaleOf(this.#data.curve, this.#shown.low, this.#options.measured)) ??
      [0, 1];
    const air = 0.08 * (high - low) || 1;
    return [low < 0 ? low - air : low, high > 0 ? high + air : high];
  }

  #create(): uPlot {
    const colour = css(this.#options.colour);
    return new uPlot(
      {
        width: Math.max(200, this.#plot.clientWidth),
        height: this.#options.height,
        legend: { show: false },
        // A label below the right end needs room.
        padding: [12, 24, 0, 0],
        cursor: { drag: { x: false, y: false }, points: { size: 7 }, y: false },
        scales: {
          x: { time: false, range: () => [this.#shown.low, this.#shown.high] },
          y: { range: () => this.#heights() },
        },
        axes: this.#axes(),
        series: this.#series(colour),
        bands: [{ series: [HIGH, LOW], fill: faint(colour, 0.2) }],
        hooks: { setCursor: [(u) => this.#say(u.cursor.left! >= 0 ? u.cursor.idx ?? null : null)] },
      },
      [[], [], [], []],
      this.#plot,
    );
  }

  #axes(): uPlot.Axis[] {
    const axis: uPlot.Axis = {
      stroke: css("--dim"),
      font: FONT,
      labelFont: FONT,
      labelSize: AXIS_TITLE_PX,
      grid: { stroke: css("--grid"), width: 1 },
      ticks: { show: false },
    };
    return [
      {
        ...axis,
        label: "critic step",
        size: STEPS_PX,
        values: (_u, splits) => stepLabels(splits),
        space: 70,
      },
      {
        ...axis,
        label: this.#options.axis,
        size: VALUES_PX,
        values: (_u, splits) => valueLabels(splits),
        space: 36,
      },
    ];
  }

  /** The curve, its lowest and highest, and what lies beside it. */
  #series(colour: string): uPlot.Series[] {
    const { measured = false } = this.#options;
    const none: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false }, spanGaps: true };
    const held_out = css("--heldout");
    const beside: uPlot.Series = {
      stroke: held_out,
      width: 1.5,
      dash: [5, 4],
      spanGaps: true,
      points: { show: true, size: 5, fill: held_out, stroke: held_out },
    };
    return [
      {},
      { stroke: colour, width: 2, spanGaps: true, points: { show: measured, size: 5, fill: colour } },
      none,
      none,
      ...this.#options.beside === undefined ? [] : [beside],
    ];
  }

  /** The value under the cursor, or the last one. */
  #say(index: number | null): void {
    const data = this.#uplot?.data;
    if (!data) return;
    if (index === null) {
      const last = this.#data?.curve.smooth.findLast((value) => value !== null) ?? null;
      return setText(this.#said, last === null ? "" : figure(last));
    }
    const value = (series: number) => data[series]?.[index] ?? null;
    const parts = [`step ${count(value(0))}`];
    if (value(SMOOTH) !== null) {
      const extent = this.#options.measured ? "" : ` (${figure(value(LOW))} to ${figure(value(HIGH))})`;
      parts.push(figure(value(SMOOTH)) + extent);
    }
    if (value(BESIDE) !== null) parts.push(`held out ${figure(value(BESIDE))}`);
    setText(this.#said, parts.join(" · "));
  }

  #key(event: KeyboardEvent): void {
    const u = this.#uplot;
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 };
    const last = (u?.data[0].length ?? 0) - 1;
    if (!u || last < 0) return;
    const from = this.#reading ? u.cursor.idx! : last;
    const index = event.key === "Home" ? 0 : event.key === "End" ? last : from + (moves[event.key] ?? NaN);
    if (Number.isNaN(index)) return;
    event.preventDefault();
    const step = u.data[0][Math.max(0, Math.min(last, index))]!;
    u.setCursor({ left: Math.max(0, u.valToPos(step, "x")), top: 0 });
  }

  #resize(): void {
    const width = this.#plot.clientWidth;
    if (this.#uplot && width > 0 && width !== this.#uplot.width) {
      this.#uplot.setSize({ width, height: this.#options.height });
    }
  }

  /** Only what is drawn has an entry. */
  #drawLegend(): void {
    const { colour, beside, measured } = this.#options;
    const entries = measured ? [] : [["smooth", "smoothed", colour], ["raw", "single steps", colour]];
    if (beside !== undefined && this.#data?.beside?.some(([, value]) => value !== null)) {
      entries.push(["beside", beside, "--heldout"]);
    }
    if (this.#legend.childElementCount === entries.length) return;
    this.#legend.replaceChildren(...entries.map(([name, text, colour]) => {
      const sign = make("span");
      sign.style.background = `var(${colour})`;
      return make("li", { class: name! }, sign, text!);
    }));
    this.#legend.hidden = entries.length === 0;
  }
}

/** Line charts as inline SVG, in colours that the page's style gives for light and dark. */
import { count, figure, stepLabels, valueLabels } from "../numbers.ts";
import { type Html, html } from "./html.ts";

export interface ChartLine {
  readonly name: string;
  /** Step and value; a missing value is a gap. */
  readonly points: readonly (readonly [step: number, value: number | null])[];
  /** Which colour of the style sheet, counted on beyond NUM_COLOURS; that of its place if left out. */
  readonly colour?: number;
  readonly dashed?: boolean;
}

export interface ChartText {
  readonly title: string;
  /** Title of the axis of values. */
  readonly axis: string;
  /** Which direction is good. */
  readonly meaning?: string;
  /** True if even a single line is named; if left out only several are. */
  readonly named?: boolean;
}

/** Colours of the style sheet. */
export const NUM_COLOURS = 6;

/** A chart is drawn for a wide and for a narrow screen, each with letters of a size that can be read there. */
interface Size {
  readonly name: "wide" | "narrow";
  readonly width: number;
  readonly height: number;
  /** Room of a label below the axis, and of a line of the grid. */
  readonly label_width: number;
  readonly num_rows: number;
}
const SIZES: readonly Size[] = [
  { name: "wide", width: 600, height: 270, label_width: 110, num_rows: 5 },
  { name: "narrow", width: 340, height: 230, label_width: 85, num_rows: 4 },
];
const LEFT = 66;
const RIGHT = 14;
const TOP = 10;
const BOTTOM = 44;

/** Round numbers from `low` to `high`, about `most` of them: multiples of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, most = 5): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

function extent(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return [low, high];
}

/** Pieces of a line between its gaps, as SVG path data. */
function pathOf(
  points: ChartLine["points"],
  x: (step: number) => number,
  y: (value: number) => number,
): string {
  let pen = "M";
  const path = points.map(([step, value]) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const piece = `${pen}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
    return piece;
  }).join("");
  // A single point is a dot.
  return path.includes("L") ? path : `${path}h0`;
}

/** Curves, and the ranges of their axes. */
interface Drawn {
  readonly lines: readonly ChartLine[];
  readonly steps: readonly [number, number];
  readonly values: readonly [number, number];
}

function colourOf({ colour }: ChartLine, i: number): string {
  return `c${(colour ?? i) % NUM_COLOURS}`;
}

function svg({ lines, steps, values }: Drawn, { title, axis }: ChartText, size: Size): Html {
  const { name, width, height, label_width, num_rows } = size;
  const [[first, last], [low, high]] = [steps, values];
  const bottom = height - BOTTOM;
  const x = (step: number) => LEFT + (step - first) / (last - first || 1) * (width - LEFT - RIGHT);
  const y = (value: number) => TOP + (high - value) / (high - low || 1) * (bottom - TOP);
  const rows = ticks(low, high, num_rows);
  const row_labels = valueLabels(rows);
  const across = rows.map((value, i) => {
    const at = y(value).toFixed(1);
    return html`
      <line class="grid${value === 0 ? " zero" : ""}" x1="${LEFT}" x2="${width -
        RIGHT}" y1="${at}" y2="${at}" />
      <text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${row_labels[i]!}</text>
    `;
  });
  const columns = ticks(first, last, Math.floor((width - LEFT) / label_width)).filter(Number.isInteger);
  const column_labels = stepLabels(columns);
  const below = columns.map((step, i) =>
    html`<text x="${x(step).toFixed(1)}" y="${bottom + 18}" text-anchor="${
      x(step) > width - RIGHT - 16 ? "end" : "middle"
    }">${column_labels[i]!}</text>`
  );
  const curves = lines.map((line, i) =>
    html`
      <path class="line ${colourOf(line, i)}${line.dashed ? " dashed" : ""}" d="${pathOf(
        line.points,
        x,
        y,
      )}" />
    `
  );
  const middle = ((bottom + TOP) / 2).toFixed(1);
  return html`
    <svg class="${name}" viewBox="0 0 ${width} ${height}" role="img"
      aria-label="${title}: ${figure(low)} to ${figure(high)} over steps ${count(first)} to ${count(
        last,
      )}">${across}${below}
    <text x="${(width + LEFT) / 2}" y="${height - 6}" text-anchor="middle">critic step</text>
    <text transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">${axis}</text>${curves}</svg>
  `;
}

/** A chart of these lines with a legend, or null where there is nothing to draw. 0 is always on both scales. */
export function lineChart(text: ChartText, lines: readonly ChartLine[]): Html | null {
  const shown = lines.filter(({ points }) => points.some(([, value]) => value !== null));
  if (shown.length === 0) return null;
  const all = shown.flatMap(({ points }) => points);
  const values = extent([0, ...all.flatMap(([, value]) => value === null ? [] : [value])]);
  const drawn = { lines: shown, steps: extent([0, ...all.map(([step]) => step)]), values };
  const legend = shown.map((line, i) =>
    html`<li class="${colourOf(line, i)}${line.dashed ? " dashed" : ""}"><span></span>${line.name}</li>`
  );
  return html`<figure><figcaption>${text.title}${
    text.meaning !== undefined && html`<small>${text.meaning}</small>`
  }</figcaption>
${SIZES.map((size) => svg(drawn, text, size))}
${(text.named || shown.length > 1) && html`<ul class="legend">${legend}</ul>`}</figure>`;
}

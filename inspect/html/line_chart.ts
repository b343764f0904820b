/** Line charts as inline SVG, in colours that the page's style gives for light and dark. */
import { count, figure } from "../numbers.ts";
import { type Html, html } from "./html.ts";

export interface Line {
  readonly name: string;
  /** Step and value; a missing value is a gap. */
  readonly points: readonly (readonly [step: number, value: number | null])[];
}

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 28;
const NUM_TICKS = 5;
/** Colours of the style sheet. */
export const NUM_COLOURS = 6;

/** Round numbers from `low` to `high`, about NUM_TICKS of them: multiples of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / NUM_TICKS;
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
function pathOf(points: Line["points"], x: (step: number) => number, y: (value: number) => number): string {
  let pen = "M";
  return points.map(([step, value]) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const piece = `${pen}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
    return piece;
  }).join("");
}

/** A chart of these lines with a legend, or null where there is nothing to draw. 0 is always on the scale. */
export function lineChart(title: string, lines: readonly Line[]): Html | null {
  const shown = lines.filter(({ points }) => points.some(([, value]) => value !== null));
  if (shown.length === 0) return null;
  const all = shown.flatMap(({ points }) => points);
  const [low, high] = extent([0, ...all.flatMap(([, value]) => value === null ? [] : [value])]);
  const [first, last] = extent(all.map(([step]) => step));
  const x = (step: number) => LEFT + (step - first) / (last - first || 1) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (high - value) / (high - low || 1) * (HEIGHT - TOP - BOTTOM);
  const across = ticks(low, high).map((value) =>
    html`
      <line class="grid${value === 0 ? " zero" : ""}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)
        .toFixed(1)}" y2="${y(value).toFixed(1)}" />
      <text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${figure(value)}</text>
    `
  );
  const below = ticks(first, last).filter(Number.isInteger).map((step) =>
    html`<text x="${x(step).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${
      x(step) > WIDTH - 40 ? "end" : "middle"
    }">${count(step)}</text>`
  );
  const curves = shown.map(({ points }, i) =>
    html`
      <path class="line c${i % NUM_COLOURS}" d="${pathOf(points, x, y)}" />
    `
  );
  const legend = shown.map(({ name }, i) => html`<li class="c${i % NUM_COLOURS}"><span></span>${name}</li>`);
  return html`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${figure(low)} to ${
    figure(high)
  } over steps ${count(first)} to ${count(last)}">${across}${below}${curves}</svg>
${shown.length > 1 && html`<ul class="legend">${legend}</ul>`}</figure>`;
}

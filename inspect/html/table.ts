/** A table's columns in a report: data beside samples, and what differs in their correlations. */
import type { ColumnCompared, TableComparison } from "../../metrics/table_comparison.ts";
import { count, figure, percent } from "../numbers.ts";
import { Html, html } from "./html.ts";

/** Columns and categories that are drawn. */
const MOST_COLUMNS = 24;
const MOST_CATEGORIES = 12;
const WIDTH = 240, HEIGHT = 80, FLOOR = 64;
/** Pixels of a cell, and of the names beside the cells. */
const CELL = 22, NAMES = 150;
/** Letters of a name beside the cells. */
const MOST_LETTERS = 18;
/** A difference of correlations that fills a cell. */
const FULL = 0.5;
const MEASURES = { ks: "Kolmogorov-Smirnov", tv: "total variation" } as const;

export function tableColumns(table: TableComparison | { readonly missing: string } | null): Html {
  if (!table) return html`<p class="dim">The data are not a table.</p>`;
  if ("missing" in table) return html`<p class="note">Not measured. ${table.missing}.</p>`;
  const shown = table.columns.slice(0, MOST_COLUMNS), more = table.columns.length - shown.length;
  return html`<p class="key"><span class="data">data</span><span class="generated">generated</span></p>
<div class="columns">${shown.map(column)}</div>
<p class="dim">Shares of ${
    count(table.num_rows)
  } rows of the data and of as many samples. Differences are from 0 (equal)
to 1.${more > 0 && ` ${count(more)} more columns are not drawn.`}</p>${pairs(table)}`;
}

function column(compared: ColumnCompared): Html {
  const { name, measure, value, categories } = compared;
  return html`<figure>${
    categories ? bars(compared, categories) : histogram(compared)
  }<figcaption>${name}<small>${MEASURES[measure]}: ${value.toFixed(3)}</small></figcaption></figure>`;
}

function histogram({ name, data, samples, range: [low, high] }: ColumnCompared): Html {
  const greatest = Math.max(...data, ...samples), width = WIDTH / data.length;
  const y = (share: number) => Math.round(10 * (FLOOR - (FLOOR - 4) * share / greatest)) / 10;
  const blocks = data.map((share, i) =>
    html`
      <rect x="${i * width}" y="${y(share)}" width="${width}" height="${FLOOR - y(share)}" />
    `
  );
  const outline = samples.map((share, i) => `${i * width},${y(share)} ${(i + 1) * width},${y(share)}`).join(
    " ",
  );
  return html`
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
      aria-label="${name}: histograms of data and samples">
      <g class="data">${blocks}</g>
      <path class="generated" d="M0,${FLOOR} ${outline} ${WIDTH},${FLOOR}" />
      <text x="0" y="${HEIGHT - 3}">${figure(low)}</text>
      <text x="${WIDTH}" y="${HEIGHT - 3}" text-anchor="end">${figure(high)}</text>
    </svg>
  `;
}

function bars({ data, samples }: ColumnCompared, categories: readonly string[]): Html {
  const greatest = Math.max(...data, ...samples);
  const bar = (share: number, kind: string) =>
    html`<span class="share ${kind}" style="width:${Math.round(100 * share / greatest)}%"></span>`;
  const rows = categories.slice(0, MOST_CATEGORIES).map((category, i) =>
    html`
      <dt>${category}</dt>
      <dd>${bar(data[i]!, "data")}${bar(samples[i]!, "generated")}<small>${percent(
        data[i]!,
      )}, generated ${percent(samples[i]!)}</small></dd>
    `
  );
  const more = categories.length - MOST_CATEGORIES;
  return html`<dl class="shares">${rows}</dl>${
    more > 0 && html`<p class="dim">${count(more)} more categories are not drawn.</p>`
  }`;
}

/** The matrix of differences: rows have names and numbers, columns have the numbers. */
function pairs({ correlation, differences: { names, values } }: TableComparison): Html | null {
  if (correlation === null) return null;
  const side = CELL * names.length, width = NAMES + side, height = CELL + side;
  const labels = names.map((name, i) => {
    const short = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
    const across = NAMES + (i + 0.5) * CELL, down = (i + 1.7) * CELL;
    return html`<text x="${across}" y="${0.7 * CELL}" text-anchor="middle">${i + 1}</text>
<text x="${NAMES - 6}" y="${down}" text-anchor="end">${short} ${i + 1}</text>`;
  });
  const cells = values.flatMap((row, i) =>
    row.map((value, j) =>
      html`
        <rect class="${value < 0 ? "below" : "above"}" x="${NAMES + j * CELL}" y="${(i + 1) *
          CELL}" width="${CELL - 1}" height="${CELL - 1}"
          fill-opacity="${Math.min(1, Math.abs(value) / FULL).toFixed(2)}">
          <title>${names[i]!} and ${names[j]!}: ${signed(value)}</title>
        </rect>
      `
    )
  );
  return html`
    <figure class="pairs">
      <div class="scroll" tabindex="0" role="group" aria-label="Differences of correlations">
        <svg viewBox="0 0 ${width} ${height}" style="width:${width}px" role="img"
          aria-label="Matrix of the differences of correlations">${[...labels, ...cells]}</svg>
      </div>
      <figcaption>Correlations of the samples less those of the data: orange where they are greater, blue where
    they are less; ${FULL} or more fills a cell. The greatest difference is ${correlation.difference.toFixed(
      3,
    )}, of ${correlation.between.join(" and ")}.</figcaption>
    </figure>
  `;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(3)}`;
}

/** Their part of the style sheet. */
export const TABLE_STYLE = new Html(`
.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); gap: 1rem; margin: 0.75rem 0; }
.columns figure { padding: 0.75rem 1rem; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; min-width: 0; }
.columns figcaption { font-weight: 600; color: var(--ink); overflow-wrap: anywhere; }
.columns svg text { font-size: 14px; } .columns .data rect { fill: #4a7ab5; fill-opacity: 0.55; } .columns path { fill: none; stroke: #d6481c; stroke-width: 2; }
.shares { margin: 0; font-size: 0.85rem; } .shares dt { overflow-wrap: anywhere; } .shares dd { margin: 0 0 0.4rem; }
.shares small { color: var(--dim); } .share { display: block; height: 0.45rem; min-width: 1px; background: #4a7ab5; margin: 1px 0; border-radius: 2px; }
.share.generated { background: #d6481c; }
.pairs svg { max-width: none; } .pairs rect { stroke: var(--rule); } .pairs .above { fill: #d6481c; } .pairs .below { fill: #4a7ab5; }
`).text;

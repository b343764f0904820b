/** Links that save the generator and the curves. */
import type { HistoryRow } from "../history.ts";
import { curvesCsv } from "./curve_data.ts";
import { byId } from "./dom.ts";

export class Downloads {
  readonly #generator = byId<HTMLAnchorElement>("save-generator");
  readonly #curves = byId<HTMLAnchorElement>("save-curves");

  constructor(rows: () => readonly HistoryRow[]) {
    this.#generator.href = `/generator.onnx${location.search}`;
    // Made from what the page has, when it is asked for: it costs the coordinator nothing, and works without it.
    this.#curves.href = "#";
    this.#curves.addEventListener("click", () => {
      URL.revokeObjectURL(this.#curves.href);
      this.#curves.href = URL.createObjectURL(new Blob([curvesCsv(rows())], { type: "text/csv" }));
    });
  }

  /** Files to save. The generator comes from the coordinator, never without it. */
  update(run_name: string, { generator, curves }: Readonly<Record<"generator" | "curves", boolean>>): void {
    this.#generator.download = `${run_name}-generator.onnx`;
    this.#curves.download = `${run_name}-curves.csv`;
    this.#generator.hidden = !generator;
    this.#curves.hidden = !curves;
    if (generator || curves) byId("downloads").hidden = false;
  }
}

/** Tells a CSV table, whose columns are things of their own, from points and series. */
import { cleanText } from "../../../common/text/foreign_text.ts";
import type { TableLayout } from "./csv_columns.ts";

const MAX_NAME_LENGTH = 60;

/**
 * Names of the columns that are taken, where a header names them; null where there is none, or where its names are
 * places along a series (0, 1, 2; years; wavelengths) or the two coordinates of a plane.
 */
export function tableColumns({ names, take }: Pick<TableLayout, "names" | "take">): readonly string[] | null {
  if (names === null) return null;
  const taken = take.map((column) => cleanText(names[column]!, MAX_NAME_LENGTH));
  if (taken.every((name) => name !== "" && Number.isFinite(Number(name.replace(",", "."))))) return null;
  if (taken.join().toLowerCase() === "x,y") return null;
  return taken.map((name, i) => name === "" ? `column ${take[i]! + 1}` : name);
}

/** Parses the value of --data: a file or folder, then settings after #. */
import { UserError } from "../../../common/errors.ts";
import type { Decimal } from "../tables/csv_cell.ts";

/** How a CSV file is to be read; null: as it looks. */
export interface CsvSettings {
  readonly header: boolean | null;
  readonly decimal: Decimal | null;
  /** Columns to take, by name or by number from 1 on, in this order; "4-" up to the last. */
  readonly columns: readonly string[] | null;
  /** The column whose texts are labels, by name or number; null: there is none. */
  readonly label_column: string | null;
  /** Columns that are categories, by name or number, beside those of words. */
  readonly categories: readonly string[];
}

export interface DataPath {
  readonly file: string;
  /** For an NPZ file: the array of this name. */
  readonly array: string | null;
  readonly csv: CsvSettings;
}

export const AS_IT_LOOKS: CsvSettings = {
  header: null,
  decimal: null,
  columns: null,
  label_column: null,
  categories: [],
};

/** Names of files that are read as CSV. */
export const CSV_NAME = /\.(csv|tsv|txt)(\.gz)?$/i;
const NPZ_PART = /^(.*\.npz)#(.+)$/;
const CSV_PART = /^(.*?\.(?:(?:csv|tsv|txt)(?:\.gz)?|parquet))((?:#[^#]*)+)$/i;
/** Names of files that have columns. */
export const TABLE_NAME = /\.((csv|tsv|txt)(\.gz)?|parquet)$/i;

/** FILE, FILE.npz#NAME or FILE.csv#header=yes#decimal=comma#columns=2-4. Throws {@linkcode UserError}. */
export function parseDataPath(path: string): DataPath {
  const npz = NPZ_PART.exec(path);
  if (npz) return { file: npz[1]!, array: npz[2]!, csv: AS_IT_LOOKS };
  const csv = CSV_PART.exec(path);
  if (!csv) return { file: path, array: null, csv: AS_IT_LOOKS };
  return { file: csv[1]!, array: null, csv: parseSettings(path, csv[2]!.slice(1).split("#")) };
}

/** Possible paths behind --data, to grant the right to read them: a file may have a # in its name. Never throws. */
export function placesOf(path: string): readonly string[] {
  const file = NPZ_PART.exec(path)?.[1] ?? CSV_PART.exec(path)?.[1];
  return file === undefined ? [path] : [path, file];
}

/** Files that may hold the labels of an IDX image file, as those of MNIST are called. None for other files. */
export function labelFilesOf(file: string): readonly string[] {
  const [, begin, between] = /^(.*)images?([-.])idx3-ubyte(?:\.gz)?$/.exec(file) ?? [];
  if (begin === undefined) return [];
  return ["labels", "label"].flatMap((word) =>
    ["", ".gz"].map((end) => `${begin}${word}${between}idx1-ubyte${end}`)
  );
}

function parseSettings(path: string, settings: readonly string[]): CsvSettings {
  let found = AS_IT_LOOKS;
  for (const setting of settings) {
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
    if (key === "header" && (value === "yes" || value === "no")) {
      found = { ...found, header: value === "yes" };
    } else if (key === "decimal" && (value === "point" || value === "comma")) {
      found = { ...found, decimal: value };
    } else if (key === "columns" && value !== undefined && value.trim() !== "") {
      found = { ...found, columns: value.split(",").map((column) => column.trim()) };
    } else {
      throw new UserError(
        `Cannot read data ${path}: after # header=yes, header=no, decimal=comma, decimal=point or columns=2-4 is ` +
          `required, found ${JSON.stringify(setting)}`,
      );
    }
  }
  return found;
}

/** Reader of Parquet files: flat tables of numbers, truth values and texts, which are categories. */
import { counted } from "../../../common/text/counted.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import { MAX_NUMBERS } from "../arrays/numbers.ts";
import { pointsOf } from "../arrays/npy.ts";
import type { DataSet } from "../data_set.ts";
import type { Reading } from "../data_source.ts";
import { refuse } from "../files/data_file.ts";
import type { CsvSettings } from "../files/data_path.ts";
import { LabelColumn } from "../labels/label_column.ts";
import { CategoryColumn } from "../tables/category_column.ts";
import { shown } from "../tables/csv_cell.ts";
import { resolveColumn } from "../tables/csv_columns.ts";
import { withCategories } from "../tables/one_hot.ts";
import { tableColumns } from "../tables/table_columns.ts";
import type { ParquetAnswer, ParquetColumn, ParquetQuestion } from "./parquet_worker.ts";

/** Longest time without an answer: a damaged file can keep its reader busy for ever. */
const DEADLINE_MS = 20_000;
/** The mark, and how the structure behind it begins: a text may begin with the mark alone. */
const BEGIN = "PAR1\x15";
/** What pandas calls an index that it saves as a column. */
const INDEX_NAME = /^__index_level_\d+__$/;

/** A file to read, and how. */
interface Wanted {
  readonly file: string;
  readonly name: string;
  readonly csv: CsvSettings;
  readonly axes: string | null;
  readonly reading: Pick<Reading, "say" | "progress">;
}

export function isParquet(head: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(head.subarray(0, BEGIN.length)) === BEGIN;
}

/** Throws {@linkcode UserError} for what is no flat table, and for a file that is damaged. */
export async function readParquet(wanted: Wanted): Promise<DataSet> {
  using thread = new ParquetThread(wanted.file);
  return await readTable(wanted, thread);
}

/** The thread that reads, and the answers that it gives in turn. */
class ParquetThread implements Disposable {
  readonly #file: string;
  readonly #worker = new Worker(new URL("./parquet_worker.ts", import.meta.url), { type: "module" });
  readonly #answers: ParquetAnswer[] = [];
  #wake: () => void = () => {};

  constructor(file: string) {
    this.#file = file;
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#take({ type: "failed", reason: event.message });
    };
  }

  #take(answer: ParquetAnswer): void {
    this.#answers.push(answer);
    this.#wake();
  }

  ask(question: ParquetQuestion): void {
    this.#worker.postMessage(question);
  }

  /** Throws {@linkcode UserError} where the file cannot be read, or is not within the deadline. */
  async next(): Promise<Exclude<ParquetAnswer, { type: "failed" }>> {
    if (this.#answers.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, DEADLINE_MS);
      await promise;
      clearTimeout(timer);
    }
    const answer = this.#answers.shift();
    const found = answer === undefined
      ? `nothing within ${DEADLINE_MS / 1000} s`
      : answer.type === "failed"
      ? cleanText(answer.reason)
      : null;
    if (found === null) return answer as Exclude<ParquetAnswer, { type: "failed" }>;
    return refuse(
      this.#file,
      `a whole Parquet file is required, found a damaged or unknown one (${found}); write it again, for example with ` +
        'pandas.read_parquet("FILE").to_parquet("x.parquet")',
    );
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

async function readTable(
  { file, name, csv, axes, reading }: Wanted,
  thread: ParquetThread,
): Promise<DataSet> {
  if (axes !== null && axes !== "NC") {
    refuse(file, `--layout NC is required for a Parquet table, found ${axes}`);
  }
  thread.ask({ path: file });
  const first = await thread.next();
  if (first.type !== "columns") throw new Error(`A Parquet reader answered ${first.type} first`);
  const { columns, num_rows } = first;
  const names = columns.map(({ name }) => name);
  const resolve = (column: string, option?: string) =>
    resolveColumn(file, column, names, names.length, option);
  const label = csv.label_column === null ? null : resolve(csv.label_column, "--labels")[0]!;
  const all = [...columns.keys()].filter((i) => i !== label && !INDEX_NAME.test(names[i]!));
  const take = csv.columns ? csv.columns.flatMap((column) => resolve(column)) : all;
  const left_out = names.filter((name) => INDEX_NAME.test(name));
  if (csv.columns === null && left_out.length > 0) {
    reading.say(
      `${name}: ${counted(left_out.length, "index column")} left out (${
        left_out.map((name) => cleanText(name)).join(", ")
      })`,
    );
  }
  const wanted = [...take, ...label === null ? [] : [label]];
  for (const i of wanted) checkKind(file, columns[i]!);
  if (!(num_rows >= 1) || take.length === 0) {
    refuse(file, `at least one row and one column are required, found ${num_rows} and ${take.length}`);
  }
  if (num_rows * take.length > MAX_NUMBERS) {
    refuse(
      file,
      `at most ${MAX_NUMBERS} numbers are supported, found ${num_rows} rows of ${take.length}; use fewer columns with --data ${file}#columns=NAME,NAME`,
    );
  }
  const named = new Set(csv.categories.flatMap((column) => resolve(column, "--categories")));
  const coders = new Map(
    take.flatMap((i): [number, CategoryColumn][] =>
      named.has(i) || columns[i]!.kind === "text" ? [[i, coderOf(file, i, names[i]!, named.has(i))]] : []
    ),
  );
  const labels = label === null ? null : new LabelColumn(file, label + 1);
  thread.ask({ columns: wanted.map((i) => columns[i]!) });
  const values = await valuesOf(file, thread, { take, wanted, names, num_rows, coders, labels, reading });
  const more = labels && { labels: labels.finish() };
  if (coders.size > 0) return { ...withCategories(file, name, { take, names }, coders, values), ...more };
  const shown_names = tableColumns({ names, take });
  return {
    ...pointsOf(file, name, take.length, values),
    ...shown_names !== null && { columns: shown_names },
    ...more,
  };
}

interface Table {
  /** Columns that are taken, and those and that of the labels, by their places in the file. */
  readonly take: readonly number[];
  readonly wanted: readonly number[];
  readonly names: readonly string[];
  readonly num_rows: number;
  readonly coders: ReadonlyMap<number, CategoryColumn>;
  readonly labels: LabelColumn | null;
  readonly reading: Wanted["reading"];
}

async function valuesOf(
  file: string,
  thread: ParquetThread,
  { take, wanted, names, num_rows, coders, labels, reading }: Table,
): Promise<Float32Array<ArrayBuffer>> {
  const values = new Float32Array(num_rows * take.length);
  for (let filled = 0;;) {
    const answer = await thread.next();
    if (answer.type === "done") {
      if (filled === num_rows * wanted.length) return values;
      refuse(file, `${num_rows} rows are required, as it says, found fewer; write it again`);
    }
    if (answer.type === "columns") throw new Error("A Parquet reader answered twice");
    const place = wanted[answer.column]!, at = answer.column, title = shown(names[place]!);
    if (answer.type === "missing") {
      refuse(
        file,
        `a value in each row is required, found none in row ${
          answer.row + 1
        }, column ${title}; fill it in, or leave the row out`,
      );
    }
    const coder = coders.get(place);
    for (let i = 0; i < answer.values.length; i++) {
      const value = answer.values[i]!, row = answer.first + i;
      if (at >= take.length) labels!.add(String(value), () => row + 1);
      else if (coder) values[row * take.length + at] = coder.add(String(value), () => row + 1);
      else {
        values[row * take.length + at] = value as number;
        if (!Number.isFinite(values[row * take.length + at])) {
          refuse(
            file,
            `finite numbers in the range of float32 are required, found ${value} in row ${
              row + 1
            }, column ${title}; fill it in, or leave the row out`,
          );
        }
      }
    }
    filled += answer.values.length;
    reading.progress(Math.floor(filled / wanted.length), num_rows, "row");
  }
}

function coderOf(file: string, column: number, name: string, was_named: boolean): CategoryColumn {
  return new CategoryColumn({
    file,
    column: column + 1,
    named: ` (${shown(name).slice(1, -1)})`,
    remedy: was_named ? null : `--categories ${shown(name).slice(1, -1)}`,
    without: `leave it out with --data ${file}#columns=NAME,NAME`,
  });
}

function checkKind(file: string, { name, kind }: ParquetColumn): void {
  if (kind === "number" || kind === "text") return;
  const what = {
    date: "dates or times; write numbers instead, for example days since a first date and the month",
    bytes: "bytes; write texts or numbers instead",
    nested: "lists or structures; write each of their parts as a column of its own",
  }[kind];
  refuse(
    file,
    `columns of numbers, truth values or texts are required, found column ${
      shown(name)
    } of ${what}, or name the others ` +
      `with --data ${file}#columns=NAME,NAME`,
  );
}

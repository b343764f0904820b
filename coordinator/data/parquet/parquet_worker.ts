/**
 * A thread that reads a Parquet file: it answers the first message with the columns, and the second with the values of those
 * that are wanted. hyparquet may never end on a damaged file; so it runs here, where nobody has to wait for it. (Deno 2.9
 * does not end a thread that computes without pause, `Worker.terminate` or not: that takes the end of the process.)
 */
import { type FileMetaData, parquetMetadataAsync, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { RegularFile } from "../../../common/files/regular_file.ts";

/** "nested": lists, maps and structs. */
export type ColumnKind = "number" | "text" | "date" | "bytes" | "nested";

export interface ParquetColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

export type ParquetAnswer =
  | { readonly type: "columns"; readonly columns: readonly ParquetColumn[]; readonly num_rows: number }
  /** Values of a column from row `first` on; null: there is none. */
  | {
    readonly type: "numbers";
    readonly column: number;
    readonly first: number;
    readonly values: Float64Array;
  }
  | {
    readonly type: "texts";
    readonly column: number;
    readonly first: number;
    readonly values: readonly (string | null)[];
  }
  /** `row`: from 0 on. */
  | { readonly type: "missing"; readonly column: number; readonly row: number }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly reason: string };

export type ParquetQuestion = { readonly path: string } | { readonly columns: readonly ParquetColumn[] };

let opened: { readonly file: RegularFile; readonly metadata: FileMetaData } | null = null;

self.onmessage = async ({ data }: MessageEvent<ParquetQuestion>) => {
  try {
    if ("path" in data) await open(data.path);
    else await readColumns(data.columns);
  } catch (error) {
    answer({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
};

function answer(message: ParquetAnswer): void {
  self.postMessage(message);
}

function bufferOf(file: RegularFile) {
  return {
    byteLength: file.size,
    slice: async (begin: number, end = file.size) => (await file.read(begin, end - begin)).slice().buffer,
  };
}

async function open(path: string): Promise<void> {
  const file = RegularFile.openSync(path);
  const metadata = await parquetMetadataAsync(bufferOf(file));
  opened = { file, metadata };
  const [root, ...elements] = metadata.schema;
  // Of a flat table, each element behind the root is a column.
  const is_flat = elements.length === root?.num_children;
  const columns = elements.map((element) => ({
    name: element.name,
    kind: is_flat ? kindOf(element) : "nested" as const,
  }));
  answer({ type: "columns", columns, num_rows: Number(metadata.num_rows) });
}

function kindOf(
  { type, converted_type, logical_type, num_children, repetition_type }: FileMetaData["schema"][number],
): ColumnKind {
  if (num_children || repetition_type === "REPEATED") return "nested";
  const is_time = /^(DATE|TIME|TIMESTAMP)/;
  if (type === "INT96" || is_time.test(converted_type ?? "") || is_time.test(logical_type?.type ?? "")) {
    return "date";
  }
  if (converted_type === "DECIMAL" || logical_type?.type === "FLOAT16") return "number";
  if (type === "BOOLEAN") return "text";
  if (type === "BYTE_ARRAY" || type === "FIXED_LEN_BYTE_ARRAY") {
    return /^(UTF8|ENUM)$/.test(converted_type ?? "") || /^(STRING|ENUM)$/.test(logical_type?.type ?? "")
      ? "text"
      : "bytes";
  }
  return "number";
}

async function readColumns(columns: readonly ParquetColumn[]): Promise<void> {
  const { file, metadata } = opened!;
  let first = 0;
  for (const { num_rows } of metadata.row_groups) {
    const count = Number(num_rows);
    for (const [column, { name, kind }] of columns.entries()) {
      const values = await columnOf(bufferOf(file), metadata, name, first, count);
      const row = values.findIndex((value) => value === null || value === undefined);
      if (row >= 0) return answer({ type: "missing", column, row: first + row });
      if (kind === "text") answer({ type: "texts", column, first, values: values.map(String) });
      else answer({ type: "numbers", column, first, values: Float64Array.from(values, Number) });
    }
    first += count;
  }
  answer({ type: "done" });
}

async function columnOf(
  file: ReturnType<typeof bufferOf>,
  metadata: FileMetaData,
  name: string,
  first: number,
  count: number,
): Promise<unknown[]> {
  const values: unknown[] = new Array(count);
  let num_values = 0;
  await parquetRead({
    file,
    metadata,
    compressors,
    columns: [name],
    rowStart: first,
    rowEnd: first + count,
    onChunk: ({ columnData, rowStart }) => {
      for (let i = 0; i < columnData.length; i++) values[rowStart - first + i] = columnData[i];
      num_values += columnData.length;
    },
  });
  if (num_values !== count) {
    throw new Error(`${num_values} values of ${count} in column ${JSON.stringify(name)}`);
  }
  return values;
}

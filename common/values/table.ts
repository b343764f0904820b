/**
 * Tables with categories: what the columns of a table become as examples of numbers, and back. A column of numbers is one
 * number; a column of k categories is k numbers, of which that of the category is 1 and the others are 0 (one-hot).
 */

export interface TableColumn {
  readonly name: string;
  /** Names of its categories, in the order of their numbers; absent: a column of numbers. */
  readonly categories?: readonly string[];
}

/** Most numbers of an example with categories. */
export const MAX_ENCODED = 4096;
/** Most columns and letters of a name that a file may tell of. */
const MAX_NAME_LENGTH = 200;

/** Numbers of an example that a column is. */
export function widthOf({ categories }: TableColumn): number {
  return categories?.length ?? 1;
}

/** Names of the numbers of an example: of a category, "column=category". */
export function encodedNames(table: readonly TableColumn[]): string[] {
  return table.flatMap(({ name, categories }) =>
    categories ? categories.map((category) => `${name}=${category}`) : [name]
  );
}

/** Rows [n, columns], categories as their numbers, as examples [n, numbers]. */
export function encodeRows(rows: Float32Array, table: readonly TableColumn[]): Float32Array<ArrayBuffer> {
  const width = table.reduce((sum, column) => sum + widthOf(column), 0);
  const encoded = new Float32Array(rows.length / table.length * width);
  for (let from = 0, to = 0; from < rows.length;) {
    for (const column of table) {
      const value = rows[from++]!;
      if (column.categories) encoded[to + value] = 1;
      else encoded[to] = value;
      to += widthOf(column);
    }
  }
  return encoded;
}

/** The opposite: of each category column the number of the greatest, of equal ones the first (argmax). */
export function decodeRows(encoded: Float32Array, table: readonly TableColumn[]): Float32Array<ArrayBuffer> {
  const width = table.reduce((sum, column) => sum + widthOf(column), 0);
  const rows = new Float32Array(encoded.length / width * table.length);
  for (let from = 0, to = 0; from < encoded.length;) {
    for (const column of table) {
      rows[to++] = column.categories ? argmax(encoded, from, column.categories.length) : encoded[from]!;
      from += widthOf(column);
    }
  }
  return rows;
}

function argmax(values: Float32Array, begin: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[begin + i]! > values[begin + best]!) best = i;
  return best;
}

/** As text: in the metadata of generator.onnx. */
export function tableText(table: readonly TableColumn[]): string {
  return JSON.stringify(table.map(({ name, categories }) => ({ name, ...categories && { categories } })));
}

/** Columns as a text has them; null where it has none whose examples have `width` numbers. It may be anybody's. */
export function parseTable(
  text: string,
  width: number,
  clean: (name: string, length: number) => string,
): readonly TableColumn[] | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(found) || found.length === 0 || found.length > MAX_ENCODED) return null;
  const table: TableColumn[] = [];
  for (const column of found as unknown[]) {
    if (typeof column !== "object" || column === null) return null;
    const { name, categories } = column as Record<string, unknown>;
    if (typeof name !== "string") return null;
    if (categories === undefined) {
      table.push({ name: clean(name, MAX_NAME_LENGTH) });
      continue;
    }
    if (!Array.isArray(categories) || categories.length === 0 || categories.length > MAX_ENCODED) return null;
    const names = categories.map((category) => clean(String(category), MAX_NAME_LENGTH));
    table.push({ name: clean(name, MAX_NAME_LENGTH), categories: names });
  }
  return table.reduce((sum, column) => sum + widthOf(column), 0) === width ? table : null;
}

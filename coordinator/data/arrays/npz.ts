/** Parser of NumPy's NPZ files: ZIP archives of NPY files (numpy.savez). */
import { UserError } from "../../../common/errors.ts";
import type { ByteSource } from "../../../common/files/regular_file.ts";
import { shownName, zipEntries, type ZipEntry } from "../../../common/files/zip.ts";
import { type Content, firstBytes, HEAD_BYTES } from "../files/content.ts";
import { refuse } from "../files/data_file.ts";
import type { DataSet } from "../data_set.ts";
import { holdsExamples, readExamples } from "./npy.ts";
import { type NpyHeader, readNpyHeader } from "./npy_header.ts";
import { refuseArchive } from "../files/zip_kinds.ts";

const SUFFIX = ".npy";
/** Names in a message. */
const MOST_LISTED = 10;

interface NamedArray {
  readonly name: string;
  readonly content: Content;
  readonly header: NpyHeader;
}

/**
 * The examples of the array of this name in an archive; without a name, of the only one that examples can be made of.
 * Of the others only the headers are read. `say` is told where others were skipped. Throws {@linkcode UserError},
 * naming what is there, where it cannot be told.
 */
export async function readNpz(
  file: string,
  source: ByteSource,
  name: string | null,
  label: string,
  say: (note: string) => void,
  axes: string | null = null,
): Promise<DataSet> {
  const entries = await zipEntries(source, {
    kind: "NPZ file",
    part: "array",
    refuse: (why) => refuse(file, why),
  });
  const arrays = entries.filter((entry) => entry.name.endsWith(SUFFIX));
  if (arrays.length === 0) refuseArchive(file, entries.map((entry) => entry.name));
  const named: NamedArray[] = [];
  let unreadable: UserError | null = null;
  const others: string[] = [];
  for (const entry of arrays) {
    const inner = entry.name.slice(0, -SUFFIX.length);
    if (name !== null && inner !== name) continue;
    try {
      named.push(await arrayOf(`${file}#${shownName(inner)}`, inner, entry));
    } catch (error) {
      // One that cannot be read does not keep another from being read.
      if (!(error instanceof UserError)) throw error;
      unreadable ??= error;
      others.push(inner);
    }
  }
  if (unreadable && !named.some(({ header }) => holdsExamples(header))) throw unreadable;
  const chosen = choose(file, name, named, arrays.map((entry) => entry.name.slice(0, -SUFFIX.length)));
  if (name === null) others.push(...named.filter((array) => array !== chosen).map((array) => array.name));
  if (others.length > 0) say(`${label}: the array ${shownName(chosen.name)} is read, not ${listed(others)}`);
  return await readExamples(chosen.content, label, chosen.header, axes);
}

/** Names in the order of their text. */
function listed(names: readonly string[], last = ", "): string {
  const shown = names.toSorted().slice(0, MOST_LISTED).map(shownName);
  return names.length > MOST_LISTED
    ? `${shown.join(", ")} and ${names.length - MOST_LISTED} more`
    : shown.join(last);
}

async function arrayOf(file: string, name: string, entry: ZipEntry): Promise<NamedArray> {
  const pieces = () => entry.pieces();
  const head = await firstBytes({ pieces }, HEAD_BYTES);
  const content: Content = { file, head, size: entry.size, packed_bytes: entry.size, taken_bytes: 0, pieces };
  return { name, content, header: await readNpyHeader(content) };
}

function choose(
  file: string,
  name: string | null,
  named: readonly NamedArray[],
  all: readonly string[],
): NamedArray {
  const chosen = name === null ? named.filter(({ header }) => holdsExamples(header)) : named;
  const [first] = chosen;
  if (first !== undefined && chosen.length === 1) return first;
  const found = name === null && first !== undefined ? chosen.map((array) => array.name) : all;
  const example = `name one of them, for example --data ${file}#${listed(found.toSorted().slice(0, 1))}`;
  if (name !== null) {
    refuse(file, `an array ${name} is required, found ${listed(found)}; ${example}`);
  }
  if (first === undefined) {
    const types = named.slice(0, MOST_LISTED).map(({ name, header: { descr, shape } }) =>
      `${shownName(name)} (${descr ?? "records"} of [${shape}])`
    );
    refuse(
      file,
      `an array of numbers with 2 to 4 dimensions is required, found ${types.sort().join(", ")}; ` +
        "save the examples with numpy.savez",
    );
  }
  refuse(file, `one array of examples is required, found ${listed(found, " and ")}; ${example}`);
}

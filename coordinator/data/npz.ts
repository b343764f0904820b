/** Parser of NumPy's NPZ files: ZIP archives of NPY files (numpy.savez). */
import type { ByteSource } from "../../common/regular_file.ts";
import { zipEntries, type ZipEntry } from "../../common/zip.ts";
import { type Content, firstBytes, HEAD_BYTES } from "./content.ts";
import { refuse } from "./data_file.ts";
import type { DataSet } from "./data_set.ts";
import { holdsExamples, readExamples } from "./npy.ts";
import { type NpyHeader, readNpyHeader } from "./npy_header.ts";
import { refuseArchive } from "./zip_kinds.ts";

const SUFFIX = ".npy";

interface NamedArray {
  readonly name: string;
  readonly content: Content;
  readonly header: NpyHeader;
}

/**
 * The examples of the array of this name in an archive; without a name, of the only one that examples can be made of.
 * Of the others only the headers are read. `say` is told where others were passed over. Throws {@linkcode UserError},
 * naming what is there, where it cannot be told.
 */
export async function readNpz(
  file: string,
  source: ByteSource,
  name: string | null,
  label: string,
  say: (note: string) => void,
): Promise<DataSet> {
  const entries = await zipEntries(source, {
    kind: "NPZ file",
    part: "array",
    refuse: (why) => refuse(file, why),
  });
  const arrays = entries.filter((entry) => entry.name.endsWith(SUFFIX));
  if (arrays.length === 0) refuseArchive(file, entries.map((entry) => entry.name));
  const named: NamedArray[] = [];
  for (const entry of arrays) {
    const inner = entry.name.slice(0, -SUFFIX.length);
    if (name === null || inner === name) named.push(await arrayOf(`${file}#${inner}`, inner, entry));
  }
  const chosen = choose(file, name, named, arrays.map((entry) => entry.name.slice(0, -SUFFIX.length)));
  const others = name === null ? named.filter((array) => array !== chosen) : [];
  if (others.length > 0) {
    say(
      `${label}: the array ${chosen.name} is read, not ${
        others.map((array) => array.name).sort().join(", ")
      }`,
    );
  }
  return await readExamples(chosen.content, label, chosen.header);
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
  const found = (name === null && first !== undefined ? chosen.map((array) => array.name) : [...all]).sort();
  const example = `name one of them, for example --data ${file}#${found[0]}`;
  if (name !== null) {
    refuse(file, `an array ${name} is required, found ${found.join(", ") || "none"}; ${example}`);
  }
  if (first === undefined) {
    const shown = named.map(({ name, header: { descr, shape } }) =>
      `${name} (${descr ?? "records"} of [${shape}])`
    );
    refuse(
      file,
      `an array of numbers with 2 to 4 dimensions is required, found ${shown.sort().join(", ")}; ` +
        "save the examples with numpy.savez",
    );
  }
  refuse(file, `one array of examples is required, found ${found.join(" and ")}; ${example}`);
}

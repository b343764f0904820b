/** Parser of NumPy's NPZ files: ZIP archives of NPY files (numpy.savez). */
import { zipEntries } from "../../common/zip.ts";
import { MAX_FILE_BYTES, refuse } from "./data_file.ts";
import { holdsExamples, type NpyArray, parseNpy } from "./npy.ts";

const SUFFIX = ".npy";

/**
 * The array of this name in an archive; without a name, the only one that examples can be made of. Throws
 * {@linkcode UserError}, naming what is there, where it cannot be told.
 */
export function arrayOf(file: string, content: Uint8Array, name: string | null): NpyArray {
  const entries = zipEntries(content, {
    kind: "NPZ file",
    part: "array",
    refuse: (why) => refuse(file, why),
    max_bytes: MAX_FILE_BYTES,
  }).filter(({ name }) => name.endsWith(SUFFIX))
    .map(({ name, bytes }) => ({ name: name.slice(0, -SUFFIX.length), bytes }));
  const named = entries.filter((entry) => name === null || entry.name === name)
    .map(({ name, bytes }) => ({ name, array: parseNpy(`${file}#${name}`, bytes()) }));
  const chosen = name === null ? named.filter(({ array }) => holdsExamples(array)) : named;
  const [first] = chosen;
  if (first !== undefined && chosen.length === 1) return first.array;
  const found = (name === null && first !== undefined ? chosen : entries).map((entry) => entry.name).sort();
  const example = `name one of them, for example --data ${file}#${found[0]}`;
  if (name !== null) {
    refuse(file, `an array ${name} is required, found ${found.join(", ") || "none"}; ${example}`);
  }
  if (first === undefined) {
    refuse(
      file,
      `an array of 2 to 4 dimensions is required, found none among ${found.join(", ") || "none at all"}`,
    );
  }
  refuse(file, `one array of examples is required, found ${found.join(" and ")}; ${example}`);
}

/** The readers of files that are known by their first bytes, whatever they are called. */
import type { RegularFile } from "../../common/files/regular_file.ts";
import { isZip } from "../../common/files/zip.ts";
import { isIdx, parseIdx } from "./arrays/idx.ts";
import { readExamples } from "./arrays/npy.ts";
import { isNpy, readNpyHeader } from "./arrays/npy_header.ts";
import { readNpz } from "./arrays/npz.ts";
import type { DataSet } from "./data_set.ts";
import type { Reading } from "./data_source.ts";
import type { Content } from "./files/content.ts";
import { refuse } from "./files/data_file.ts";
import type { CsvSettings } from "./files/data_path.ts";
import { isParquet, readParquet } from "./parquet/parquet.ts";

/** A file to be read. */
export interface FileToRead {
  /** Its path, and what the data set is called. */
  readonly file: string;
  readonly name: string;
  /** Which of its arrays is wanted; null: none was named. */
  readonly array: string | null;
  /** Which columns of a table are wanted, and what they are. */
  readonly csv: CsvSettings;
  /** Its axes, as --layout names them; null: none were named. */
  readonly axes: string | null;
  /** The file as it lies there, and its bytes in order, unpacked where it is gzip'ed. */
  readonly opened: RegularFile;
  readonly content: Content;
  readonly reading: Reading;
}

export interface Reader {
  /** As people call the kind of file. */
  readonly title: string;
  /** True if the file is of this kind, by its first bytes, unpacked. */
  knows(head: Uint8Array): boolean;
  /** Throws {@linkcode UserError} where the file is not whole, or holds no examples. */
  read(file: FileToRead): Promise<DataSet>;
}

const NPZ: Reader = {
  title: "NPZ",
  knows: isZip,
  async read({ file, name, array, axes, opened, content, reading }) {
    if (content.size === null) {
      refuse(file, `an NPZ file that is not gzip'ed is required; unpack it (gunzip ${file})`);
    }
    return await readNpz(file, opened, array, array === null ? name : `${name}#${array}`, reading.say, axes);
  },
};

const NPY: Reader = {
  title: "NPY",
  knows: isNpy,
  read: async ({ name, axes, content }) =>
    await readExamples(content, name, await readNpyHeader(content), axes),
};

const IDX: Reader = {
  title: "IDX",
  knows: isIdx,
  read: async ({ axes, content }) => await parseIdx(content, axes),
};

const PARQUET: Reader = {
  title: "Parquet",
  knows: isParquet,
  async read(wanted) {
    if (wanted.content.size !== null) return await readParquet(wanted);
    refuse(wanted.file, `a Parquet file that is not gzip'ed is required; unpack it (gunzip ${wanted.file})`);
  },
};

/** The first that knows a file reads it. */
export const READERS: readonly Reader[] = [
  NPY,
  NPZ,
  IDX,
  PARQUET,
];

/** Files of labels, one for each example: IDX1 (MNIST and its kin), NPY, or an array of an NPZ file. */
import { UserError } from "../../../common/errors.ts";
import { isZip, shownName, zipEntries } from "../../../common/files/zip.ts";
import type { RegularFile } from "../../../common/files/regular_file.ts";
import { isNpy, type NpyHeader, readNpyHeader } from "../arrays/npy_header.ts";
import { type Content, contentOf, firstBytes, HEAD_BYTES, readBehind } from "../files/content.ts";
import { attempt, openDataFile, readUnchanged } from "../files/data_file.ts";
import { type Labels, numberedLabels } from "./labels.ts";

/** "\0\0", unsigned bytes, one dimension. */
const IDX1_MAGIC = 0x0000_0801;
const IDX1_HEADER_BYTES = 8;
/** Arrays of an NPZ file that are taken for labels where none is named. */
const USUAL_NAMES = ["y", "labels", "label", "targets", "y_train"];

const BYTES_OF_NUMBERS: Readonly<
  Record<string, (view: DataView, at: number, little: boolean) => number | bigint>
> = {
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  b1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => view.getBigUint64(at, little),
  i8: (view, at, little) => view.getBigInt64(at, little),
};

/** Throws {@linkcode UserError} about labels. */
export function refuseLabels(place: string, why: string): never {
  throw new UserError(`Cannot read labels ${place}: ${why}`);
}

/** `array`: of an NPZ file; null: the one that is called as labels are. Throws {@linkcode UserError}. */
export async function readLabelFile(file: string, array: string | null): Promise<Labels> {
  using opened = await openDataFile(file);
  return await readUnchanged(file, opened, async () => {
    const content = await contentOf(file, opened);
    const { head } = content;
    if (isNpy(head)) return await readNpyLabels(file, content);
    if (isZip(head)) return await readNpzLabels(file, opened, array);
    if (isIdx1(head)) return await readIdxLabels(file, content);
    return refuseLabels(
      file,
      "an IDX file of labels, an NPY file or an array of an NPZ file is required, found another kind of file; write " +
        'them with Python: numpy.save("labels.npy", y.astype("int64"))',
    );
  });
}

/** True if the file that begins so has labels and no examples: IDX1. */
export function isIdx1(head: Uint8Array): boolean {
  return head.length >= IDX1_HEADER_BYTES &&
    new DataView(head.buffer, head.byteOffset).getUint32(0) === IDX1_MAGIC;
}

async function readIdxLabels(file: string, content: Content): Promise<Labels> {
  const { head } = content;
  const count = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(4);
  const bytes = await readBehind(content, IDX1_HEADER_BYTES, count, `${count} labels`);
  return numberedLabels(bytes, (why) => refuseLabels(file, why));
}

async function readNpyLabels(place: string, content: Content): Promise<Labels> {
  const header = await readNpyHeader(content);
  const { descr, shape, item_bytes, begin } = header;
  const [, order, kind] = /^([|<>=])?([a-zA-Z]\d+)$/.exec(descr ?? "") ?? [];
  const numberAt = kind === undefined ? undefined : BYTES_OF_NUMBERS[kind];
  // [N, 1] is what keras.datasets have.
  const is_list = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (numberAt === undefined || !is_list) {
    refuseLabels(place, `whole numbers of [N] are required, found ${describe(header)}; ${remedyFor(header)}`);
  }
  const size = item_bytes * shape[0]!;
  const bytes = await readBehind(content, begin, size, `${descr} of [${shape}]`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = Array.from({ length: shape[0]! }, (_, i) => numberAt!(view, i * item_bytes, order !== ">"));
  return numberedLabels(numbers, (why) => refuseLabels(place, why));
}

function describe({ descr, shape }: NpyHeader): string {
  return `${descr ?? "records"} of [${shape}]`;
}

function remedyFor({ letter, shape }: NpyHeader): string {
  if (letter === "f" && shape.length === 1) return 'write them as such with NumPy\'s y.astype("int64")';
  if (shape.length === 2) return "write the class of each example with NumPy's y.argmax(axis=1)";
  return "write numbers from 0 on: numpy.unique(y, return_inverse=True)[1]";
}

async function readNpzLabels(file: string, opened: RegularFile, name: string | null): Promise<Labels> {
  const entries = await zipEntries(opened, {
    kind: "NPZ file",
    part: "array",
    refuse: (why) => refuseLabels(file, why),
  });
  const arrays = new Map(
    entries.flatMap((entry) =>
      entry.name.endsWith(".npy") ? [[entry.name.slice(0, -4), entry] as const] : []
    ),
  );
  const wanted = name ?? USUAL_NAMES.find((usual) => arrays.has(usual));
  const entry = wanted === undefined ? undefined : arrays.get(wanted);
  if (entry === undefined) {
    const found = [...arrays.keys()].slice(0, 10).map(shownName).join(", ") || "none";
    refuseLabels(
      file,
      `an array ${
        name === null ? `called ${USUAL_NAMES.slice(0, 2).join(" or ")}` : shownName(name)
      } is required, ` +
        `found ${found}; name one of them, for example --labels ${file}#y`,
    );
  }
  const pieces = () => entry.pieces();
  const head = await attempt(file, () => firstBytes({ pieces }, HEAD_BYTES));
  const content = { file, head, size: entry.size, packed_bytes: entry.size, taken_bytes: 0, pieces };
  return await readNpyLabels(`${file}#${shownName(wanted!)}`, content);
}

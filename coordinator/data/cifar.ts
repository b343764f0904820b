/**
 * Parser of CIFAR-10's binary batches (Krizhevsky, "Learning multiple layers of features from tiny images", 2009;
 * cifar-10-batches-bin): records of one byte label and 3 x 32 x 32 bytes red, green, blue.
 */
import { refuse } from "./data_file.ts";
import { type DataSet, dataSetOf } from "./data_set.ts";

const SIDE = 32;
const IMAGE_BYTES = 3 * SIDE * SIDE;
const RECORD_BYTES = 1 + IMAGE_BYTES;
const NUM_CLASSES = 10;

/** Names of the batches to train on. */
export const CIFAR_NAME = /^data_batch_\d+\.bin$/;
/** Also the one that a person may name: the test set. */
export const CIFAR_FILE_NAME = /^(data|test)_batch(_\d+)?\.bin$/;

/** The images of some batches, in order. Throws {@linkcode UserError} where one is not whole. */
export function parseCifar(
  name: string,
  batches: readonly { readonly file: string; readonly content: Uint8Array }[],
): DataSet {
  const counts = batches.map(({ file, content }) => countRecords(file, content));
  const bytes = new Uint8Array(counts.reduce((sum, count) => sum + count, 0) * IMAGE_BYTES);
  let filled = 0;
  batches.forEach(({ content }, b) => {
    for (let i = 0; i < counts[b]!; i++, filled += IMAGE_BYTES) {
      bytes.set(content.subarray(i * RECORD_BYTES + 1, (i + 1) * RECORD_BYTES), filled);
    }
  });
  return dataSetOf(name, [3, SIDE, SIDE], "uint8", bytes);
}

function countRecords(file: string, content: Uint8Array): number {
  const count = content.length / RECORD_BYTES;
  if (count < 1 || !Number.isInteger(count)) {
    refuse(
      file,
      `whole records of ${RECORD_BYTES} bytes are required (CIFAR-10, binary version), found ${content.length} ` +
        "bytes; fetch it again",
    );
  }
  for (let i = 0; i < count; i++) {
    const label = content[i * RECORD_BYTES]!;
    if (label >= NUM_CLASSES) {
      refuse(file, `labels of 0 to 9 are required (CIFAR-10, binary version), found ${label} in record ${i}`);
    }
  }
  return count;
}

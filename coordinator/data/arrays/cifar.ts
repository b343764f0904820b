/**
 * Parser of the binary batches of CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny
 * images", 2009): records of one byte label (CIFAR-100: two, of 20 and of 100 classes) and 3 x 32 x 32 bytes red,
 * green, blue.
 */
import { refuse, requireRoom } from "../files/data_file.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";

const SIDE = 32;
const IMAGE_BYTES = 3 * SIDE * SIDE;

/** A version of the data set: its name, and how many classes each byte of label tells apart. */
interface Version {
  readonly name: string;
  readonly labels: readonly number[];
}

const CIFAR_10: Version = { name: "CIFAR-10", labels: [10] };
const CIFAR_100: Version = { name: "CIFAR-100", labels: [20, 100] };

/** Names of the batches of CIFAR-10 to train on. */
export const CIFAR_NAME = /^data_batch_\d+\.bin$/;
/** Name of CIFAR-100's. */
export const CIFAR_100_NAME = "train.bin";
/** Names of files beside it that tell its folder from others. */
export const CIFAR_100_BESIDE = /^(test\.bin|(fine|coarse)_label_names\.txt)$/;
/** Also the ones that a person may name: the test sets. */
const CIFAR_FILE_NAME = /^(data|test)_batch(_\d+)?\.bin$/;
const CIFAR_100_FILE_NAME = /^(train|test)\.bin$/;

/** True if a file's name is one of CIFAR's. */
export function isCifarName(name: string): boolean {
  return CIFAR_FILE_NAME.test(name) || CIFAR_100_FILE_NAME.test(name);
}

export interface Batch {
  readonly file: string;
  readonly content: Uint8Array;
}

/** The images of some batches, in order. Throws {@linkcode UserError} where one is not whole. */
export function parseCifar(name: string, batches: readonly Batch[]): DataSet {
  const version = versionOf(batches);
  const counts = batches.map((batch) => countRecords(batch, version));
  const num_images = counts.reduce((sum, count) => sum + count, 0);
  requireRoom(batches[0]!.file, num_images * IMAGE_BYTES, `${num_images} images`, "use fewer batches");
  const bytes = new Uint8Array(num_images * IMAGE_BYTES);
  const num_labels = version.labels.length;
  let filled = 0;
  batches.forEach(({ content }, b) => {
    for (let i = 0; i < counts[b]!; i++, filled += IMAGE_BYTES) {
      const from = i * (num_labels + IMAGE_BYTES) + num_labels;
      bytes.set(content.subarray(from, from + IMAGE_BYTES), filled);
    }
  });
  return dataSetOf(name, [3, SIDE, SIDE], "uint8", bytes);
}

/** The class of each image: of CIFAR-100 the one of 100. Throws {@linkcode UserError} where a batch is not whole. */
export function cifarLabels(batches: readonly Batch[]): { values: Uint32Array; num_classes: number } {
  const version = versionOf(batches);
  const { labels } = version, record_bytes = labels.length + IMAGE_BYTES;
  const classes = batches.flatMap((batch) =>
    Array.from(
      { length: countRecords(batch, version) },
      (_, i) => batch.content[i * record_bytes + labels.length - 1]!,
    )
  );
  return { values: Uint32Array.from(classes), num_classes: labels.at(-1)! };
}

/** By the names; where those say CIFAR-10 and the bytes can only be CIFAR-100, by the bytes. */
function versionOf(batches: readonly Batch[]): Version {
  if (batches.every(({ file }) => CIFAR_100_FILE_NAME.test(file.split(/[\\/]/).at(-1)!))) return CIFAR_100;
  const fits = (version: Version) => batches.every(({ content }) => problemOf(content, version) === null);
  return !fits(CIFAR_10) && fits(CIFAR_100) ? CIFAR_100 : CIFAR_10;
}

function countRecords({ file, content }: Batch, version: Version): number {
  const problem = problemOf(content, version);
  if (problem !== null) refuse(file, problem);
  return content.length / (version.labels.length + IMAGE_BYTES);
}

/** Why bytes are no batch; null: they are one. */
function problemOf(content: Uint8Array, { name, labels }: Version): string | null {
  const record_bytes = labels.length + IMAGE_BYTES;
  const count = content.length / record_bytes;
  if (count < 1 || !Number.isInteger(count)) {
    return `whole records of ${record_bytes} bytes are required (${name}, binary version), found ` +
      `${content.length} bytes; download it again`;
  }
  for (let i = 0; i < count; i++) {
    for (const [k, num_classes] of labels.entries()) {
      const label = content[i * record_bytes + k]!;
      if (label >= num_classes) {
        return `labels of 0 to ${num_classes - 1} are required (${name}, binary version), found ` +
          `${label} in record ${i}; download the binary version`;
      }
    }
  }
  return null;
}

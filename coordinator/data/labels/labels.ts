/** Labels of a data set: the class of each example. */
import { sha256 } from "../../../common/sha256.ts";
import { MAX_CLASSES } from "../../../common/labels/max_classes.ts";

export interface Labels {
  /** Class of each example: an index of `class_names`. */
  readonly values: Uint32Array;
  /** At least two. */
  readonly class_names: readonly string[];
}

/** Throws the reason why there are no labels. */
export type RefuseLabels = (why: string) => never;

/**
 * Classes by number: a number is its own class, also where others before it are missing, so that the rows of a table in
 * a network keep their meaning. Calls `refuse` for what is no whole number from 0 on.
 */
export function numberedLabels(numbers: ArrayLike<number | bigint>, refuse: RefuseLabels): Labels {
  const values = new Uint32Array(numbers.length);
  let last = -1;
  for (let i = 0; i < numbers.length; i++) {
    const value = Number(numbers[i]!);
    if (!Number.isInteger(value) || value < 0 || value >= MAX_CLASSES) {
      refuse(
        `whole numbers from 0 to ${MAX_CLASSES - 1} are required, found ${numbers[i]} for example ${
          i + 1
        }; number the ` +
          "classes from 0 on, and leave out examples without a class",
      );
    }
    values[i] = value;
    last = Math.max(last, value);
  }
  return labelsOf(values, Array.from({ length: last + 1 }, (_, i) => String(i)), refuse);
}

/** Classes by name, in the order of the names; of whole numbers, in the order of the numbers. */
export function namedLabels(names: readonly string[], refuse: RefuseLabels): Labels {
  const class_names = [...new Set(names)];
  const are_numbers = class_names.every((name) => /^-?\d{1,15}$/.test(name));
  if (are_numbers) class_names.sort((a, b) => Number(a) - Number(b));
  else class_names.sort();
  if (class_names.length > MAX_CLASSES) {
    refuse(
      `at most ${MAX_CLASSES} classes are supported, found ${class_names.length}; name labels that repeat`,
    );
  }
  const indices = new Map(class_names.map((name, i) => [name, i]));
  return labelsOf(Uint32Array.from(names, (name) => indices.get(name)!), class_names, refuse);
}

/** Checks that there is something to tell apart. */
export function labelsOf(
  values: Uint32Array,
  class_names: readonly string[],
  refuse: RefuseLabels,
): Labels {
  const counts = countClasses({ values, class_names }, [Uint32Array.from(values.keys())]);
  const present = counts.filter((count) => count > 0).length;
  if (present < 2) {
    refuse(`at least two classes are required, found ${present}; use a preset without labels`);
  }
  return { values, class_names };
}

/** Examples of each class among these. */
export function countClasses(
  { values, class_names }: Labels,
  indices: readonly Uint32Array[],
): readonly number[] {
  const counts = new Array<number>(class_names.length).fill(0);
  for (const part of indices) for (const index of part) counts[values[index]!]!++;
  return counts;
}

/** SHA-256 of the class of each example, as little-endian u32: what a resumed run compares. */
export function labelsSha256({ values }: Labels): string {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => bytes.setUint32(4 * i, value, true));
  return sha256(new Uint8Array(bytes.buffer));
}

/** Those of some examples, in their order. */
export function labelsAt({ values, class_names }: Labels, indices: Uint32Array): Labels {
  return { values: Uint32Array.from(indices, (index) => values[index]!), class_names };
}

/** Classes of samples that are asked for. */

/** Index of the class of this name, or of this number where no name is so; -1: there is none. */
export function classIndex(class_names: readonly string[], wanted: string): number {
  const named = class_names.indexOf(wanted);
  if (named >= 0) return named;
  return /^\d{1,6}$/.test(wanted) && Number(wanted) < class_names.length ? Number(wanted) : -1;
}

/** The class of each of so many samples: as many of each class, one class after the other; none of no classes. */
export function labelsByClass(classes: readonly number[], count: number): number[] {
  if (classes.length === 0) return [];
  const each = Math.ceil(count / classes.length);
  return Array.from({ length: count }, (_, i) => classes[Math.floor(i / each)]!);
}

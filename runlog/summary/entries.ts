/** Entries of a summary in the order of their steps. */

/** Those up to a step. */
export function upTo<E extends { readonly step: number }>(step: number, entries: readonly E[]): E[] {
  return entries.filter((entry) => entry.step <= step);
}

/** Puts an entry behind those of its step and before later ones: jobs run beside each other, and end in any order. */
export function insert<T extends { readonly step: number }>(entries: T[], entry: T): void {
  entries.splice(entries.findLastIndex(({ step }) => step <= entry.step) + 1, 0, entry);
}

/** The workers behind a relay, in words. */
import { counted } from "./counted.ts";

/** Names that are shown. */
const MOST_SHOWN = 8;

/** E.g. "2 workers: rack-1, rack-2". `workers`: the first ones of `num_workers`. */
export function relayedText(
  num_workers: number,
  workers: readonly { readonly name: string }[],
): string {
  const shown = workers.slice(0, MOST_SHOWN).map(({ name }) => name);
  const left = num_workers - shown.length;
  const names = [...shown, ...left > 0 ? [`${left} more`] : []].join(", ");
  return names === "" ? counted(num_workers, "worker") : `${counted(num_workers, "worker")}: ${names}`;
}

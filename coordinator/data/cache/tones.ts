/** Where decoded pictures of one size go, each to its place. */
import type { ExampleBytes } from "../files/example_bytes.ts";

export interface Tones {
  /** `tones` of picture `index`. */
  put(index: number, tones: Uint8Array): void;
  /** Those of all pictures but `lost` (ascending), moved together. Called once. */
  without(lost: readonly number[]): Promise<ExampleBytes>;
}

/** Runs of pictures that stay, and where they go. */
export function* runsWithout(
  lost: readonly number[],
  count: number,
): Generator<{ readonly to: number; readonly begin: number; readonly end: number }> {
  let to = 0, begin = 0;
  for (const end of [...lost, count]) {
    if (end > begin) yield { to, begin, end };
    to += end - begin;
    begin = end + 1;
  }
}

/** In memory: `count` pictures of `size` bytes. */
export function tonesInMemory(count: number, size: number): Tones {
  const bytes = new Uint8Array(count * size);
  return {
    put: (index, tones) => bytes.set(tones, index * size),
    without: (lost) => {
      for (const { to, begin, end } of runsWithout(lost, count)) {
        bytes.copyWithin(to * size, begin * size, end * size);
      }
      return Promise.resolve(bytes.subarray(0, (count - lost.length) * size));
    },
  };
}

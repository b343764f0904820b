/** Interleaved measuring: contenders take turns, so that a passing load falls on all of them. */

export interface Contender {
  readonly name: string;
  /** Does it once or more, and tells how long one took, in milliseconds. */
  readonly sample: () => Promise<number> | number;
}

/** Samples in milliseconds by contender, one for each round. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/**
 * Measures every contender once in each round, after one round that does not count. Every other round goes
 * backwards: whoever comes after a contender that leaves the caches cold does not do so always.
 */
export async function interleave(contenders: readonly Contender[], rounds: number): Promise<Samples> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const { sample } of contenders) await sample();
  for (let round = 0; round < rounds; round++) {
    for (const { name, sample } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      samples.get(name)!.push(await sample());
    }
  }
  return samples;
}

/** The samples of one contender. Throws where there is none of that name. */
export function samplesOf(samples: Samples, name: string): readonly number[] {
  const found = samples.get(name);
  if (found === undefined) throw new Error(`No contender is called ${name}`);
  return found;
}

/** A sample that is the mean of `repeats` calls. */
export function timed(repeats: number, call: () => Promise<unknown> | unknown): () => Promise<number> {
  return async () => {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) await call();
    return (performance.now() - start) / repeats;
  };
}

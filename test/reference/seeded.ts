/** Numbers for tests: the same for the same seed, everywhere. */

/** Uniform numbers in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers in [low, high), each a float32. */
export function seededNumbers(seed: number, count: number, low: number, high: number): Float64Array {
  const next = uniform(seed);
  return Float64Array.from({ length: count }, () => Math.fround(low + (high - low) * next()));
}

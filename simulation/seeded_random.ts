/** Numbers for the jitter of simulated links: the same ones every time. */

/** Numbers from 0 to 1 (xorshift32; Marsaglia, "Xorshift RNGs", 2003). `seed`: a whole number, not 0. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

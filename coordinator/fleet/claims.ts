/** Checks a worker's times against the coordinator's clock. Pure. */

export interface ClaimedTimes {
  readonly compute_ms: number;
  readonly elapsed_ms: number;
}

/**
 * The times as far as they can be true: nobody was at work for longer than it was asked to be, on each of its `threads`.
 * `since_ms`: from asking to the answer, by the coordinator's clock.
 */
export function believable(
  { compute_ms, elapsed_ms }: ClaimedTimes,
  threads: number,
  since_ms: number,
): ClaimedTimes {
  return {
    compute_ms: Math.min(compute_ms, threads * since_ms),
    elapsed_ms: Math.min(elapsed_ms, since_ms),
  };
}

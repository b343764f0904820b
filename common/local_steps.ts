/** Critic steps of a round of local steps at most. */
export const MAX_LOCAL_STEPS = 10_000;

/** More workers take minutes, and are far more than a run may have. */
export const MAX_WORKERS = 20_000;

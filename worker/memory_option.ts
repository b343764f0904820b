/** `--memory` of all that keep shards for others to compute: workers and relays. */
export const MEMORY_OPTION = {
  kind: "number",
  integer: true,
  min: 0,
  max: 1_048_576,
  unit: "MB",
  value: "MB",
  default: 384,
  about: "Training data to keep in memory; the rest goes to a cache on disk",
} as const;

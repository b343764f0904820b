/** How a run's sums and weights travel, as its configuration has it. */
import { UserError } from "../../common/errors.ts";
import type { Wire, WireFormat } from "../../common/wire_format.ts";

/** How sums and weights travel, and in how many groups of shards sums are rounded for it; null: they are not. */
export interface WireConfig {
  readonly wire: WireFormat;
  readonly wire_groups: number | null;
}

export function wireOf({ wire, wire_groups, shards }: WireConfig & { readonly shards: number }): Wire {
  return { format: wire, group_shards: wire_groups && shards / wire_groups };
}

/** What was given, completed: each shard is a group, unless told otherwise. */
export function wireConfig(
  { wire = "float32", wire_groups }: Partial<WireConfig>,
  shards: number,
): WireConfig {
  return { wire, wire_groups: wire === "float32" ? null : wire_groups ?? shards };
}

/**
 * Throws {@linkcode UserError} where groups are given and nothing is rounded, or where they are no nodes of the summing
 * tree: a node that is one of several equal ones has a power of two of shards.
 */
export function checkWire({ wire, wire_groups }: Partial<WireConfig>, shards: number): void {
  if (wire_groups === undefined || wire_groups === null) return;
  if (wire === undefined || wire === "float32") {
    throw new UserError(
      `Cannot use --wire-groups ${wire_groups}: sums are rounded in groups with --wire bfloat16 or --wire int8 only, ` +
        `found ${wire ?? "float32"}; use one of those, or leave it out`,
    );
  }
  if (wire_groups <= shards && Number.isInteger(Math.log2(shards / wire_groups))) return;
  const possible = [];
  for (let groups = shards; Number.isInteger(groups); groups /= 2) possible.push(groups);
  throw new UserError(
    `Cannot round sums in ${wire_groups} groups: --wire-groups must divide --shards ${shards} into equal powers of ` +
      `two, found ${wire_groups}; use ${possible.join(" or ")}`,
  );
}

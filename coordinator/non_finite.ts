/** Says where a number that is none came from: which step, shards, parameter, and what to try. */
import { UserError } from "../common/errors.ts";
import type { GraphEntry } from "../models/manifest.ts";
import type { NodeResult } from "./averaging.ts";
import type { RunConfig } from "./config.ts";
import type { RoundRequest } from "./fence.ts";

/** The first gradient tensor with a value that is not finite, or null. */
function firstBadSlot(values: Float32Array, graph: GraphEntry): string | null {
  const bad = values.subarray(0, graph.tail_offset).findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return null;
  return graph.outputs.findLast((slot) => slot.offset <= bad)?.name ?? null;
}

export function explainNonFinite(
  request: RoundRequest,
  result: NodeResult,
  graph: GraphEntry,
  config: RunConfig,
): UserError {
  const slot = firstBadSlot(result.values, graph);
  const where = slot ? `, first bad tensor ${slot}` : "";
  const clip = config.clip === null ? "" : ` or --clip (now ${config.clip})`;
  return new UserError(
    `Training cannot go on: the ${request.kind}'s loss must be finite, found ` +
      `${result.values[graph.tail_offset]} at step ${request.step} (shards ${result.begin} to ${
        result.end - 1
      }` +
      `${where}). The state before this step is kept; try a smaller --lr (now ${config.lr})${clip}, ` +
      `and look for values in the data that are not numbers`,
  );
}

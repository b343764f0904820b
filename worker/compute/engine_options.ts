/** What of a run the computation depends on. */
import type { WireFormat } from "../../common/wire_format.ts";
import type { LocalSteps } from "../../algorithm/local_steps.ts";
import type { Encoding } from "./examples.ts";

export interface EngineOptions {
  readonly seed: number;
  readonly encoding: Encoding;
  /** Columns of images that are flipped at random; absent or null: none are. */
  readonly flip_columns?: number | null;
  /** Examples of each class in the data; absent or null where networks take no labels. */
  readonly class_counts?: readonly number[] | null;
  /** Logical shards of the run: how deep a summing tree can be. */
  readonly num_shards: number;
  /** How sums and differences of weights travel; absent: as float32. */
  readonly wire?: WireFormat;
  /** What a learner trains by; absent: there are none. */
  readonly local?: LocalSteps | null;
}

/** Messages to and from the evaluation thread. Arrays are transferred. */
import type { DataSet } from "../data/data_set.ts";
import type { FeatureFigure } from "../../metrics/comparison.ts";
import type { SlicedOptions } from "../../metrics/sliced_wasserstein.ts";

export type EvaluationRequest =
  | {
    readonly type: "reference";
    readonly id: number;
    readonly values: Uint8Array<ArrayBuffer>;
    readonly encoding: DataSet["encoding"];
    /** Elements of one example. */
    readonly dimension: number;
    readonly options: SlicedOptions;
  }
  | { readonly type: "distance"; readonly id: number; readonly values: Float32Array }
  | {
    readonly type: "features";
    readonly id: number;
    /** Features of examples, one after the other. */
    readonly values: Float32Array;
    readonly dimension: number;
    readonly names: readonly FeatureFigure[];
  }
  | {
    readonly type: "training";
    readonly id: number;
    /** Held-out examples, `num_held_out` of them, and then training examples. */
    readonly values: Uint8Array<ArrayBuffer>;
    readonly num_held_out: number;
    readonly encoding: DataSet["encoding"];
    readonly dimension: number;
  }
  | { readonly type: "nearest"; readonly id: number; readonly values: Float32Array }
  /** `values`: features of samples, of the length that those of examples have. */
  | { readonly type: "figures"; readonly id: number; readonly values: Float32Array };

/** What was measured, by name; nothing where a reference was given. */
export type Measured = Partial<
  Record<FeatureFigure | "sliced_wasserstein" | "nearest_samples" | "nearest_held_out", number>
>;

/** The answer to the request with the same id. */
export type EvaluationAnswer =
  | { readonly type: "done"; readonly id: number; readonly measured: Measured }
  | { readonly type: "failed"; readonly id: number; readonly reason: string };

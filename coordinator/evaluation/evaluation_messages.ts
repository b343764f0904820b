/** Messages to and from the evaluation thread. Arrays are transferred. */
import type { DataSet } from "../data/data_set.ts";
import type { SlicedOptions } from "../../metrics/sliced_wasserstein.ts";

export type EvaluationRequest =
  | {
    readonly type: "reference";
    readonly id: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly encoding: DataSet["encoding"];
    /** Elements of one example. */
    readonly dimension: number;
    readonly options: SlicedOptions;
  }
  | { readonly type: "distance"; readonly id: number; readonly samples: Float32Array };

/** The answer to the request with the same id; a reference's value is 0. */
export type EvaluationAnswer =
  | { readonly type: "done"; readonly id: number; readonly value: number }
  | { readonly type: "failed"; readonly id: number; readonly reason: string };

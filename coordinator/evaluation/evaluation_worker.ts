/** The evaluation thread's side: holds the reference and answers requests in order. */
/// <reference lib="deno.worker" />
import { decodeExamples } from "../data/data_set.ts";
import { chosenFigures, type ChosenReference, chosenReference } from "../../metrics/comparison.ts";
import type { EvaluationAnswer, EvaluationRequest, Measured } from "./evaluation_messages.ts";
import { medianNearest } from "../../metrics/nearest_distance.ts";
import { slicedReference, slicedWasserstein } from "../../metrics/sliced_wasserstein.ts";

type Compute = (request: EvaluationRequest) => Measured;

function evaluator(): Compute {
  let reference: ReturnType<typeof slicedReference> | undefined;
  let features: ChosenReference | undefined;
  let training: { readonly examples: Float32Array; readonly dimension: number } | undefined;
  return (request) => {
    switch (request.type) {
      case "reference": {
        const examples = decodeExamples(request.values, request.encoding);
        reference = slicedReference(examples, request.dimension, request.options);
        return {};
      }
      case "distance":
        if (reference === undefined) throw new Error("A reference is required before samples: found none");
        return { sliced_wasserstein: slicedWasserstein(reference, request.values) };
      case "features":
        features = chosenReference(request, request.names);
        return {};
      case "training": {
        const { dimension, num_held_out } = request;
        const examples = decodeExamples(request.values, request.encoding);
        const held_out = examples.subarray(0, num_held_out * dimension);
        training = { examples: examples.subarray(held_out.length), dimension };
        return { nearest_held_out: medianNearest(held_out, training.examples, dimension) };
      }
      case "nearest":
        if (training === undefined) throw new Error("Training examples are required first: found none");
        return { nearest_samples: medianNearest(request.values, training.examples, training.dimension) };
      case "figures":
        if (features === undefined) throw new Error("Features of examples are required first: found none");
        return chosenFigures(features, { values: request.values, dimension: features.features.dimension });
      default:
        return request satisfies never;
    }
  };
}

function answer(compute: Compute, request: EvaluationRequest): EvaluationAnswer {
  try {
    return { type: "done", id: request.id, measured: compute(request) };
  } catch (error) {
    return { type: "failed", id: request.id, reason: error instanceof Error ? error.message : String(error) };
  }
}

const compute = evaluator();
self.onmessage = (event: MessageEvent<EvaluationRequest>) => self.postMessage(answer(compute, event.data));

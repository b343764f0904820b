/** The evaluation thread's side: holds the reference and answers requests in order. */
/// <reference lib="deno.worker" />
import { decodeExamples } from "../data/data_set.ts";
import type { EvaluationAnswer, EvaluationRequest } from "./evaluation_messages.ts";
import { slicedReference, slicedWasserstein } from "../../metrics/sliced_wasserstein.ts";

type Compute = (request: EvaluationRequest) => number;

function evaluator(): Compute {
  let reference: ReturnType<typeof slicedReference> | undefined;
  return (request) => {
    switch (request.type) {
      case "reference": {
        const examples = decodeExamples(request.bytes, request.encoding);
        reference = slicedReference(examples, request.dimension, request.options);
        return 0;
      }
      case "distance":
        if (reference === undefined) throw new Error("A reference is required before samples: found none");
        return slicedWasserstein(reference, request.samples);
      default:
        return request satisfies never;
    }
  };
}

function answer(compute: Compute, request: EvaluationRequest): EvaluationAnswer {
  try {
    return { type: "done", id: request.id, value: compute(request) };
  } catch (error) {
    return { type: "failed", id: request.id, reason: error instanceof Error ? error.message : String(error) };
  }
}

const compute = evaluator();
self.onmessage = (event: MessageEvent<EvaluationRequest>) => self.postMessage(answer(compute, event.data));

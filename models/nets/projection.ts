/**
 * Critics that take labels: to the score of an example comes the inner product of the vector of its class and its
 * features, which are the inputs of the last layer: Miyato, Koyama, "cGANs with projection discriminator", 2018
 * (arXiv:1802.05637), equation 5.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { rowsOf } from "./class_embedding.ts";
import type { TensorSpec } from "./net.ts";
import { normalisedWeight } from "./spectral_norm.ts";

/** The vectors of the classes: `weight` [num_classes, features]. */
export interface Projection {
  readonly weight: string;
  readonly num_classes: number;
  readonly features: number;
  readonly spectral_norm: boolean;
}

interface Options {
  readonly num_classes?: number;
  readonly spectral_norm?: true;
}

/** Of the critic of this name, whose last layer has so many inputs; null: it takes no labels. */
export function projectionOf(
  name: string,
  features: number,
  { num_classes, spectral_norm }: Options,
): Projection | null {
  if (num_classes === undefined) return null;
  return {
    weight: `${name}.projection.weight`,
    num_classes,
    features,
    spectral_norm: spectral_norm === true,
  };
}

/** U(-1/sqrt(features), 1/sqrt(features)), as the weights of a linear layer over the same features. */
export function projectionSpec(projection: Projection | null): TensorSpec[] {
  if (projection === null) return [];
  const { weight, num_classes, features } = projection;
  const initialiser = { kind: "uniform", bound: 1 / Math.sqrt(features) } as const;
  return [{ name: weight, shape: [num_classes, features], initialiser }];
}

/** scores [n, 1] + the inner products of features [n, features] and the vectors of their classes */
export function addProjection(
  b: GraphBuilder,
  { weight, spectral_norm }: Projection,
  { features, scores, label }: {
    readonly features: Value;
    readonly scores: Value;
    readonly label: Value | undefined;
  },
): Value {
  const rows = rowsOf(b, spectral_norm ? normalisedWeight(b, weight) : b.value(weight), label);
  const products = b.op("ReduceSum", [b.op("Mul", [features, rows]), b.ints([1])], { keepdims: 1 });
  return b.op("Add", [scores, products]);
}

/**
 * Generators that take labels: each class has a vector of its own, which is trained and comes behind the noise: Mirza,
 * Osindero, "Conditional generative adversarial nets", 2014 (arXiv:1411.1784), section 3.2.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { elementCode } from "../../onnx/tensor.ts";
import type { Net } from "./net.ts";

/** Vectors of classes, as torch.nn.Embedding has them. */
export interface ClassEmbedding {
  /** Classes. */
  readonly num_classes: number;
  /** Numbers of each vector, part of the input of the network. */
  readonly features: number;
}

/**
 * A generator whose last inputs are the vector of the class, as one that takes noise and labels. The vectors are called
 * `name.embedding.weight`, [num_classes, features], and begin as N(0, 1).
 * @throws {RangeError} where nothing is left for the noise.
 */
export function withClassEmbedding(name: string, net: Net, { num_classes, features }: ClassEmbedding): Net {
  const weight = `${name}.embedding.weight`;
  const latent = net.input_shape[0]! - features;
  if (latent < 1) {
    throw new RangeError(
      `Cannot build the ${name}: its input must be longer than the vectors of its classes, found ` +
        `${net.input_shape[0]} and ${features}`,
    );
  }
  const joined = (b: GraphBuilder, noise: Value, label: Value | undefined) =>
    b.op("Concat", [noise, rowsOf(b, b.value(weight), label)], { axis: 1 });
  return {
    ...net,
    parameters: [
      ...net.parameters,
      {
        name: weight,
        shape: [num_classes, features],
        initialiser: { kind: "normal", mean: 0, deviation: 1 },
      },
    ],
    num_classes,
    input_shape: [latent],
    forwardTrain: (b, noise, drop, label) => net.forwardTrain(b, joined(b, noise, label), drop),
    forwardEval: (b, noise, label) => net.forwardEval(b, joined(b, noise, label)),
  };
}

/** The rows of a table [num_classes, features] that labels [n] name: [n, features]. */
export function rowsOf(b: GraphBuilder, table: Value, label: Value | undefined): Value {
  if (label === undefined) throw new RangeError(`Graph ${b.name} needs the labels of its examples`);
  const index = b.op("Cast", [label], { to: elementCode("int32") });
  return b.op("Gather", [table, index], { axis: 0 });
}

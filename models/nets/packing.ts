/**
 * Packing: Lin, Khetan, Fanti, Oh, "PacGAN: the power of two samples in generative adversarial networks", 2018
 * (arXiv:1712.04086), section 3. The critic scores packs of so many examples, all real or all generated, so that it sees
 * where generated ones are too much alike. The critic takes a pack as one example with so many times the channels (of
 * flat examples: the features); examples that follow each other in a batch are a pack.
 */
import { numElements } from "../../common/shape.ts";
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { Net } from "./net.ts";

/** Shape of a pack of `pac` examples. */
export function packShape(example_shape: readonly number[], pac: number): readonly number[] {
  return [example_shape[0]! * pac, ...example_shape.slice(1)];
}

/** Shape of one example of a critic that takes packs. */
export function unpackedShape({ input_shape }: Pick<Net, "input_shape">, pac: number): readonly number[] {
  return [input_shape[0]! / pac, ...input_shape.slice(1)];
}

/** The critic as a network over examples [n, ...], with scores [n / pac, 1]. */
export function packing(critic: Net, pac: number): Net {
  if (pac === 1) return critic;
  return {
    ...critic,
    input_shape: unpackedShape(critic, pac),
    forwardTrain(b, x, drop, label) {
      const shape = [Number(x.type.shape[0]) / pac, ...critic.input_shape];
      return critic.forwardTrain(b, b.op("Reshape", [x, b.ints(shape)]), drop, label);
    },
  };
}

/** Numbers [n, ...] of examples, those of the first example of a pack for all of it. */
export function ofPacks(b: GraphBuilder, numbers: Value, pac: number): Value {
  if (pac === 1) return numbers;
  const rows = Array.from({ length: Number(numbers.type.shape[0]) }, (_, i) => i - i % pac);
  return b.op("Gather", [numbers, b.ints(rows)], { axis: 0 });
}

/** Slopes [n, ...] of as many examples as have `scores` [n / pac, 1]: those of a pack as one row. */
export function byPack(b: GraphBuilder, slopes: Value, scores: Value): Value {
  const rows = Number(scores.type.shape[0]);
  if (rows === Number(slopes.type.shape[0])) return slopes;
  const size = numElements(slopes.type.shape.map(Number));
  return b.op("Reshape", [slopes, b.ints([rows, size / rows])]);
}

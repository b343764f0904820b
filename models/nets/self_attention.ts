/**
 * Self-attention over the positions of feature maps: Zhang, Goodfellow, Metaxas, Odena, "Self-attention generative
 * adversarial networks", 2019 (arXiv:1805.08318), section 3. Convolutions see only what is near; here each position
 * looks at all others. With f, g, h, v as 1 x 1 convolutions:
 *
 *   attention_ji = softmax over i of f(x_i)^T g(x_j)      y_j = x_j + gamma v(sum over i of attention_ji h(x_i))
 *
 * f, g and h have an eighth of the features. gamma begins at 0, so that the network begins as the one without attention.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { TensorSpec } from "./net.ts";
import { kernelSpec } from "./residual_layers.ts";

/** Features of x for one of f, g and h. */
const REDUCTION = 8;

function reduced(features: number): number {
  return Math.max(1, Math.floor(features / REDUCTION));
}

/** gamma [1]; kernels f, g, h [features / 8, features, 1, 1] and v [features, features / 8, 1, 1]. */
export function attentionSpecs(name: string, features: number): TensorSpec[] {
  const inner = reduced(features);
  return [
    { name: `${name}.gamma`, shape: [1], initialiser: { kind: "constant", value: 0 } },
    ...["f", "g", "h"].map((layer) => kernelSpec(`${name}.${layer}`, features, inner, 1)),
    kernelSpec(`${name}.v`, inner, features, 1),
  ];
}

/** y of x [N, features, rows, columns], in its shape. `weightOf`: weights in place of those of the layers. */
export function selfAttention(
  b: GraphBuilder,
  name: string,
  x: Value,
  weightOf: (b: GraphBuilder, layer: string) => Value | undefined = () => undefined,
): Value {
  const [, features, rows, columns] = x.type.shape.map(Number);
  const inner = reduced(features!), positions = rows! * columns!;
  const convolve = (layer: string, x: Value) => {
    const weight = weightOf(b, `${name}.${layer}`) ?? b.value(`${name}.${layer}.weight`);
    return b.op("Conv", [x, weight], { strides: [1, 1], pads: [0, 0, 0, 0] });
  };
  const flat = (layer: string) => b.op("Reshape", [convolve(layer, x), b.ints([0, inner, positions])]);
  const transposed = (x: Value) => b.op("Transpose", [x], { perm: [0, 2, 1] });
  // Row j has the attention that position j pays to each position i.
  const attention = b.op("Softmax", [b.op("MatMul", [transposed(flat("g")), flat("f")])], { axis: -1 });
  const seen = b.op("MatMul", [flat("h"), transposed(attention)]);
  const maps = b.op("Reshape", [seen, b.ints([0, inner, rows!, columns!])]);
  return b.op("Add", [x, b.op("Mul", [b.value(`${name}.gamma`), convolve("v", maps)])]);
}

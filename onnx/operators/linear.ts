/** Matrix products. */
import type { Shape, TensorType } from "../graph.ts";
import { broadcast, formatShape } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { WIDE } from "../element_sets.ts";

/** Matrices in the last two axes, the axes before them broadcast; a vector is a row left, a column right. */
function inferMatMul(site: Site): readonly TensorType[] {
  const element = site.commonElement(WIDE);
  const [left, right] = [site.shape(0), site.shape(1)];
  if (left.length === 0 || right.length === 0) site.fail("inputs must have rank 1 or more");
  const inner = left.at(-1)!;
  const inner_right = right.length === 1 ? right[0]! : right.at(-2)!;
  if (inner !== inner_right) {
    site.fail(`the multiplied axes must have equal sizes: found ${inner} and ${inner_right}`);
  }
  const batch = site.broadcast([left.slice(0, -2), right.slice(0, -2)]);
  const rows = left.length === 1 ? [] : [left.at(-2)!];
  const columns = right.length === 1 ? [] : [right.at(-1)!];
  return [{ element, shape: [...batch, ...rows, ...columns] }];
}

function inferGemm(site: Site): readonly TensorType[] {
  const element = site.commonElement(WIDE);
  const oriented = (index: number, transpose: string): Shape => {
    const shape = site.shape(index);
    if (shape.length !== 2) site.fail(`input ${index} must have rank 2: found ${formatShape(shape)}`);
    return site.int(transpose, 0) === 0 ? shape : shape.toReversed();
  };
  const [m, k] = oriented(0, "transA");
  const [kRight, n] = oriented(1, "transB");
  if (k !== kRight) site.fail(`the multiplied axes must have equal sizes: found ${k} and ${kRight}`);
  const shape = [m!, n!];
  if (site.has(2)) {
    const c = site.shape(2);
    const out = c.length <= 2 ? broadcast(shape, c) : undefined;
    if (out === undefined || out.some((dim, i) => dim !== shape[i])) {
      site.fail(`input 2 must broadcast to ${formatShape(shape)}: found ${formatShape(c)}`);
    }
  }
  return [{ element, shape }];
}

export const LINEAR = {
  MatMul: { inputs: [2, 2], outputs: [1, 1], attributes: {}, infer: inferMatMul },
  Gemm: {
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
    infer: inferGemm,
  },
} satisfies Record<string, Operator>;

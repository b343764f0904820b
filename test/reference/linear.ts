/** Reference kernels of matrix products. */
import type { Kernel } from "./kernel.ts";
import { broadcastAt, broadcastShapes, generate, type RefTensor, refTensor } from "./ref_tensor.ts";

/** numpy.matmul: a vector is a row on the left, a column on the right, and its axis leaves the result. */
const matMul: Kernel = (call) => {
  const [left, right] = [call.x(0), call.x(1)];
  const a = left.shape.length > 1 ? left : refTensor(left.element, [1, ...left.shape], left.data);
  const b = right.shape.length > 1 ? right : refTensor(right.element, [...right.shape, 1], right.data);
  const inner = a.shape.at(-1)!;
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const product = generate(a.element, [...batch, a.shape.at(-2)!, b.shape.at(-1)!], (index) => {
    const [row, column] = index.slice(-2) as [number, number], of = index.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += matrixAt(a, of, row, k) * matrixAt(b, of, k, column);
    return sum;
  });
  const rows = left.shape.length > 1 ? [a.shape.at(-2)!] : [];
  const columns = right.shape.length > 1 ? [b.shape.at(-1)!] : [];
  return { ...product, shape: [...batch, ...rows, ...columns] };
};

function matrixAt(x: RefTensor, batch: readonly number[], row: number, column: number): number {
  const own = batch.slice(batch.length - (x.shape.length - 2));
  const index = own.map((position, axis) => x.shape[axis] === 1 ? 0 : position);
  let flat = 0;
  for (const [axis, position] of index.entries()) flat = flat * x.shape[axis]! + position;
  return x.data[(flat * x.shape.at(-2)! + row) * x.shape.at(-1)! + column]!;
}

/** alpha A' B' + beta C */
const gemm: Kernel = (call) => {
  const [a, b] = [call.x(0), call.x(1)], c = call.inputs[2];
  const [a0, a1] = a.shape as [number, number], [b0, b1] = b.shape as [number, number];
  const transA = call.int("transA", 0) !== 0, transB = call.int("transB", 0) !== 0;
  const alpha = call.float("alpha", 1), beta = call.float("beta", 1);
  const [rows, inner, columns] = [transA ? a1 : a0, transA ? a0 : a1, transB ? b0 : b1];
  return generate(a.element, [rows, columns], (index) => {
    const [row, column] = index as [number, number];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      const left = a.data[transA ? k * a1 + row : row * a1 + k]!;
      const right = b.data[transB ? column * b1 + k : k * b1 + column]!;
      sum += left * right;
    }
    return alpha * sum + (c ? beta * broadcastAt(c, index) : 0);
  });
};

export const LINEAR_KERNELS = {
  MatMul: matMul,
  Gemm: gemm,
} satisfies Record<string, Kernel>;

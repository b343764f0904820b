/** Rules of matrix products. Transposed operands are flags of Gemm wherever they can be: nothing is copied. */
import type { Value } from "../../onnx/builder.ts";
import type { Rules, RuleSite } from "../rule.ts";

/** A vector counts as a row on the left of MatMul and as a column on its right. */
function matrix(n: RuleSite, index: 0 | 1): Value {
  const x = n.x(index);
  const shape = n.shape(x);
  if (shape.length > 1) return x;
  return n.reshape(x, index === 0 ? [1, ...shape] : [...shape, 1]);
}

/** dy of MatMul with the axes that vectors left out. */
function matrixGradient(n: RuleSite): Value {
  const shape = [...n.shape(n.dy)];
  if (n.x(1).type.shape.length === 1) shape.push(1);
  if (n.x(0).type.shape.length === 1) shape.splice(-1, 0, 1);
  return n.reshape(n.dy, shape);
}

/** a^T b or a b^T over the last two axes. */
function product(n: RuleSite, a: Value, b: Value, transposed: "a" | "b"): Value {
  if (a.type.shape.length === 2 && b.type.shape.length === 2) {
    return n.op("Gemm", [a, b], transposed === "a" ? { transA: 1 } : { transB: 1 });
  }
  return transposed === "a" ? n.op("MatMul", [swapped(n, a), b]) : n.op("MatMul", [a, swapped(n, b)]);
}

function swapped(n: RuleSite, x: Value): Value {
  const axes = [...x.type.shape.keys()];
  return n.op("Transpose", [x], { perm: [...axes.slice(0, -2), axes.length - 1, axes.length - 2] });
}

/** alpha a b with flags, leaving out what is the default. */
function gemm(n: RuleSite, a: Value, b: Value, transposes_a: boolean, transposes_b: boolean): Value {
  const alpha = n.float("alpha", 1);
  return n.op("Gemm", [a, b], {
    ...(alpha === 1 ? {} : { alpha }),
    ...(transposes_a ? { transA: 1 } : {}),
    ...(transposes_b ? { transB: 1 } : {}),
  });
}

function flags(n: RuleSite): Readonly<Record<"transA" | "transB", boolean>> {
  return { transA: n.int("transA", 0) !== 0, transB: n.int("transB", 0) !== 0 };
}

export const LINEAR_RULES = {
  /** da = dy b^T, db = a^T dy */
  MatMul: [
    (n) => product(n, matrixGradient(n), matrix(n, 1), "b"),
    (n) => {
      const db = product(n, matrix(n, 0), matrixGradient(n), "a");
      return n.x(1).type.shape.length === 1 ? n.reshape(db, n.shape(db).slice(0, -1)) : db;
    },
  ],
  /**
   * y = alpha a' b' + beta c, where ' transposes if the flag is set: da' = alpha dy b'^T, db' = alpha a'^T dy,
   * dc = beta dy
   */
  Gemm: [
    (n) => {
      const { transA, transB } = flags(n);
      return transA ? gemm(n, n.x(1), n.dy, transB, true) : gemm(n, n.dy, n.x(1), false, !transB);
    },
    (n) => {
      const { transA, transB } = flags(n);
      return transB ? gemm(n, n.dy, n.x(0), true, transA) : gemm(n, n.x(0), n.dy, !transA, false);
    },
    (n) => {
      const beta = n.float("beta", 1);
      return beta === 1 ? n.dy : n.mul(n.dy, n.number(beta));
    },
  ],
} satisfies Rules;

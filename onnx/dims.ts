/**
 * Arithmetic on shapes whose extents may be names. A name stands for one unknown extent that is at least 1; the
 * product of extents is again an extent, written with its number first and its names sorted: "28*M*N".
 */
import type { Dim, Shape, TensorType } from "./graph.ts";

/** Text of a type: `float32[N,784]`; a scalar is `float32[]`, an omitted input `none`. */
export function formatType(type: TensorType | undefined): string {
  return type ? `${type.element}${formatShape(type.shape)}` : "none";
}

/** Text of a shape: `[N,784]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.element === b.element && sameShape(a.shape, b.shape);
}

/** True where no extent is a name. */
export function isFixed(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/**
 * Shape of an elementwise result (ONNX multidirectional broadcasting). A name fits itself and 1 only. Undefined
 * where the shapes do not fit.
 */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** A number times sorted names: what every extent is. */
interface Monomial {
  factor: number;
  names: string[];
}

function monomial(dim: Dim): Monomial {
  if (typeof dim === "number") return { factor: dim, names: [] };
  const parts = dim.split("*");
  const is_number = parts.length > 1 && /^\d+$/.test(parts[0]!);
  return is_number ? { factor: Number(parts[0]), names: parts.slice(1) } : { factor: 1, names: parts };
}

function fromMonomial({ factor, names }: Monomial): Dim {
  if (factor === 0 || names.length === 0) return factor;
  const sorted = names.toSorted().join("*");
  return factor === 1 ? sorted : `${factor}*${sorted}`;
}

/** Number of elements along these extents together. */
export function product(dims: Shape): Dim {
  const out: Monomial = { factor: 1, names: [] };
  for (const { factor, names } of dims.map(monomial)) {
    out.factor *= factor;
    out.names.push(...names);
  }
  return fromMonomial(out);
}

/** a / b, undefined unless it is an extent. */
export function quotient(a: Dim, b: Dim): Dim | undefined {
  const over = monomial(a);
  const under = monomial(b);
  const names = [...over.names];
  for (const name of under.names) {
    const at = names.indexOf(name);
    if (at < 0) return undefined;
    names.splice(at, 1);
  }
  const factor = over.factor / under.factor;
  return Number.isSafeInteger(factor) ? fromMonomial({ factor, names }) : undefined;
}

/**
 * Einsum by way of matrix products: operands are taken in turn, each pair's summed labels become the inner axis of a
 * MatMul, labels of both that stay become its batch, and what only one has its rows or columns.
 */
import type { Value } from "../../onnx/builder.ts";
import { parseEinsum } from "../../onnx/einsum.ts";
import { isFixed } from "../../onnx/dims.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import type { Expansions, ExpansionSite } from "../expansion.ts";
import { numElements } from "../../common/shape.ts";

/** A tensor whose axes have names, each once. */
interface Operand {
  readonly value: Value;
  readonly labels: readonly string[];
}

/** Without axes of extent 1 that broadcast: another operand has more of the same label. */
function squeezed(n: ExpansionSite, operand: Operand, extents: ReadonlyMap<string, number>): Operand {
  const shape = n.shape(operand.value);
  const stays = (label: string, axis: number) => shape[axis] === extents.get(label);
  return {
    value: n.reshape(operand.value, shape.filter((_, axis) => stays(operand.labels[axis]!, axis))),
    labels: operand.labels.filter(stays),
  };
}

/** The diagonal of two axes of one label, as the sum over one of them of what lies on it. */
function diagonal(n: ExpansionSite, { value, labels }: Operand): Operand {
  const again = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (again < 0) return { value, labels };
  const shape = n.shape(value), first = labels.indexOf(labels[again]!), extent = shape[first]!;
  const mask = shape.map((_, axis) => axis === first || axis === again ? extent : 1);
  const is_on = Array.from(
    { length: extent ** 2 },
    (_, at) => Number(at % extent === Math.floor(at / extent)),
  );
  const on = n.where(n.constant(tensorOf("bool", mask, is_on)), value, n.number(0));
  return diagonal(n, {
    value: n.sum(on, [again], false),
    labels: labels.filter((_, axis) => axis !== again),
  });
}

/** Summed over the labels that nothing else needs. */
function summed(n: ExpansionSite, { value, labels }: Operand, kept: ReadonlySet<string>): Operand {
  const axes = [...labels.keys()].filter((axis) => !kept.has(labels[axis]!));
  return { value: n.sum(value, axes, false), labels: labels.filter((label) => kept.has(label)) };
}

/** With the axes of these labels in this order. */
function ordered(n: ExpansionSite, { value, labels }: Operand, order: readonly string[]): Value {
  return n.transpose(value, order.map((label) => labels.indexOf(label)));
}

/** The labels of two operands by what becomes of them. */
interface Roles {
  /** A dimension of both operands that is kept. */
  readonly batch: readonly string[];
  /** A dimension of both operands that is summed over. */
  readonly inner: readonly string[];
  /** A dimension of one operand alone. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
}

function extentsOf(n: ExpansionSite, { value, labels }: Operand, of: readonly string[]): number[] {
  return of.map((label) => n.shape(value)[labels.indexOf(label)]!);
}

/** The product of two operands, summed over the labels that are not kept. */
function contracted(n: ExpansionSite, a: Operand, b: Operand, kept: ReadonlySet<string>): Operand {
  a = summed(n, a, new Set([...kept, ...b.labels]));
  b = summed(n, b, new Set([...kept, ...a.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const roles: Roles = {
    batch: shared.filter((label) => kept.has(label)),
    inner: shared.filter((label) => !kept.has(label)),
    rows: a.labels.filter((label) => !shared.includes(label)),
    columns: b.labels.filter((label) => !shared.includes(label)),
  };
  const value = roles.inner.length === 0 ? outerProduct(n, a, b, roles) : matrixProduct(n, a, b, roles);
  return { value, labels: [...roles.batch, ...roles.rows, ...roles.columns] };
}

/** [batch, rows, 1...] by [batch, 1..., columns] */
function outerProduct(n: ExpansionSite, a: Operand, b: Operand, { batch, rows, columns }: Roles): Value {
  const batches = extentsOf(n, a, batch), height = extentsOf(n, a, rows), width = extentsOf(n, b, columns);
  const left = [...batches, ...height, ...width.map(() => 1)];
  const right = [...batches, ...height.map(() => 1), ...width];
  return n.mul(
    n.reshape(ordered(n, a, [...batch, ...rows]), left),
    n.reshape(ordered(n, b, [...batch, ...columns]), right),
  );
}

/** MatMul of [batch, rows, inner] and [batch, inner, columns], each of these one axis. */
function matrixProduct(n: ExpansionSite, a: Operand, b: Operand, roles: Roles): Value {
  const { batch, inner, rows, columns } = roles;
  const batches = extentsOf(n, a, batch), height = extentsOf(n, a, rows), width = extentsOf(n, b, columns);
  const lead = batch.length === 0 ? [] : [numElements(batches)];
  const depth = numElements(extentsOf(n, a, inner));
  const left = n.reshape(ordered(n, a, [...batch, ...rows, ...inner]), [...lead, numElements(height), depth]);
  const right = n.reshape(
    ordered(n, b, [...batch, ...inner, ...columns]),
    [...lead, depth, numElements(width)],
  );
  return n.reshape(n.op("MatMul", [left, right]), [...batches, ...height, ...width]);
}

export const EINSUM_EXPANSIONS = {
  /** y = the sum over all labels that the result lacks of the product of the operands */
  Einsum: (n) => {
    const values = Array.from({ length: n.num_inputs }, (_, i) => n.x(i));
    if (!values.every(({ type }) => isFixed(type.shape))) return null;
    const { operands, output } = parseEinsum(
      n.string("equation")!,
      values.map(({ type }) => type.shape.length),
    );
    const extents = new Map<string, number>();
    for (const [i, labels] of operands.entries()) {
      labels.forEach((label, axis) =>
        extents.set(label, Math.max(extents.get(label) ?? 0, n.shape(values[i]!)[axis]!))
      );
    }
    const ready = operands.map((labels, i) =>
      diagonal(n, squeezed(n, { value: values[i]!, labels }, extents))
    );
    const product = ready.reduce((sofar, operand, i) => {
      const later = ready.slice(i + 1).flatMap(({ labels }) => labels);
      return contracted(n, sofar, operand, new Set([...output, ...later]));
    });
    return n.reshape(ordered(n, summed(n, product, new Set(output)), output), n.type.shape.map(Number));
  },
} satisfies Expansions;

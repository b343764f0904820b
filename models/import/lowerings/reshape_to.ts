/**
 * The shape that a file asks Reshape for, made one for any batch. Exporters write the batch as a name, as -1, or, where
 * it was a number while they traced the network, as that number or a multiple of it.
 */
import { product, quotient } from "../../../onnx/dims.ts";
import type { Dim, Shape } from "../../../onnx/graph.ts";

/** The name of the batch axis, and its number in the file where it has one. */
export interface Batch {
  readonly name: string;
  readonly fixed: number | null;
}

/** Items of the shape: 0 copies the extent in its place, -1 takes what is left, and names are to be computed. */
export type Reshaping = { readonly items: readonly Dim[] } | { readonly reason: string };

const ADVICE =
  "export it with a dynamic batch axis (dynamo=True, dynamic_shapes), and take sizes from the tensor";

/** `from`: the shape of x; `asked`: what the file says, where 0 copies unless `allowzero`. Null: leave it as it is. */
export function reshapeTo(from: Shape, asked: Shape, batch: Batch, allowzero: boolean): Reshaping | null {
  const isCopied = (i: number) => asked[i] === 0 && !allowzero;
  const items = asked.map((item, i) => isCopied(i) ? from[i] ?? item : item);
  const leads = from[0] === batch.name;
  const isBatch = (item: Dim, i: number) =>
    !isCopied(i) && (typeof item === "string" || (i === 0 && leads && item === batch.fixed));
  if (!items.some(isBatch)) return fits(from, items) ? null : withoutNumber(from, items, batch);
  const copied = items.map((item, i) =>
    isCopied(i) ? 0 : !isBatch(item, i) ? item : i === 0 && leads ? 0 : -1
  );
  const computed = items.map((item, i) => isBatch(item, i) && typeof item === "number" ? batch.name : item);
  if (!fits(from, computed)) {
    return { reason: `its shape must contain the batch size exactly once; ${ADVICE}` };
  }
  const open = copied.filter((item) => item === -1).length;
  const isWhole = (item: Dim) => item === batch.name || item === batch.fixed;
  const is_copy = copied[0] !== 0 || isWhole(items[0]!);
  return { items: is_copy && open <= 1 && !items.includes(0) ? copied : computed };
}

/** True if there are as many elements. */
function fits(from: Shape, items: Shape): boolean {
  const rest = items.filter((item) => item !== -1);
  const left = quotient(product(from), product(rest));
  return rest.length < items.length ? left !== undefined : left === 1;
}

/**
 * A shape with the number of a batch in it: of the items that follow as many elements as x has before its batch, the
 * first is a multiple of that number. Of a batch of 1 it may be any of several, so that is refused.
 */
function withoutNumber(from: Shape, items: Shape, { name, fixed }: Batch): Reshaping | null {
  const at = from.findIndex((dim) => quotient(dim, name) !== undefined);
  const others = at < 0 ? [] : from.toSpliced(at, 1, quotient(from[at]!, name)!);
  const before = product(from.slice(0, at)), whole = product(others);
  if (at < 0 || typeof before !== "number" || typeof whole !== "number") return null;
  const place = placeAfter(before, items), item = place === undefined ? undefined : items[place];
  if (item === -1) {
    return {
      reason:
        `its shape [${items}] must not mix examples of a batch, and its input has the shape [${from}]; score each ` +
        `example independently, ` +
        "not several as one",
    };
  }
  const number = fixed ?? (items.includes(-1) ? item : quotient(product(items), whole));
  if (typeof number !== "number" || typeof item !== "number") return null;
  const each = quotient(item, number);
  const open = place === undefined || each === undefined ? [] : items.with(place, product([each, name]));
  const refused = { reason: `its shape [${items}] contains a fixed batch size; ${ADVICE}` };
  if (number <= 1 || open.length === 0 || !fits(from, open)) return refused;
  const is_first = place === 0 && from[0] === name && each === 1;
  if (is_first) return { items: items.with(0, 0) };
  return { items: items.includes(-1) ? open : items.with(place!, -1) };
}

/** The first item above 1 after so many elements. */
function placeAfter(before: number, items: Shape): number | undefined {
  let sofar = 1;
  for (const [i, item] of items.entries()) {
    if (typeof item !== "number") return undefined;
    if (sofar === before && item !== 1) return i;
    sofar *= item;
  }
  return undefined;
}

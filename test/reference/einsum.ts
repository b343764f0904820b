/** Reference kernel of Einsum: for every combination of all labels, the product of the operands' elements. */
import type { Call, Kernel } from "./kernel.ts";
import { at, flatten, indicesOf, type RefTensor, sizeOf } from "./ref_tensor.ts";

/** One name for each axis: letters, and for an ellipsis "-1", "-2", ... from its last axis on. */
function axisNames(term: string, rank: number): string[] {
  const [before, after] = term.split("...");
  if (after === undefined) return [...term];
  const width = rank - before!.length - after.length;
  return [...before!, ...Array.from({ length: width }, (_, i) => `${i - width}`), ...after];
}

function readEquation(call: Call): { terms: string[][]; result: string[] } {
  const [left, right] = call.attribute("equation", "string")!.replaceAll(" ", "").split("->");
  const terms = left!.split(",").map((term, i) => axisNames(term, call.x(i).shape.length));
  const all = terms.flat();
  const width = Math.max(0, ...all.filter((name) => name.startsWith("-")).map((name) => -name));
  const dots = Array.from({ length: width }, (_, i) => `${i - width}`);
  if (right !== undefined) {
    return {
      terms,
      result: axisNames(right, right.replace("...", "").length + (right.includes("...") ? width : 0)),
    };
  }
  const once = all.filter((name) =>
    !name.startsWith("-") && all.filter((other) => other === name).length === 1
  );
  return { terms, result: [...dots, ...once.sort()] };
}

export const EINSUM_KERNELS = {
  Einsum: (call) => {
    const { terms, result } = readEquation(call);
    const names = [...new Set(terms.flat())];
    const extents = names.map((name) =>
      Math.max(...terms.flatMap((term, i) => call.x(i).shape.filter((_, axis) => term[axis] === name)))
    );
    const shape = result.map((name) => extents[names.indexOf(name)]!);
    const data = new Float64Array(sizeOf(shape));
    for (const index of indicesOf(extents)) {
      const place = (labels: readonly string[]) => labels.map((name) => index[names.indexOf(name)]!);
      const factors = terms.map((term, i) => element(call.x(i), place(term)));
      const to = flatten(place(result), shape);
      data[to] = data[to]! + factors.reduce((product, factor) => product * factor, 1);
    }
    return { element: call.x(0).element, shape, data };
  },
} satisfies Record<string, Kernel>;

/** An element where axes of extent 1 broadcast. */
function element(x: RefTensor, index: readonly number[]): number {
  return at(x, index.map((i, axis) => x.shape[axis] === 1 ? 0 : i));
}

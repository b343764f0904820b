/** Rules of operators that pad or repeat. */
import { numElements } from "../../common/shape.ts";
import type { Rules, RuleSite } from "../rule.ts";

/** Input 3, the axes, where it is given. */
function axes(n: RuleSite) {
  return n.has(3) ? [null, n.x(3)] : [];
}

function requireConstant(n: RuleSite): void {
  const mode = n.string("mode") ?? "constant";
  if (mode !== "constant") {
    n.fail(`attribute mode must be "constant", found ${mode}: decompose the graph first`);
  }
}

export const PADDING_RULES = {
  /** dx = dy cropped by what was added (and padded by what was cropped); dvalue = the sum of dy over what was added */
  Pad: [
    (n) => {
      requireConstant(n);
      return n.op("Pad", [n.dy, n.intVector(n.constants(1).map((count) => -count)), ...axes(n)]);
    },
    null,
    (n) => {
      requireConstant(n);
      const shape = n.shape(n.x(0));
      const added = n.op("Pad", [n.zeros(shape), n.x(1), n.number(1), ...axes(n).slice(1)]);
      const all = [...n.shape(n.dy).keys()];
      return n.reshape(n.sum(n.mul(n.dy, added), all, false), n.shape(n.x(2)));
    },
    null,
  ],
  /** dx = the sum of dy over the copies */
  Tile: [(n) => {
    const shape = n.shape(n.x(0)), repeats = n.constants(1);
    if (numElements(repeats) === 1) return n.dy;
    const copies = n.reshape(n.dy, shape.flatMap((extent, axis) => [repeats[axis]!, extent]));
    return n.sum(copies, shape.map((_, axis) => 2 * axis), false);
  }, null],
} satisfies Rules;

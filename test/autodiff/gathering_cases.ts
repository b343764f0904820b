/** What the rules of operators by index, and of those that pad and repeat, are checked on. */
import { fed, i, indices, type RuleCase, x } from "./rule_case.ts";

export const GATHERING_RULE_CASES = {
  Gather: [
    { inputs: [x(3, 2), indices([4], 0, 2, -1, 0)] },
    { inputs: [x(2, 3, 2), indices([2, 2], 0, 2, -1, 0)], attributes: { axis: 1 } },
    { inputs: [x(2, 3), indices([], 1)], attributes: { axis: -1 } },
    { inputs: [x(3, 2), fed([4], 0, 2, -1, 0)] },
    { inputs: [x(2, 3), fed([2, 1], -3, 1)], attributes: { axis: 1 } },
  ],
  GatherND: [
    { inputs: [x(3, 2), indices([3, 1], 0, -1, 0)] },
    { inputs: [x(3, 2, 2), fed([2, 2, 2], 0, 1, 2, -1, 0, 1, 1, 1)] },
  ],
  ScatterND: [
    { inputs: [x(3, 2), indices([2, 1], 0, -1), x(2, 2)] },
    { inputs: [x(3, 2), fed([3, 1], 0, -1, 0), x(3, 2)], attributes: { reduction: "add" } },
    { inputs: [x(2, 3), indices([2, 2], 0, 2, 1, 1), x(2)], attributes: { reduction: "none" } },
  ],
  GatherElements: [
    { inputs: [x(3, 3), indices([2, 3], 0, 1, 2, 0, -1, 2)] },
    { inputs: [x(2, 3), fed([2, 4], 0, 1, 1, -1, 2, 0, 0, 0)], attributes: { axis: 1 } },
  ],
  ScatterElements: [
    { inputs: [x(3, 3), indices([2, 3], 0, 1, 2, 1, -1, 0), x(2, 3)] },
    {
      inputs: [x(2, 3), fed([2, 4], 0, 1, 1, -1, 2, 0, 0, 0), x(2, 4)],
      attributes: { axis: 1, reduction: "add" },
    },
    { inputs: [x(2, 3), fed([2, 2], 0, -1, 2, 0), x(2, 2)], attributes: { axis: -1, reduction: "none" } },
  ],
  Pad: [
    { inputs: [x(2, 3), i(0, 1, 2, 0)] },
    { inputs: [x(3, 3), i(-1, 1, 2, -2), x()] },
    { inputs: [x(2, 2, 3), i(1, 0, 0, 2), x(1), i(-1, 0)] },
  ],
  Tile: [
    { inputs: [x(2, 3), i(2, 3)] },
    { inputs: [x(1, 2, 2), i(3, 1, 2)] },
    { inputs: [x(2, 2), i(1, 1)] },
  ],
} satisfies Record<string, readonly RuleCase[]>;

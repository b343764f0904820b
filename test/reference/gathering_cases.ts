/** What operators that take or put elements by index are checked on. */
import { f, indices, type OperatorCase } from "./operator_case.ts";

export const GATHERING_CASES = {
  GatherElements: [
    { inputs: [f([3, 3]), indices([2, 3], 0, 1, 2, 2, -1, 0)] },
    {
      inputs: [f([2, 3, 2]), indices([2, 4, 2], ...Array(16).keys().map((i) => i % 3))],
      attributes: { axis: 1 },
    },
  ],
  GatherND: [
    { inputs: [f([4, 3]), indices([2, 2, 1], 0, 3, -1, 0)] },
    { inputs: [f([4, 3, 2]), indices([3, 2], 0, 2, 3, -1, 1, 1)] },
    { inputs: [f([2, 3, 2]), indices([2, 1], 2, 0)], attributes: { batch_dims: 1 } },
  ],
  ScatterElements: [
    { inputs: [f([3, 3]), indices([2, 3], 0, 1, 2, 2, -3, 0), f([2, 3])] },
    {
      inputs: [f([3, 3]), indices([3, 4], 0, 1, 1, -1, 2, 2, 2, 2, 0, 1, 0, 1), f([3, 4])],
      attributes: { axis: 1, reduction: "add" },
    },
    ...["mul", "max", "min"].map((reduction) => ({
      inputs: [f([3]), indices([4], 0, 0, 2, 0), f([4])],
      attributes: { reduction },
    })),
  ],
  ScatterND: [
    { inputs: [f([4, 3]), indices([2, 1], 0, -1), f([2, 3])] },
    { inputs: [f([4, 3]), indices([3, 1], 0, -1, 0), f([3, 3])], attributes: { reduction: "add" } },
    {
      inputs: [f([2, 3]), indices([2, 2, 2], 0, 2, 1, 1, 0, 2, 1, 0), f([2, 2])],
      attributes: { reduction: "add" },
    },
    ...["mul", "max", "min"].map((reduction) => ({
      inputs: [f([3]), indices([4, 1], 0, 0, 2, 0), f([4])],
      attributes: { reduction },
    })),
  ],
} satisfies Record<string, readonly OperatorCase[]>;

/** What operators that pad, repeat or blank out are checked on. */
import { c, f, type OperatorCase } from "./operator_case.ts";

export const PADDING_CASES = {
  Pad: [
    { inputs: [f([3, 4]), c(0, 1, 2, 3)] },
    { inputs: [f([3, 4]), c(1, -1, -2, 0), f([])] },
    { inputs: [f([3, 4, 2]), c(2, 1), null, c(-2)] },
    ...["reflect", "edge", "wrap"].flatMap((mode): OperatorCase[] =>
      [
        { inputs: [f([3, 4]), c(2, 1, 0, 3)], attributes: { mode }, opset: 19 },
        { inputs: [f([2, 3, 4]), c(1, 2, 0, 2), null, c(0, 1)], attributes: { mode }, opset: 19 },
      ].filter((_, i) => i === 0 || mode !== "reflect")
    ),
  ],
  Tile: [{ inputs: [f([2, 3]), c(3, 2)] }, { inputs: [f([2, 1, 3]), c(1, 1, 1)] }],
  Trilu: [
    { inputs: [f([3, 4])] },
    { inputs: [f([2, 4, 3]), c(-1)], attributes: { upper: 0 } },
    { inputs: [f([2, 4, 3]), c(1)] },
    { inputs: [f([3, 3]), c(1)], attributes: { upper: 0 } },
  ],
} satisfies Record<string, readonly OperatorCase[]>;

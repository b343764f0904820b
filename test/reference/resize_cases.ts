/** What Resize, DepthToSpace and SpaceToDepth are checked on: every mode, up and down, by scales and by sizes. */
import { c, f, floats, type OperatorCase } from "./operator_case.ts";

type Attributes = NonNullable<OperatorCase["attributes"]>;

const COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] as const;
const NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;

/** Twice as large, and 1.6 and 0.6 times, to sizes, along one axis or two. */
function resizes(attributes: Attributes): OperatorCase[] {
  return [
    { inputs: [f([2, 3, 3, 4]), null, floats(1, 1, 2, 2)], attributes },
    { inputs: [f([1, 2, 5, 5]), null, floats(1, 1, 0.6, 1.6)], attributes },
    { inputs: [f([1, 2, 4, 7]), null, null, c(1, 2, 7, 3)], attributes },
    { inputs: [f([1, 2, 5]), null, floats(1, 1, 1.5)], attributes },
    { inputs: [f([1, 2, 4, 1]), null, null, c(1, 2, 1, 3)], attributes },
  ];
}

export const RESIZE_CASES = {
  Resize: [
    ...COORDINATES.flatMap((coordinate_transformation_mode) => [
      ...resizes({ mode: "linear", coordinate_transformation_mode }),
      ...NEAREST.flatMap((nearest_mode) => resizes({ coordinate_transformation_mode, nearest_mode })),
    ]),
    { inputs: [f([2, 3, 3]), f([0]), floats(2)], attributes: { axes: [-1] } },
    { inputs: [f([2, 3, 2, 3]), null, null, c(4, 5)], attributes: { axes: [3, 2], mode: "linear" } },
    { inputs: [f([3, 2, 4, 4]), null, floats(1, 1, 0.5, 2)], named: ["N", 2, 4, 4] },
    { inputs: [f([1, 1, 2, 3]), null, floats(1, 1, 1.2, 2)], attributes: { mode: "linear" } },
  ] as readonly OperatorCase[],
  DepthToSpace: [
    { inputs: [f([2, 12, 2, 3])], attributes: { blocksize: 2 } },
    { inputs: [f([2, 12, 2, 3])], attributes: { blocksize: 2, mode: "DCR" } },
    { inputs: [f([1, 18, 2, 1])], attributes: { blocksize: 3, mode: "CRD" } },
    { inputs: [f([3, 4, 2, 2])], attributes: { blocksize: 2, mode: "CRD" }, named: ["N", 4, 2, 2] },
  ],
  SpaceToDepth: [
    { inputs: [f([2, 3, 4, 6])], attributes: { blocksize: 2 } },
    { inputs: [f([3, 1, 6, 3])], attributes: { blocksize: 3 }, named: ["N", 1, 6, 3] },
  ],
};

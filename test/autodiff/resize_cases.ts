/** What the rules of Resize, DepthToSpace and SpaceToDepth are checked on. */
import { i, type RuleCase, scales, x } from "./rule_case.ts";

const MODES = [
  { mode: "linear" },
  { nearest_mode: "floor" },
  { nearest_mode: "round_prefer_ceil" },
  { nearest_mode: "ceil" },
  {},
];
const COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] as const;

export const RESIZE_RULE_CASES = {
  Resize: [
    ...COORDINATES.flatMap((coordinate_transformation_mode) =>
      MODES.flatMap((mode) => {
        const attributes = { ...mode, coordinate_transformation_mode };
        return [
          { inputs: [x(1, 2, 2, 2), null, scales(1, 1, 2, 3)], attributes },
          { inputs: [x(1, 1, 5, 3), null, null, i(1, 1, 3, 4)], attributes },
        ];
      })
    ),
    { inputs: [x(1, 1, 5, 3), null, scales(1.6, 0.6)], attributes: { axes: [-1, 2], mode: "linear" } },
    { inputs: [x(1, 2, 4), null, scales(1, 1, 1.5)], attributes: { mode: "linear" } },
    // a scale that changes no extent beside one that does
    { inputs: [x(1, 1, 3, 3), null, scales(1, 1, 1.3, 2)], attributes: { mode: "linear" } },
    { inputs: [x(2, 1, 4, 1), null, null, i(2, 1, 1, 3)] },
  ] as readonly RuleCase[],
  DepthToSpace: [
    { inputs: [x(2, 8, 1, 2)], attributes: { blocksize: 2 } },
    { inputs: [x(1, 8, 2, 1)], attributes: { blocksize: 2, mode: "CRD" } },
  ],
  SpaceToDepth: [{ inputs: [x(2, 2, 2, 4)], attributes: { blocksize: 2 } }],
};

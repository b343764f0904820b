/** A few points of the plane: a toy set draws 100,000, and is compared with 10,000 of them at start and end. */
import type { TrainOptions } from "../../library/train.ts";

const COUNT = 128;

/** On a spiral. */
export const FEW_POINTS = {
  values: Float32Array.from({ length: 2 * COUNT }, (_, i) => {
    const along = (i >> 1) / COUNT, turn = 9 * along;
    return along * (i % 2 === 0 ? Math.cos(turn) : Math.sin(turn));
  }),
  shape: [COUNT, 2],
} as const satisfies TrainOptions["data"];

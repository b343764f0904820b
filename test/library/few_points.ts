/** A few points of the plane: a toy set draws 100,000, and is compared with 10,000 of them at start and end. */
import { join } from "node:path";
import { encodeNpy } from "../../common/files/npy.ts";
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

/** Writes them into a folder; resolves to the file's path. */
export async function putFewPoints(folder: string): Promise<string> {
  const path = join(folder, "points.npy");
  await Deno.writeFile(path, encodeNpy(FEW_POINTS.values, FEW_POINTS.shape));
  return path;
}

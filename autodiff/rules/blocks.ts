/** Rules of operators that turn channels into blocks of pixels and back. */
import type { Rules, RuleSite } from "../rule.ts";

/** [N, C, b H, b W] with b = `blocksize`, as [N, C, H, b, W, b]. */
function splitBlocks(n: RuleSite) {
  const block = n.int("blocksize", 1);
  const [batch, channels, height, width] = n.shape(n.dy) as [number, number, number, number];
  return n.reshape(n.dy, [batch, channels, height / block, block, width / block, block]);
}

export const BLOCK_RULES = {
  /** dx = dy with the blocks back among the channels; SpaceToDepth would do, but has no WebGPU kernel */
  DepthToSpace: [(n) => {
    const perm = n.string("mode") === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    return n.reshape(n.op("Transpose", [splitBlocks(n)], { perm }), n.shape(n.x(0)));
  }],
  /** dx = dy with the channels back among the pixels */
  SpaceToDepth: [(n) => n.op("DepthToSpace", [n.dy], { blocksize: n.int("blocksize", 1) })],
} satisfies Rules;

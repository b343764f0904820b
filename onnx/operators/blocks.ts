/** Operators that turn channels into blocks of pixels and back: [N, C, H, W] only. */
import type { TensorType } from "../graph.ts";
import { formatShape, isFixed } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { ALL } from "../element_sets.ts";

interface Image {
  readonly type: TensorType;
  readonly extents: readonly [channels: number, height: number, width: number];
  readonly block: number;
}

function image(site: Site): Image {
  const type = site.typeIn(0, ALL), extents = type.shape.slice(1), block = site.int("blocksize");
  if (extents.length !== 3) return site.fail("input 0 must have rank 4");
  if (!isFixed(extents)) {
    return site.fail(`all axes after the batch must have fixed sizes: found ${formatShape(type.shape)}`);
  }
  if (block < 1) site.fail(`blocksize must be 1 or more: found ${block}`);
  return { type, extents: [extents[0]!, extents[1]!, extents[2]!], block };
}

/** [N, b b C, H, W] to [N, C, b H, b W] */
function inferDepthToSpace(site: Site): readonly TensorType[] {
  const { type, extents: [channels, height, width], block } = image(site);
  const mode = site.string("mode") ?? "DCR";
  if (mode !== "DCR" && mode !== "CRD") site.fail(`mode must be DCR or CRD: found ${mode}`);
  if (channels % block ** 2 !== 0) {
    site.fail(`channels must be a multiple of ${block ** 2}: found ${channels}`);
  }
  const shape = [type.shape[0]!, channels / block ** 2, height * block, width * block];
  return [{ element: type.element, shape }];
}

/** [N, C, b H, b W] to [N, b b C, H, W] */
function inferSpaceToDepth(site: Site): readonly TensorType[] {
  const { type, extents: [channels, height, width], block } = image(site);
  if (height % block !== 0 || width % block !== 0) {
    site.fail(`height and width must be multiples of ${block}: found ${height} and ${width}`);
  }
  const shape = [type.shape[0]!, channels * block ** 2, height / block, width / block];
  return [{ element: type.element, shape }];
}

export const BLOCKS = {
  /** `mode`: whether the block comes before the channels in the depth (DCR, the default) or after them (CRD). */
  DepthToSpace: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { blocksize: "int", mode: "string" },
    infer: inferDepthToSpace,
  },
  SpaceToDepth: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { blocksize: "int" },
    infer: inferSpaceToDepth,
  },
} satisfies Record<string, Operator>;

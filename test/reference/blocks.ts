/** Reference kernels of DepthToSpace and SpaceToDepth, as the ONNX operator specifications index them. */
import type { Kernel } from "./kernel.ts";
import { at, generate } from "./ref_tensor.ts";

const depthToSpace: Kernel = (call) => {
  const x = call.x(0), block = call.int("blocksize", 0), isDcr = call.attribute("mode", "string") !== "CRD";
  const [batch, depth, height, width] = x.shape as [number, number, number, number];
  const channels = depth / block ** 2;
  return generate(x.element, [batch, channels, height * block, width * block], (index) => {
    const [n, c, row, column] = index as [number, number, number, number];
    const inBlock = (row % block) * block + column % block;
    const d = isDcr ? inBlock * channels + c : c * block ** 2 + inBlock;
    return at(x, [n, d, Math.floor(row / block), Math.floor(column / block)]);
  });
};

const spaceToDepth: Kernel = (call) => {
  const x = call.x(0), block = call.int("blocksize", 0);
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return generate(x.element, [batch, channels * block ** 2, height / block, width / block], (index) => {
    const [n, d, row, column] = index as [number, number, number, number];
    const inBlock = Math.floor(d / channels);
    return at(x, [
      n,
      d % channels,
      row * block + Math.floor(inBlock / block),
      column * block + inBlock % block,
    ]);
  });
};

export const BLOCK_KERNELS = { DepthToSpace: depthToSpace, SpaceToDepth: spaceToDepth } satisfies Record<
  string,
  Kernel
>;

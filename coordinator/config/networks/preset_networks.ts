/** The pairs of networks that several presets, or one of them, make for examples of a shape. */
import { numElements } from "../../../common/shape.ts";

/** A residual pair of so many feature maps; `pool`: how the critic's last maps become features. */
export function resnet(
  latent: number,
  example_shape: readonly number[],
  width: { readonly generator: number; readonly critic: number },
  pool: "mean" | "sum",
) {
  const images = imagesOf(example_shape);
  return {
    generator: { kind: "resnet_generator", latent, ...images, width: width.generator },
    critic: { kind: "resnet_critic", pool, ...images, width: width.critic },
  } as const;
}

function imagesOf(example_shape: readonly number[]): { readonly side: number; readonly channels: number } {
  const [channels, side] = example_shape.length === 2 ? [1, ...example_shape] : example_shape;
  return { side: side!, channels: channels! };
}

export function dcgan(latent: number, example_shape: readonly number[], width: number, batch_norm: boolean) {
  const images = { ...imagesOf(example_shape), width };
  return {
    generator: { kind: "dcgan_generator", latent, ...images },
    critic: { kind: "dcgan_critic", batch_norm, ...images },
  } as const;
}

/** Convolutions over time, for series [length] or [channels, length]. */
export function seriesPair(latent: number, example_shape: readonly number[], width = 32) {
  const series = { length: example_shape.at(-1)!, channels: numElements(example_shape.slice(0, -1)), width };
  return {
    generator: { kind: "series_generator", latent, ...series },
    critic: { kind: "series_critic", ...series },
  } as const;
}

import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import type { Net } from "../../../models/nets/net.ts";
import { resnetCritic, type ResnetCriticConfig, resnetGenerator } from "../../../models/nets/resnet.ts";

const parameters = ({ parameters }: Net) =>
  parameters.reduce((sum, { shape }) => sum + numElements(shape), 0);
const CRITIC: ResnetCriticConfig = { kind: "resnet_critic", side: 32, channels: 3, width: 128, pool: "mean" };

Deno.test("resnet: parameters are those of the papers' layers", () => {
  const kernel = (inputs: number, outputs: number, side: number) => inputs * outputs * side * side;
  // Three blocks of two 3 x 3 and one 1 x 1 kernels and two normalisations, between a linear layer and an image.
  const block = 2 * kernel(256, 256, 3) + kernel(256, 256, 1) + 2 * 2 * 256;
  const generator = resnetGenerator("g", {
    kind: "resnet_generator",
    latent: 128,
    side: 32,
    channels: 3,
    width: 256,
  });
  assert.equal(parameters(generator), 129 * 16 * 256 + 3 * block + 2 * 256 + kernel(256, 3, 3) + 3);
  // Two blocks that halve, the first of an image, and two that do not, with biases.
  const wide = kernel(128, 128, 3) + 128;
  const halving = (inputs: number) => kernel(inputs, 128, 3) + 128 + wide + kernel(inputs, 128, 1) + 128;
  assert.equal(parameters(resnetCritic("c", CRITIC)), halving(3) + halving(128) + 2 * 2 * wide + 128 + 1);
  assert.equal(parameters(resnetCritic("c", CRITIC)), 1_053_825);
});

Deno.test("resnet: larger images have more blocks, whose maps double up to eight times", () => {
  const images = { side: 64, channels: 1, width: 2 };
  const shapes = ({ parameters }: Net, end: string) =>
    parameters.filter(({ name }) => name.endsWith(end)).map(({ shape }) => shape.slice(0, 2).join());
  const generator = resnetGenerator("g", { kind: "resnet_generator", latent: 3, ...images });
  assert.deepEqual(shapes(generator, "conv1.weight"), ["16,16", "8,16", "4,8", "2,4"]);
  const critic = resnetCritic("c", { ...CRITIC, ...images });
  assert.deepEqual(shapes(critic, "conv1.weight"), ["2,1", "4,2", "8,4", "16,8", "16,16"]);
  assert.deepEqual(shapes(critic, "shortcut.weight"), ["2,1", "4,2", "8,4", "16,8"]);
  assert.equal(generator.statistics.length, 2 * (2 * 4 + 1));
});

Deno.test("resnet: images of another size are refused", () => {
  for (const side of [8, 48]) {
    assert.throws(() => resnetCritic("c", { ...CRITIC, side }), {
      name: "RangeError",
      message:
        "Cannot build a residual network: images must have a side of 16, 32, 64, ... pixels, and at least one " +
        `channel and feature map, found ${side} pixels, 3 and 128`,
    });
  }
});

import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import type { Net } from "../../../models/nets/net.ts";
import { seriesCritic, type SeriesCriticConfig, seriesGenerator } from "../../../models/nets/series.ts";

const parameters = ({ parameters }: Net) =>
  parameters.reduce((sum, { shape }) => sum + numElements(shape), 0);
const CRITIC: SeriesCriticConfig = { kind: "series_critic", length: 128, channels: 1, width: 32 };

Deno.test("series: maps double whenever the length halves, up to eightfold, down to a length of 4 to 7", () => {
  const kernel = (inputs: number, outputs: number) => 5 * inputs * outputs + outputs;
  const generator = seriesGenerator("g", {
    kind: "series_generator",
    latent: 64,
    length: 128,
    channels: 1,
    width: 32,
  });
  const blocks = kernel(256, 256) + kernel(256, 256) + kernel(256, 128) + kernel(128, 64) + kernel(64, 32);
  assert.equal(parameters(generator), 65 * 256 * 4 + blocks + kernel(32, 1));
  const halving = kernel(1, 64) + kernel(64, 128) + kernel(128, 256) + 2 * kernel(256, 256);
  assert.equal(parameters(seriesCritic("c", CRITIC)), halving + 256 * 4 + 1);
  const short = seriesCritic("c", { ...CRITIC, length: 9, channels: 3, spectral_norm: true });
  assert.deepEqual(short.normalised, ["c.block0.conv.weight", "c.end.weight"]);
  assert.deepEqual([short.input_shape, short.parameters.at(-2)!.shape], [[3, 9], [1, 64 * 5]]);
});

Deno.test("series: shorter ones are refused", () => {
  assert.throws(() => seriesCritic("c", { ...CRITIC, length: 7 }), {
    name: "RangeError",
    message:
      "Cannot build a network for series: they must have 8 values or more, and at least one channel and " +
      "feature map, found 7 values, 1 and 32",
  });
});

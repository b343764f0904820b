import assert from "node:assert/strict";
import { resolveConfig } from "../../../../coordinator/config/config.ts";
import { buildNetworks, type Networks } from "../../../../models/nets/networks.ts";

Deno.test("series-wgan-gp takes series with or without channels, and refuses other examples", () => {
  const shapes = (example_shape: readonly number[], axes?: string) => {
    const data = { example_shape, ...axes !== undefined && { axes } };
    const { networks } = resolveConfig({ preset: "series-wgan-gp", width: 4 }, "toy-wgan", data);
    const { generator, critic } = buildNetworks(networks as Networks);
    return [generator.output_shape, critic.input_shape];
  };
  assert.deepEqual(shapes([50]), [[1, 50], [1, 50]]);
  assert.deepEqual(shapes([3, 24], "CT"), [[3, 24], [3, 24]]);
  for (const [example_shape, found] of [[[28, 28], "28 x 28"], [[2], "2"], [[6], "6"]] as const) {
    assert.throws(() => shapes(example_shape), {
      name: "UserError",
      message:
        "Cannot use preset series-wgan-gp: its networks take series of 8 values or more, found examples of " +
        `${found}; name the axes of an array with --layout, e.g. NTC, or leave it out`,
    });
  }
});

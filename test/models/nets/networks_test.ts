import assert from "node:assert/strict";
import { buildNetworks, type Networks } from "../../../models/nets/networks.ts";

const MLP = { widths: [2, 3, 1], batch_norm: false, slope: 0, output: "linear" } as const;

Deno.test("a network without a kind is an MLP, and one of another kind what it is called", () => {
  const images = { side: 8, channels: 1, width: 2 };
  const { generator, critic } = buildNetworks({
    generator: MLP,
    critic: { kind: "dcgan_critic", batch_norm: false, ...images },
  });
  assert.deepEqual([generator.input_shape, critic.input_shape], [[2], [1, 8, 8]]);
});

Deno.test("a kind that there is not is refused, also one that every object has", () => {
  for (const kind of ["transformer", "toString"]) {
    const networks = { generator: MLP, critic: { kind } } as unknown as Networks;
    assert.throws(() => buildNetworks(networks), {
      name: "RangeError",
      message:
        `Cannot build the critic: its kind must be one of mlp, dcgan_generator, dcgan_critic, resnet_generator, ` +
        `resnet_critic, series_generator, series_critic, table_generator, table_critic, found ${kind}`,
    });
  }
});

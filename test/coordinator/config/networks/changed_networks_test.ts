import assert from "node:assert/strict";
import { resolveConfig } from "../../../../coordinator/config/config.ts";
import { buildNetworks, type Networks } from "../../../../models/nets/networks.ts";

const IMAGES = { example_shape: [3, 32, 32] };

Deno.test("--attention gives both residual networks self-attention, and other presets refuse it", () => {
  const plain = resolveConfig({ preset: "sngan", width: 8 }, "sngan", IMAGES);
  const config = resolveConfig({ preset: "sngan", width: 8, attention: 16 }, "sngan", IMAGES);
  assert.deepEqual([plain.attention, config.attention], [null, 16]);
  const before = buildNetworks(plain.networks as Networks),
    after = buildNetworks(config.networks as Networks);
  for (const [name, features] of [["generator", 16], ["critic", 8]] as const) {
    const names = before[name].parameters.map(({ name }) => name);
    const added = after[name].parameters.filter(({ name }) => !names.includes(name));
    const inner = features / 8;
    assert.deepEqual(added.map(({ name, shape }) => [name.split(".").at(2), name.split(".").at(3), shape]), [
      ["attention", "gamma", [1]],
      ...["f", "g", "h"].map((layer) => ["attention", layer, [inner, features, 1, 1]]),
      ["attention", "v", [features, inner, 1, 1]],
    ]);
  }
  // Its kernels have spectral norms as all others have, gamma has none.
  const normalised = after.critic.normalised!.filter((name) => name.includes("attention"));
  assert.deepEqual(normalised.map((name) => name.split(".").at(-2)), ["f", "g", "h", "v"]);
  assert.throws(() => resolveConfig({ preset: "sngan", attention: 32 }, "sngan", IMAGES), {
    name: "UserError",
    message: "Option --attention must be 8 or 16 for images of 32 x 32: found 32",
  });
  assert.throws(() => resolveConfig({ preset: "dcgan", attention: 16 }, "dcgan", IMAGES), {
    name: "UserError",
    message:
      "Cannot use --attention: residual networks are required, found preset dcgan; use --preset sngan, " +
      "wgan-gp-resnet or r3gan-lite, or leave it out",
  });
});

Deno.test("--pac widens the critic's input alone, whatever the kind of network, and needs one without labels", () => {
  const critics = [["wgan", [28, 28]], ["dcgan", [3, 32, 32]], ["sngan", [3, 32, 32]], ["series-wgan-gp", [
    2,
    24,
  ]], [
    "table-wgan-gp",
    [5],
  ]] as const;
  for (const [preset, example_shape] of critics) {
    const axes = preset === "series-wgan-gp" ? { axes: "CT" } : {};
    const built = (pac: number) =>
      buildNetworks(resolveConfig({ preset, pac }, preset, { example_shape, ...axes }).networks as Networks);
    const one = built(1), three = built(3);
    const [first = 0, ...rest] = one.critic.input_shape;
    assert.deepEqual(three.critic.input_shape, [3 * first, ...rest]);
    assert.deepEqual(three.generator.parameters, one.generator.parameters);
  }
  assert.throws(
    () =>
      resolveConfig({ preset: "cwgan-gp", pac: 2 }, "cwgan-gp", {
        example_shape: [28, 28],
        labels: { values: new Uint8Array(2), class_names: ["a", "b"] },
      } as never),
    {
      name: "UserError",
      message:
        "Cannot use --pac 2: a critic without labels is required, found preset cwgan-gp; leave it out, or choose " +
        "another preset",
    },
  );
});

import assert from "node:assert/strict";
import { wantedLabels } from "../../../coordinator/config/conditional.ts";
import { resolveConfig } from "../../../coordinator/config/config.ts";
import { presetFor, presetForObjective } from "../../../coordinator/config/presets.ts";
import { buildNetworks, type Networks } from "../../../models/nets/networks.ts";

const labels = { values: new Uint32Array(), class_names: ["a", "b", "c"] };
const IMAGES = { dataset: null, example_shape: [28, 28], labels };

Deno.test("labels are read where networks take them, and nowhere else", () => {
  const table = [
    [{}, null, null],
    [{ preset: "wgan" }, null, null],
    [{ preset: "cwgan-gp" }, null, "auto"],
    [{ preset: "cdcgan", labels: "y.npy" }, null, "y.npy"],
    [{ labels: "y.npy" }, null, "y.npy"],
    [{ labels: "none" }, null, null],
    [{ preset: "wgan", labels: "none" }, null, null],
    [{}, { takes_labels: true }, "auto"],
    [{ preset: "wgan" }, { takes_labels: true }, "auto"],
    [{}, { takes_labels: false }, null],
  ] as const;
  for (const [asked, own, expected] of table) assert.equal(wantedLabels(asked, own), expected);
});

Deno.test("labels that do not suit the networks are refused in one line", () => {
  const refusal = (message: string) => ({ name: "UserError", message });
  assert.throws(
    () => wantedLabels({ preset: "wgan", labels: "y.npy" }, null),
    refusal(
      "Cannot use --labels y.npy: networks that take labels are required, but preset wgan takes none; leave it out, or use " +
        "--preset cwgan-gp or cdcgan",
    ),
  );
  assert.throws(
    () => wantedLabels({ labels: "auto" }, { takes_labels: false }),
    refusal(
      "Cannot use --labels auto: networks that take labels are required, but these networks take none; leave it out, or use " +
        "--preset cwgan-gp or cdcgan",
    ),
  );
  assert.throws(
    () => wantedLabels({ preset: "cdcgan", labels: "none" }, null),
    refusal(
      "Cannot use --labels none: preset cdcgan takes them; leave it out, or use --preset wgan-gp or dcgan",
    ),
  );
  assert.throws(
    () => resolveConfig({ preset: "cwgan-gp" }, "wgan", { example_shape: [28, 28] }),
    refusal("Cannot use preset cwgan-gp: data with labels are required, found none; name them with --labels"),
  );
});

Deno.test("with labels a preset that takes them is chosen, and its networks are for the classes of the data", () => {
  assert.equal(presetFor(IMAGES), "cwgan-gp");
  assert.equal(presetFor({ ...IMAGES, example_shape: [2] }), "toy-cwgan-gp");
  assert.equal(presetForObjective("hinge", IMAGES), "cwgan-gp");
  assert.equal(presetForObjective("gan", { dataset: null, example_shape: [28, 28] }), "gan");
  for (const preset of ["cwgan-gp", "cdcgan"] as const) {
    const { networks, latent, labels } = resolveConfig({ preset, latent: 30 }, "wgan", IMAGES);
    const { generator, critic } = buildNetworks(networks as Networks);
    assert.deepEqual([generator.num_classes, critic.num_classes, labels], [3, 3, "auto"]);
    assert.deepEqual([latent, generator.input_shape], [30, [30]]);
  }
  assert.equal(resolveConfig({}, "wgan", { example_shape: [28, 28] }).labels, null);
});

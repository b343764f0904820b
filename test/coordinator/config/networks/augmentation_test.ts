import assert from "node:assert/strict";
import { augmentationOf, requireAugmentable } from "../../../../coordinator/config/networks/augmentation.ts";

const IMAGES = { name: "x", example_shape: [3, 8, 6] };

Deno.test("an augmentation is of images, in the order in which it is made", () => {
  assert.equal(augmentationOf(null, [8, 6]), undefined);
  assert.deepEqual(augmentationOf("cutout, color", [8, 6]), {
    policies: ["color", "cutout"],
    image_shape: [1, 8, 6],
  });
  assert.deepEqual(augmentationOf("translation", [3, 8, 6])!.image_shape, [3, 8, 6]);
  requireAugmentable(null, { name: "x", example_shape: [2] });
  requireAugmentable("cutout", IMAGES);
});

Deno.test("an augmentation of what is no image, or by what there is not, is refused", () => {
  for (
    const data of [{ example_shape: [2] }, { example_shape: [3, 50], axes: "CT" }, {
      example_shape: [2, 3, 8, 9],
      axes: "CDHW",
    }]
  ) {
    assert.throws(() => requireAugmentable("cutout", { name: "x", ...data }), {
      name: "UserError",
      message: `Cannot use --augment cutout: images are required, found examples of ` +
        `${data.example_shape.join(" x ")} numbers (x); leave it out`,
    });
  }
  for (
    const [augment, found] of [["blur", "blur"], ["color,", "an empty name"], ["", "an empty name"]] as const
  ) {
    assert.throws(() => requireAugmentable(augment, IMAGES), {
      name: "UserError",
      message: `Cannot use --augment ${augment}: one or more of color, translation, cutout are required, ` +
        `separated by commas, found ${found}; correct the list`,
    });
  }
});

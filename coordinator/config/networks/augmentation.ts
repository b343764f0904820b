/** What images are augmented by (--augment): names that a person gives, and the shape of the images (models/nets/augment.ts). */
import { namesIn } from "../../../common/cli/name_list.ts";
import { exampleKind } from "../../../common/example_kind.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import { type Augmentation, type AugmentPolicy, POLICIES } from "../../../models/nets/augment.ts";
import type { DataSet } from "../../data/data_set.ts";
import { refuseNoImages } from "../../data/pictures/flip.ts";

/** Throws {@linkcode UserError} where examples are no images, and for names that nothing has. */
export function requireAugmentable(
  augment: string | null,
  data: Pick<DataSet, "name" | "example_shape" | "axes" | "columns">,
): void {
  if (augment === null) return;
  policiesOf(augment);
  const { axes } = data;
  if (exampleKind(data) === "images" && (axes === undefined || axes === "HW" || axes === "CHW")) return;
  refuseNoImages(`--augment ${cleanText(augment)}`, data);
}

/** Of images of this shape, [rows, columns] or [channels, rows, columns]; undefined: none. */
export function augmentationOf(
  augment: string | null,
  example_shape: readonly number[],
): Augmentation | undefined {
  if (augment === null) return undefined;
  const [columns = 1, rows = 1, channels = 1] = example_shape.toReversed();
  return { policies: policiesOf(augment), image_shape: [channels, rows, columns] };
}

/** In the order in which they follow each other, whatever the order of their names. */
function policiesOf(augment: string): readonly AugmentPolicy[] {
  return namesIn("--augment", augment, POLICIES);
}

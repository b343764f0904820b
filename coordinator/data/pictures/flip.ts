/** Random flips of images as augmentation (--flip): workers flip what they decode (random/flips.ts). */
import { UserError } from "../../../common/errors.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import { exampleKind } from "../../../common/example_kind.ts";
import type { DataSet } from "../data_set.ts";

/** Columns of the images to flip; null: none are. Throws {@linkcode UserError} where examples are no images. */
export function flipColumns(
  flip: boolean,
  data: Pick<DataSet, "name" | "example_shape" | "axes" | "columns">,
): number | null {
  if (!flip) return null;
  if (exampleKind(data) === "images" && (data.axes === undefined || data.axes.endsWith("W"))) {
    return data.example_shape.at(-1)!;
  }
  refuseNoImages("--flip", data);
}

/** Of an option that is for images alone. */
export function refuseNoImages(
  option: string,
  { name, example_shape }: Pick<DataSet, "name" | "example_shape">,
): never {
  throw new UserError(
    `Cannot use ${option}: images are required, found examples of ${example_shape.join(" x ")} numbers ` +
      `(${cleanText(name)}); leave it out`,
  );
}

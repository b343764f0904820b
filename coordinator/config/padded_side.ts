/** How far images are padded for the networks of a preset. */
import { UserError } from "../../common/errors.ts";
import type { Preset, PresetName } from "./presets.ts";

/**
 * The side that images are padded to: what was given, else the smallest that the preset's networks take. Throws
 * {@linkcode UserError} where the networks take no such images.
 */
export function sideFor(
  name: PresetName,
  { sides }: Pick<Preset, "sides">,
  given: number | undefined,
  example_shape: readonly number[],
): number | null {
  if (sides === undefined) return given ?? null;
  const [rows = Infinity, columns = Infinity] = example_shape.length < 2 ? [] : example_shape.slice(-2);
  const side = given ?? sides.find((side) => rows <= side && columns <= side);
  if (side !== undefined && sides.includes(side)) return rows === side && columns === side ? null : side;
  const found = given !== undefined
    ? `--pad-to ${given}`
    : rows === Infinity
    ? `points of ${example_shape.join(" x ")} numbers`
    : `${columns} x ${rows} (width x height); --image-size crops and resizes`;
  throw new UserError(
    `Cannot use preset ${name}: its networks take images of ${
      sides.map((side) => `${side} x ${side}`).join(" or ")
    }, smaller ones get a border, found ${found}`,
  );
}

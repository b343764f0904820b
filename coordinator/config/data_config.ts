/** How a run's data are read and scaled, as its configuration has it. */
import { bool, nullable, num, oneOf, text } from "../../runlog/shape.ts";
import type { ReadAs } from "../data/read_as.ts";

export interface DataConfig extends Required<ReadAs> {
  /** How values are scaled for training: "none", "minmax", "standard", or a file with a scaling. */
  readonly scale: string;
  /** True if images are flipped at random from left to right. */
  readonly flip: boolean;
  /** What images are augmented by before the critic sees them, such as "color,translation,cutout"; null: nothing. */
  readonly augment: string | null;
}

/** As they are. */
export const DATA_DEFAULTS: DataConfig = {
  image_size: null,
  channels: null,
  fit: "crop",
  ground: "white",
  on_bad_item: "refuse",
  layout: null,
  categories: null,
  scale: "none",
  flip: false,
  augment: null,
};

/** What a recorded run must have. */
export const DATA_FIELDS = {
  image_size: nullable(num),
  channels: nullable(num),
  fit: oneOf("crop", "squash", "pad"),
  ground: text,
  on_bad_item: oneOf("refuse", "skip"),
  layout: nullable(text),
  categories: nullable(text),
  scale: text,
  flip: bool,
  augment: nullable(text),
};

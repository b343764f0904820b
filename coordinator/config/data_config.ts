/** How a run's data are read and scaled, as its configuration has it. */
import { nullable, num, text } from "../../runlog/shape.ts";
import type { Shaping } from "../data/pictures/picture_reader.ts";

export interface DataConfig extends Shaping {
  /** Axes of an array, as --layout names them; null: what it looks like. */
  readonly layout: string | null;
  /** How values are scaled for training: "none", "minmax", "standard", or a file with a scaling. */
  readonly scale: string;
}

/** As they are. */
export const DATA_DEFAULTS: DataConfig = { image_size: null, channels: null, layout: null, scale: "none" };

/** What a recorded run must have. */
export const DATA_FIELDS = {
  image_size: nullable(num),
  channels: nullable(num),
  layout: nullable(text),
  scale: text,
};

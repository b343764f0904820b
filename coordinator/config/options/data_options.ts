/** The options that say how data are read and scaled (docs/your-own-data.md). */
import type { OptionTable } from "../../../common/cli/options.ts";

export const DATA_OPTIONS = {
  fit: {
    kind: "choice",
    choices: ["crop", "squash", "pad"],
    default_text: "crop",
    about:
      "With --image-size: crop the largest square in the middle of a picture, squash all of it into a square, or " +
      "pad it " +
      "with --ground",
    group: "What to train",
  },
  ground: {
    kind: "string",
    value: "white|black|#RRGGBB",
    default_text: "white",
    about: "Colour behind transparent pixels, and of the border of --fit pad",
    group: "What to train",
  },
  on_bad_item: {
    kind: "choice",
    choices: ["refuse", "skip"],
    default_text: "refuse",
    about:
      "What to do if pictures are damaged: refuse to start and name them, or skip them and list the reasons",
    group: "What to train",
  },
  layout: {
    kind: "string",
    value: "AXES",
    default_text: "what the array looks like",
    about:
      "Axes of an array, with a letter for each: N examples, C channels or columns, D depth, T time, H height, W " +
      "width, as in " +
      "NHWC or NTC; without N, each NPY file of a folder is one example",
    group: "What to train",
  },
  categories: {
    kind: "string",
    value: "NAME,…",
    default_text: "the columns of words",
    about: "Further columns of a table that contain categories, by name or number, such as postcodes " +
      "(docs/your-own-data.md)",
    group: "What to train",
  },
  flip: {
    kind: "boolean",
    default_text: "off",
    about:
      "Flip each image at random from left to right, in each step again: for data whose mirror images are as likely, " +
      "such as photos, and not for text or digits",
    group: "What to train",
  },
  augment: {
    kind: "string",
    value: "NAME,…",
    default_text: "none",
    about:
      "Change real and generated images at random before the critic sees them (DiffAugment), by one or more of color, " +
      "translation and cutout: for small sets of images (docs/your-own-data.md)",
    group: "What to train",
  },
  scale: {
    kind: "string",
    value: "none|minmax|standard|FILE",
    default_text: "none",
    about:
      "Scale each channel or column of numbers: minmax to -1 to 1, standard to mean 0 and standard deviation 1, " +
      "fitted on the training data, or by a FILE (docs/your-own-data.md). Samples are scaled back",
    group: "What to train",
  },
} as const satisfies OptionTable;

/** The column of labels of a table, cell by cell. */
import { MAX_CLASSES } from "../../../common/labels/max_classes.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import { refuseLabels } from "./label_file.ts";
import { type Labels, namedLabels } from "./labels.ts";

export class LabelColumn {
  readonly #file: string;
  /** Counted from 1. */
  readonly #column: number;
  /** Each label once, so that a text is kept once. */
  readonly #names = new Map<string, string>();
  readonly #labels: string[] = [];

  constructor(file: string, column: number) {
    this.#file = file;
    this.#column = column;
  }

  /** Throws {@linkcode UserError} for an empty cell, and for labels that do not repeat. */
  add(cell: string, lineOf: () => number): void {
    const text = cell.trim();
    if (text === "") {
      refuseLabels(
        this.#file,
        `a class for each row is required, found none in line ${lineOf()}, column ${this.#column}; name it there, or ` +
          "remove that row",
      );
    }
    let name = this.#names.get(text);
    if (name === undefined) {
      if (this.#names.size === MAX_CLASSES) {
        refuseLabels(
          this.#file,
          `at most ${MAX_CLASSES} classes are supported, found more in column ${this.#column} up to line ${lineOf()}; name ` +
            "a column whose texts repeat",
        );
      }
      name = cleanText(text);
      this.#names.set(text, name);
    }
    this.#labels.push(name);
  }

  /** Of all rows. Throws {@linkcode UserError} where all have the same class. */
  finish(): Labels {
    return namedLabels(this.#labels, (why) => refuseLabels(this.#file, why));
  }
}

/** What a person called a run, and said of it, as it is shown. */
import { cleanText } from "../../common/text/foreign_text.ts";

const MAX_NAME = 64;
const MAX_NOTE = 2_000;

/** null: nothing was said. */
export function saidOf(
  name: string | undefined,
  note: string | undefined,
): { readonly name: string | null; readonly note: string | null } {
  return {
    name: name === undefined ? null : cleanText(name, MAX_NAME),
    note: note === undefined ? null : cleanText(note, MAX_NOTE),
  };
}

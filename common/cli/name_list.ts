/** Options whose value is a list of names with commas between them. */
import { UserError } from "../errors.ts";
import { cleanText } from "../text/foreign_text.ts";

/** The known names in a list, in the order of `known`. Throws {@linkcode UserError}, with the option's `flag`, for others. */
export function namesIn<Name extends string>(flag: string, list: string, known: readonly Name[]): Name[] {
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(known as readonly string[]).includes(name));
  if (unknown === undefined) return known.filter((name) => names.includes(name));
  throw new UserError(
    `Cannot use ${flag} ${cleanText(list)}: one or more of ${
      known.join(", ")
    } are required, separated by commas, found ` +
      `${unknown === "" ? "an empty name" : cleanText(unknown)}; correct the list`,
  );
}

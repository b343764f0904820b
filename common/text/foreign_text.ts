/**
 * Text that others wrote, made fit to be shown: what a stranger, a worker, a coordinator or a file says must not move
 * the cursor, reach the clipboard, forge a line, or be read in another order than it is written in.
 */

/**
 * Characters that are no text: controls (escape sequences, ends of lines), formats (bidirectional overrides), halves of
 * pairs, private ones, line separators, and those that are drawn as nothing. Joiners and variation selectors belong to
 * emoji and to several scripts, and stay.
 */
const UNSEEN =
  /(?![\u200c\u200d\ufe00-\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** More marks on a letter than languages need: they cover the lines above and below. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;
/** Nearly every text; it needs no closer look. */
const PLAIN = /^[\x20-\x7e]*$/;
const REPLACEMENT = "\ufffd";
const ELLIPSIS = "…";

/** A line in which every character can be shown: U+FFFD replaces each other one. Spaces stay as they are. */
export function cleanLine(line: string): string {
  if (PLAIN.test(line)) return line;
  return line.replace(UNSEEN, REPLACEMENT).replace(PILED_MARKS, "$1");
}

/** The same for a text of several lines, whose ends stay. */
export function cleanLines(text: string): string {
  return text.split("\n").map(cleanLine).join("\n");
}

/**
 * Text from others as a part of a line: any run of white space becomes one space, so that nothing can be pushed to where
 * a line begins. At most `max_length` UTF-16 units are left; "…" ends a text that was longer.
 */
export function cleanText(text: string, max_length = 1024): string {
  // A longer rest is not looked at.
  const part = text.slice(0, 4 * max_length);
  const cleaned = cleanLine(part.replace(/\s+/g, " ").trim());
  if (cleaned.length <= max_length && part.length === text.length) return cleaned;
  return cleaned.slice(0, max_length - 1).replace(/[\ud800-\udbff]$/, "") + ELLIPSIS;
}

/** A line of ours with styles in it: SGR sequences stay as `paint` writes them, all else is cleaned. */
export function cleanStyled(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.split(/(\x1b\[[0-9;]*m)/).map((part, i) => i % 2 === 1 ? part : cleanLine(part)).join("");
}

/** Plain data from a file, with every string in it cleaned, names of fields included. Other objects stay as they are. */
export function cleanDeep<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === "string") return cleanLine(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [cleanLine(name), cleaned(one)]));
}

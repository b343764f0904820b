/** Text and the columns of a terminal: lines break at words, and what is to be copied does not break. */

/** Signs that take two columns: Chinese, Japanese, Korean, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;
/** Indentation of a continued line. */
const HANG = 2;
/** A space at which a line is not broken while there is another way; it is written as a plain one. */
const NO_BREAK = "\u00a0";

/** Words that stay together where a line of the terminal has room for them. */
export function nonBreaking(text: string): string {
  return text.replaceAll(" ", NO_BREAK);
}

function written(text: string): string {
  return text.replaceAll(NO_BREAK, " ");
}

/** Columns that a text without control characters takes. */
export function textWidth(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0);
}

/** Breaks text at spaces into lines of at most `width` columns, unless a single word is longer. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  const words = text.split(" ").flatMap((word) => textWidth(word) <= width ? [word] : word.split(NO_BREAK));
  for (const word of words) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (textWidth(line) + 1 + textWidth(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map(written);
}

/**
 * A line as lines of at most `columns`, unless a single word is longer. It goes on a little further in than it
 * began. A name with its explanation, two spaces or more apart, goes on below the explanation, or has all of it
 * below where the name takes most of the line.
 */
export function wrapLine(text: string, columns: number): string[] {
  if (textWidth(text) <= columns) return [written(text)];
  const [head, indent = ""] = /^( *)(?:\S+ {2,}(?=\S))?/.exec(text)!;
  const named = head !== indent;
  const beside = named && textWidth(head) <= columns / 2;
  const hang = " ".repeat(beside ? textWidth(head) : indent.length + HANG);
  const [first, ...rest] = wrap(text.slice(head.length), columns - hang.length);
  const begin = named && !beside ? [head, hang + first] : [head + first];
  return [...begin, ...rest.map((line) => hang + line)].map((line) => line.trimEnd());
}

/** A label and what is to be copied: beside it, or unbroken below it where both do not fit on a line. */
export function labelled(label: string, copied: string, columns: number): string[] {
  const line = `${label} ${copied}`;
  return textWidth(line) <= columns ? [written(line)] : [...wrapLine(label, columns), `  ${copied}`];
}

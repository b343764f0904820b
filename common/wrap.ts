/** Text and the columns of a terminal: lines break at words, and what is to be copied does not break. */

/** Signs that take two columns: Chinese, Japanese, Korean, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;
/** What a line goes on with below its beginning. */
const HANG = 2;

/** Columns that a text without control characters takes. */
export function textWidth(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0);
}

/** Breaks text at spaces into lines of at most `width` columns, unless a single word is longer. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (textWidth(line) + 1 + textWidth(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A line as lines of at most `columns`, unless a single word is longer. It goes on a little further in than it
 * began; a name with its explanation, two spaces or more apart, goes on below the explanation.
 */
export function wrapLine(text: string, columns: number): string[] {
  if (textWidth(text) <= columns) return [text];
  const [head, indent = ""] = /^( *)(?:\S+ {2,}(?=\S))?/.exec(text)!;
  const beside = head !== indent && textWidth(head) <= columns / 2;
  const lead = beside ? head : indent;
  const hang = " ".repeat(beside ? textWidth(head) : indent.length + HANG);
  const [first, ...rest] = wrap(text.slice(lead.length), columns - hang.length);
  return [lead + first, ...rest.map((line) => hang + line)].map((line) => line.trimEnd());
}

/** A label and what is to be copied: beside it, or unbroken below it where both do not fit on a line. */
export function labelled(label: string, copied: string, columns: number): string[] {
  const line = `${label} ${copied}`;
  return textWidth(line) <= columns ? [line] : [...wrapLine(label, columns), `  ${copied}`];
}

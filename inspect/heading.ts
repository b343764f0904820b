/** The line above a section of what a person reads. */
import { paint, type Terminal } from "../common/terminal/terminal.ts";
import { wrap, wrapLine } from "../common/text/wrap.ts";

/** A title and a remark beside it, or below it where both do not fit into `width` columns. */
export function heading(
  { terminal, width }: { readonly terminal: Terminal; readonly width: number },
  title: string,
  aside = "",
): string[] {
  const dim = (text: string) => paint(terminal, "dim", text);
  const lines = wrapLine(title, width).map((line) => paint(terminal, "bold", line));
  if (aside === "") return lines;
  if (title.length + 2 + aside.length <= width) return [`${lines[0]}  ${dim(aside)}`];
  return [...lines, ...wrap(aside, width - 2).map((line) => `  ${dim(line)}`)];
}

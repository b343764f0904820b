/** HTML as text, with everything that is put into it cleaned and escaped. */

import { cleanLines } from "../../common/text/foreign_text.ts";

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | null | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function textOf(part: Part): string {
  if (part === null || part === false) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(textOf).join("");
  return cleanLines(String(part)).replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

/** A template of HTML: strings and numbers put into it are escaped, null and false are nothing, lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? textOf(values[i]!) : "")).join(""));
}

/** A sentence with options such as --n-critic in it, which are not broken at the end of a line. */
export function withOptions(sentence: string): Html {
  return html`${
    sentence.split(/(--[a-z][a-z-]*)/).map((part, i) =>
      i % 2 === 1 ? html`<code class="option">${part}</code>` : part
    )
  }`;
}

/** Elements by their id, and elements made anew. */

/** The element of that id. Throws where the page has none: it and the script belong together. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page must have an element with id ${id}: it has none`);
  return element as T;
}

/** A new element with attributes and children; texts are put in as texts, never as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets a text only where it differs, so that nothing is drawn or read out again for nothing. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A sentence with options such as --n-critic in it, which are not broken at the end of a line. */
export function withOptions(sentence: string): (HTMLElement | string)[] {
  return sentence.split(/(--[a-z][a-z-]*)/).map((part, i) =>
    i % 2 === 1 ? make("code", { class: "option" }, part) : part
  );
}

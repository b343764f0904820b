/** The second screen of a terminal, as editors use it: what was on the first comes back when it is left. */
import { stripVTControlCharacters } from "node:util";
import { cleanStyled } from "../common/text/foreign_text.ts";
import { textWidth } from "../common/text/wrap.ts";

const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?1049l";
const TOP_AND_CLEAR = "\x1b[H\x1b[J";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** The first lines that fit on a screen. A line that is too wide takes several rows. */
export function fromTheTop(lines: readonly string[], { columns, rows }: ScreenSize): readonly string[] {
  let taken = 0;
  const cut = lines.findIndex((line) => {
    taken += Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / columns));
    return taken > rows;
  });
  return cut === -1 ? lines : lines.slice(0, cut);
}

export class AlternateScreen implements Disposable {
  readonly #write: (text: string) => void;
  readonly #size: () => ScreenSize;
  readonly #leave = () => this[Symbol.dispose]();
  #entered = false;

  /** Nothing is written before there is something to show. */
  constructor(write: (text: string) => void, size: () => ScreenSize) {
    this.#write = write;
    this.#size = size;
  }

  /** Shows lines instead of those before. */
  show(lines: readonly string[]): void {
    // Also left where the process ends without a word.
    if (!this.#entered) globalThis.addEventListener("unload", this.#leave);
    const enter = this.#entered ? "" : ENTER;
    this.#entered = true;
    this.#write(`${enter}${TOP_AND_CLEAR}${fromTheTop(lines.map(cleanStyled), this.#size()).join("\n")}`);
  }

  /** Brings the first screen back. */
  [Symbol.dispose](): void {
    if (!this.#entered) return;
    this.#entered = false;
    globalThis.removeEventListener("unload", this.#leave);
    this.#write(LEAVE);
  }
}

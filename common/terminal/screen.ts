/**
 * The terminal of a command that runs for a while: lines that stay, and below them a status line
 * that is redrawn; or a pipe or a file, which gets the lines only, and no control characters. Whoever wrote a text: it is cleaned here.
 */
import { cleanLine } from "../text/foreign_text.ts";
import { columnsOf, terminalOf } from "./terminal.ts";
import { labelled, textWidth, wrapLine } from "../text/wrap.ts";

/** Columns at the end of a status line that are left free for the ^C that a terminal echoes. */
const ECHO_COLUMNS = 3;

export interface Screen {
  /** A terminal that can redraw a line. */
  readonly interactive: boolean;
  /** Signs beyond ASCII. */
  readonly unicode: boolean;
  /** Columns of the terminal at present; Infinity if lines are not cut. */
  readonly columns: () => number;
  readonly write: (text: string) => void;
}

export interface Terminal {
  isTerminal(): boolean;
}

interface Stream extends Terminal {
  writeSync(bytes: Uint8Array): number;
}

/** Variables that say what a terminal can do. */
const VARIABLES = ["TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"];

/** The environment's facts about terminals. */
export function terminalVariables(): Record<string, string | undefined> {
  return Object.fromEntries(VARIABLES.map((name) => [name, Deno.env.get(name)]));
}

/** Writes all of a text at once. Throws where that cannot be done. */
export function writeTo(stream: Stream): Screen["write"] {
  const encoder = new TextEncoder();
  return (text) => {
    const bytes = encoder.encode(text);
    for (let offset = 0; offset < bytes.length;) offset += stream.writeSync(bytes.subarray(offset));
  };
}

/** The screen that a stream goes to. */
export function screenOf(stream: Terminal, write: Screen["write"]): Screen {
  const env = terminalVariables();
  const is_terminal = stream.isTerminal();
  return {
    interactive: is_terminal && env.TERM !== "dumb",
    unicode: terminalOf({ env, is_terminal, columns: null, os: Deno.build.os }).unicode,
    columns: () => columnsOf(stream),
    write,
  };
}

export class StatusLine {
  readonly #screen: Screen;
  #status = "";

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Columns that a status may take. */
  get room(): number {
    return Math.max(1, this.#screen.columns() - ECHO_COLUMNS);
  }

  /** A line that stays, above the status, broken at words where the terminal is narrower. */
  line(text: string): void {
    this.#say(wrapLine(cleanLine(text), this.#screen.columns()));
  }

  /** The same with a text at its end that is to be copied, and so is not broken. */
  copied(label: string, text: string): void {
    this.#say(labelled(cleanLine(label), cleanLine(text), this.#screen.columns()));
  }

  /**
   * Draws the status anew: the first of the texts that there is room for, or what there is room for of the last.
   * "" takes it away. Nothing where there is no terminal.
   */
  draw(...texts: readonly [string, ...string[]]): void {
    if (!this.#screen.interactive) return;
    const { room } = this;
    const cleaned = texts.map(cleanLine);
    const status = cleaned.find((text) => textWidth(text) <= room) ?? cleaned.at(-1)!.slice(0, room);
    if (status === "" && this.#status === "") return;
    const erase = this.#erase();
    this.#status = status;
    this.#screen.write(erase + status);
  }

  #say(lines: readonly string[]): void {
    // Also where there is no status: a terminal echoes ^C at the place where the next line begins.
    const erase = this.#screen.interactive ? this.#erase() : "";
    this.#status = this.#status.slice(0, this.room);
    this.#screen.write(`${erase}${lines.map((line) => `${line}\n`).join("")}${this.#status}`);
  }

  /** A terminal that was made narrower has broken the status into rows, and the cursor is in the last. */
  #erase(): string {
    const rows = Math.ceil(textWidth(this.#status) / this.#screen.columns());
    return `${rows > 1 ? `\x1b[${rows - 1}A` : ""}\r\x1b[J`;
  }
}

/** Abilities of the place that text goes to. */
import { styleText } from "node:util";

export interface Terminal {
  readonly colour: boolean;
  /** Blocks and other signs beyond ASCII. */
  readonly unicode: boolean;
  /** Columns; Infinity where lines are not cut. */
  readonly width: number;
}

/** Inputs of `terminalOf`. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly is_terminal: boolean;
  /** Columns of the terminal, if known. */
  readonly columns: number | null;
  readonly os: string;
}

const USUAL_COLUMNS = 80;

/** Columns of the terminal that a stream goes to; Infinity where it goes to a file or a pipe. */
export function columnsOf(stream: { isTerminal(): boolean }): number {
  if (!stream.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || USUAL_COLUMNS;
  } catch {
    return USUAL_COLUMNS;
  }
}

/** Colour is for terminals and never where NO_COLOR is set; signs beyond ASCII are for UTF-8 locales. */
export function terminalOf({ env, is_terminal, columns, os }: Surroundings): Terminal {
  const dumb = env.TERM === "dumb";
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || (os === "linux" ? "C" : "UTF-8");
  return {
    colour: is_terminal && !dumb && !env.NO_COLOR,
    unicode: !dumb && /utf-?8/i.test(locale),
    width: is_terminal ? columns ?? USUAL_COLUMNS : Infinity,
  };
}

export type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan";

/** Text in a style where the terminal has colours. */
export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.colour ? styleText(style, text, { validateStream: false }) : text;
}

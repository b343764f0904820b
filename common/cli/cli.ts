/** Reading a command line, printing its help, and ending with the right exit code. */
import { parseArgs } from "node:util";
import { UserError } from "../errors.ts";
import { cleanLine, cleanLines } from "../text/foreign_text.ts";
import { helpText } from "./help.ts";
import { endAtDebugSignal } from "../process/interrupt.ts";
import { nearest } from "../nearest.ts";
import { RENAMED_OPTIONS, spellings, tellRenamed } from "./renamed_options.ts";
import {
  checkOption,
  type Command,
  flagOf,
  type Given,
  type Option,
  type OptionTable,
  type Values,
} from "./options.ts";
import { columnsOf } from "../terminal/terminal.ts";
import { wrapLine } from "../text/wrap.ts";

/** A command line that was read. */
export interface Parsed<T extends OptionTable> {
  readonly values: Values<T>;
  /** Only what was given explicitly. */
  readonly given: Given<T>;
  readonly positionals: readonly string[];
}

/** Not an error: the person asked for help, and this is it. */
export class HelpRequested extends Error {
  override name = "HelpRequested";
}

/** Decimal, with an optional exponent. Not hexadecimal, not "Infinity", not "". */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

interface OptionToken {
  readonly name: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/**
 * Reads a command line. Of an option that is given twice and not `repeated`, the last counts. Throws
 * {@linkcode UserError} on anything that the table does not know, and {@linkcode HelpRequested} on `--help`. `tell` gets
 * a line for each option that has a new name.
 */
export function parseOptions<const T extends OptionTable>(
  command: Command<T>,
  args: readonly string[],
  tell: (line: string) => void = complain,
): Parsed<T> {
  const given: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (const token of tokenize(command.options, args)) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") takeOption(command, token, given, tell);
  }
  const expected = command.positionals ?? [];
  if (positionals.length > expected.length && !expected.at(-1)?.repeated) {
    const unexpected = JSON.stringify(positionals[expected.length]);
    throw new UserError(`Unexpected argument ${unexpected}: see ${command.name} --help`);
  }
  const values = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [name, given[name] ?? defaultOf(option)]),
  );
  return { values: values as Values<T>, given: given as Given<T>, positionals };
}

function tokenize(table: OptionTable, args: readonly string[]) {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [flag, name] of spellings(table)) {
    options[flag] = { type: table[name]!.kind === "boolean" ? "boolean" : "string" };
  }
  return parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens;
}

function defaultOf(option: Option): unknown {
  if (option.repeated) return [];
  return option.default ?? (option.kind === "boolean" ? false : undefined);
}

function takeOption<T extends OptionTable>(
  command: Command<T>,
  token: OptionToken,
  given: Record<string, unknown>,
  tell: (line: string) => void,
): void {
  if (token.name === "help") throw new HelpRequested(helpText(command, columnsOf(Deno.stdout)));
  const { name, option, negated } = findOption(command, token);
  const now = `--${negated ? "no-" : ""}${flagOf(name).slice(2)}`, written = `--${token.name}`;
  if (written !== now) tell(tellRenamed(written, now, untilOf(name)));
  const value = valueOf(option, token, negated);
  const checked = checkOption(`Option --${token.name}`, option, value, token.value ?? value);
  given[name] = option.repeated ? [...(given[name] as unknown[] | undefined ?? []), checked] : checked;
}

/** The version that no longer knows this option's old name. */
function untilOf(name: string): string {
  return Object.values(RENAMED_OPTIONS).find(({ now }) => now === name)!.until;
}

function findOption<T extends OptionTable>(
  command: Command<T>,
  token: OptionToken,
): { name: string; option: Option; negated: boolean } {
  for (const [flag, name] of spellings(command.options)) {
    const option = command.options[name]!;
    if (token.name === flag) return { name, option, negated: false };
    if (option.kind === "boolean" && token.name === `no-${flag}`) return { name, option, negated: true };
  }
  const flags = ["help", ...Object.keys(command.options).map((name) => flagOf(name).slice(2))];
  const guess = nearest(token.name, flags);
  const written = token.name.length === 1 ? `-${token.name}` : `--${token.name}`;
  const hint = guess ? `did you mean --${guess}?` : `see ${command.name} --help`;
  throw new UserError(`Unknown option ${written}: ${hint}`);
}

/** The value as the table's kind has it; text that is no number stays text, for the check to refuse. */
function valueOf(option: Option, token: OptionToken, negated: boolean): unknown {
  const { value } = token;
  if (option.kind === "boolean") {
    if (value === undefined) return !negated;
    throw new UserError(`Option --${token.name} takes no value: found ${JSON.stringify(value)}`);
  }
  const swallowed = value !== undefined && !token.inlineValue && value.startsWith("--");
  if (value === undefined || swallowed) {
    const found = swallowed ? `found ${value}` : "found the end of the line";
    throw new UserError(`Option --${token.name} needs a value: ${found}`);
  }
  return option.kind === "number" && NUMBER.test(value) ? Number(value) : value;
}

/**
 * Runs a command to its end. Help goes to standard output. A {@linkcode UserError} becomes one line on standard
 * error (broken at words where a terminal is narrower) and exit code 2, and so does an error of the system; any other is ours: its stack, a
 * request to report it, and exit code 1. A number that `main` resolves to is the exit code. `own_signals`: `main` acts on
 * all signals itself (interrupt.ts).
 */
export async function runMain(
  main: (args: readonly string[]) => Promise<number | void>,
  { own_signals = false } = {},
): Promise<void> {
  if (!own_signals) endAtDebugSignal();
  try {
    Deno.exitCode = await main(Deno.args) ?? 0;
  } catch (error) {
    if (error instanceof HelpRequested) {
      console.log(error.message);
    } else if (error instanceof UserError) {
      complain(error.message + noteOnBytes(Deno.args));
      Deno.exit(2);
    } else if (isSystems(error)) {
      complain(
        `Cannot continue: the system refused an operation, found ${error.message}${noteOnBytes(Deno.args)}`,
      );
      Deno.exit(2);
    } else {
      complain(error);
      complain("This is a fault in wagon. Please report it with the lines above.");
      Deno.exit(1);
    }
  }
}

/**
 * What else may be wrong: bytes of an argument that are not UTF-8 have come as U+FFFD, so that what it names is not
 * found. "" where there are none.
 */
export function noteOnBytes(args: readonly string[]): string {
  const odd = args.find((arg) => arg.includes("\ufffd"));
  return odd === undefined
    ? ""
    : `; the argument ${JSON.stringify(odd)} may have bytes that are not UTF-8: rename what it names`;
}

/** True if the system said no: a place that may not be read or written, or that is something else. Not missing rights. */
function isSystems(error: unknown): error is Error {
  return error instanceof Error && /\(os error \d+\)|^E[A-Z]+: /.test(error.message);
}

/**
 * Writes to standard error, if anybody reads it: text is one line, whatever is quoted in it, and broken at words where a
 * terminal is narrower.
 */
export function complain(what: unknown): void {
  try {
    const text = typeof what === "string"
      ? wrapLine(cleanLine(what), columnsOf(Deno.stderr)).join("\n")
      : cleanLines(Deno.inspect(what));
    console.error(text);
  } catch {
    // The exit code says it.
  }
}

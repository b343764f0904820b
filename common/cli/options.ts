/**
 * The options of a command, as a table: the parser, its error messages and `--help` all come from it.
 * `cli.ts` reads a command line with it; `checkOptions` reads the same options from an object, e.g. a
 * configuration file.
 */
import { UserError } from "../errors.ts";
import { nearest } from "../nearest.ts";

interface Common {
  /** Its meaning, in a sentence without a full stop. */
  readonly about: string;
  /** Heading under which `--help` lists it. */
  readonly group?: string;
  /** Text of the default in `--help` if there is no fixed one, e.g. "the preset's". */
  readonly default_text?: string;
  /** May be given several times; the value is then an array. */
  readonly repeated?: boolean;
}

export interface StringOption extends Common {
  readonly kind: "string";
  /** Name of the value in `--help`, e.g. "PATH". */
  readonly value?: string;
  readonly default?: string;
}

export interface NumberOption extends Common {
  readonly kind: "number";
  /** Name of the value in `--help`; "N" if left out. */
  readonly value?: string;
  /** e.g. "seconds", "examples". */
  readonly unit?: string;
  readonly integer?: boolean;
  /** Both ends belong to the range. */
  readonly min?: number;
  readonly max?: number;
  /** The range does not hold `min` itself. */
  readonly above_min?: boolean;
  readonly default?: number;
}

/** A switch. `--no-NAME` turns it off. */
export interface BooleanOption extends Common {
  readonly kind: "boolean";
  readonly default?: boolean;
}

export interface ChoiceOption extends Common {
  readonly kind: "choice";
  readonly value?: string;
  readonly choices: readonly string[];
  readonly default?: string;
  /** Columns that describe each choice, for `--help`; the first is the choice itself. */
  readonly table?: readonly (readonly string[])[];
}

export type Option = StringOption | NumberOption | BooleanOption | ChoiceOption;

/** Options by name, in snake_case; on the command line `n_critic` is `--n-critic`. */
export type OptionTable = Readonly<Record<string, Option>>;

/** A command as its help describes it. */
export interface Command<T extends OptionTable> {
  /** Command as typed, e.g. "deno task train". */
  readonly name: string;
  /** Its purpose, in a sentence or two. */
  readonly about: string;
  readonly options: T;
  /** Arguments without a name, in order. All can be left out. */
  readonly positionals?: readonly {
    readonly name: string;
    readonly about: string;
    /** The last one only: any number of them. */
    readonly repeated?: boolean;
  }[];
  /** Lines to copy, each with what it does. */
  readonly examples?: readonly { readonly line: string; readonly about: string }[];
}

type Single<O> = O extends { kind: "number" } ? number
  : O extends { kind: "boolean" } ? boolean
  : O extends { kind: "choice"; choices: readonly (infer C)[] } ? C
  : string;
/** Type of one option's value. */
export type ValueOf<O> = O extends { repeated: true } ? readonly Single<O>[] : Single<O>;
type HasValue<O> = O extends { default: unknown } | { repeated: true } | { kind: "boolean" } ? true : false;

/** Every option's value: what was given, else the default. Switches default to false, repeated ones to []. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T]: HasValue<T[K]> extends true ? ValueOf<T[K]> : ValueOf<T[K]> | undefined;
};

/** Only the options that were given. Spread it over defaults to override them. */
export type Given<T extends OptionTable> = { readonly [K in keyof T]?: ValueOf<T[K]> };

/** `n_critic` -> `--n-critic`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll("_", "-")}`;
}

/** e.g. "an integer from 1 to 64 (examples)". */
function describeNumber(option: NumberOption): string {
  const { min = -Infinity, max = Infinity, unit } = option;
  const what = option.integer ? "an integer" : "a number";
  const range = option.above_min
    ? ` above ${min}${max < Infinity ? ` and at most ${max}` : ""}`
    : min > -Infinity && max < Infinity
    ? ` from ${min} to ${max}`
    : min > -Infinity
    ? ` of at least ${min}`
    : max < Infinity
    ? ` of at most ${max}`
    : "";
  return what + range + (unit ? ` (${unit})` : "");
}

/** Describes the values that an option takes, for error messages and `--help`. */
export function describeOption(option: Option): string {
  switch (option.kind) {
    case "string":
      return "text that is not empty";
    case "number":
      return describeNumber(option);
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${option.choices.join(", ")}`;
  }
  option satisfies never;
}

function accepts(option: Option, value: unknown): boolean {
  switch (option.kind) {
    case "string":
      return typeof value === "string" && value !== "";
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && option.choices.includes(value);
    case "number": {
      const { min = -Infinity, max = Infinity } = option;
      if (typeof value !== "number" || !Number.isFinite(value)) return false;
      if (option.integer && !Number.isSafeInteger(value)) return false;
      return value >= min && value <= max && !(option.above_min && value === min);
    }
  }
  option satisfies never;
}

/**
 * Checks one value. `name` is how the message calls it, e.g. `Option --batch`; `found` is the value as it was
 * written. Throws {@linkcode UserError}.
 */
export function checkOption(name: string, option: Option, value: unknown, found = value): unknown {
  if (accepts(option, value)) return value;
  const guess = option.kind === "choice" && typeof value === "string" && nearest(value, option.choices);
  throw new UserError(
    `${name} must be ${describeOption(option)}: found ${JSON.stringify(found)}` +
      (guess ? ` (did you mean ${guess}?)` : ""),
  );
}

/**
 * Checks the options in an object, e.g. a decoded configuration file; `where` names it in messages. Unknown keys
 * are refused. Throws {@linkcode UserError}.
 */
export function checkOptions<const T extends OptionTable>(
  table: T,
  source: unknown,
  where: string,
): Given<T> {
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    throw new UserError(`Cannot use ${where}: it must hold one JSON object`);
  }
  const some = Object.keys(table).slice(0, 3).join(", ");
  for (const [name, value] of Object.entries(source)) {
    const option = Object.hasOwn(table, name) ? table[name]! : undefined;
    if (!option) {
      const guess = nearest(name, Object.keys(table));
      const hint = guess ? `: did you mean ${guess}?` : `; its keys are names of options, such as ${some}`;
      throw new UserError(`Unknown key ${JSON.stringify(name)} in ${where}${hint}`);
    }
    const named = `Key ${JSON.stringify(name)} in ${where}`;
    if (!option.repeated) checkOption(named, option, value);
    else if (Array.isArray(value)) value.forEach((item, i) => checkOption(`${named}[${i}]`, option, item));
    else throw new UserError(`${named} must be an array: found ${JSON.stringify(value)}`);
  }
  return source as Given<T>;
}

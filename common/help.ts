/** The text of `--help`, made from the same table that the parser reads. */
import { type Command, describeOption, flagOf, type Option, type OptionTable } from "./options.ts";

/** Fits the narrowest usual terminal. */
const WIDTH = 80;
const INDENT = 2;
/** Column in which explanations begin. */
const COLUMN = 26;

/** Breaks text at spaces into lines of at most `width` characters, unless a single word is longer. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A name, and its explanation beside it (below it, where the name is long). */
function entry(left: string, right: string): string[] {
  const lines = wrap(right, WIDTH - COLUMN).map((line) => " ".repeat(COLUMN) + line);
  const head = " ".repeat(INDENT) + left;
  if (head.length > COLUMN - 2) return [head, ...lines];
  lines[0] = head.padEnd(COLUMN) + lines[0]!.trimStart();
  return lines;
}

function placeholder(option: Exclude<Option, { kind: "boolean" }>): string {
  return option.value ?? { string: "TEXT", number: "N", choice: "NAME" }[option.kind];
}

function flagText(name: string, option: Option): string {
  if (option.kind !== "boolean") return `${flagOf(name)} ${placeholder(option)}`;
  return option.default === true ? `--[no-]${flagOf(name).slice(2)}` : flagOf(name);
}

function explain(option: Option): string {
  const facts: string[] = [];
  if (option.kind === "number" || option.kind === "choice") facts.push(describeOption(option));
  if (option.repeated) facts.push("can be given several times");
  const standard = option.default_text ??
    (option.kind === "boolean" ? option.default && "on" : option.default);
  if (standard !== undefined && standard !== false) facts.push(`default: ${standard}`);
  return facts.length === 0 ? option.about : `${option.about} [${facts.join("; ")}]`;
}

/** The whole help text, without a newline at its end. */
export function helpText<T extends OptionTable>(command: Command<T>): string {
  const positionals = command.positionals ?? [];
  const usage = [
    command.name,
    ...positionals.map(({ name, repeated }) => `[${name}]${repeated ? "..." : ""}`),
    "[options]",
  ].join(" ");
  const lines = [...wrap(command.about, WIDTH), "", `Usage: ${usage}`];
  if (positionals.length > 0) lines.push("", ...positionals.flatMap(({ name, about }) => entry(name, about)));
  const groups = new Map<string, string[]>();
  for (const [name, option] of Object.entries(command.options)) {
    const group = option.group ?? "Options";
    groups.set(group, [...groups.get(group) ?? [], ...entry(flagText(name, option), explain(option))]);
  }
  const last = [...groups.keys()].at(-1) ?? "Options";
  groups.set(last, [...groups.get(last) ?? [], ...entry("--help", "Prints this")]);
  for (const [group, entries] of groups) lines.push("", `${group}:`, ...entries);
  const examples = command.examples ?? [];
  if (examples.length > 0) lines.push("", "Examples:");
  for (const { line, about } of examples) {
    lines.push(
      `  ${line}`,
      ...wrap(about, WIDTH - 6).map((l) => `      ${l}`),
    );
  }
  return lines.join("\n");
}

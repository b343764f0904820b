/** The text of `--help`, made from the same table that the parser reads. */
import { type Command, describeOption, flagOf, type Option, type OptionTable } from "./options.ts";
import { wrap, wrapLine } from "../text/wrap.ts";

/** Longer lines are hard to read. */
const MAX_WIDTH = 80;
const INDENT = 2;
/** Column in which explanations begin; in a narrow terminal they stand below what they explain. */
const COLUMN = 26;
const NARROW = 60;
const NARROW_COLUMN = 6;

/** A name, and its explanation beside it (below it, where the name is long). */
function entry(left: string, right: string, width: number): string[] {
  const column = width < NARROW ? NARROW_COLUMN : COLUMN;
  const lines = wrap(right, width - column).map((line) => " ".repeat(column) + line);
  const head = " ".repeat(INDENT) + left;
  if (head.length > column - 2) return [head, ...lines];
  lines[0] = head.padEnd(column) + lines[0]!.trimStart();
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
  if (option.kind === "number" || option.kind === "choice" && !option.table) {
    facts.push(describeOption(option));
  }
  if (option.repeated) facts.push("can be given several times");
  const standard = option.default_text ??
    (option.kind === "boolean" ? option.default && "on" : option.default);
  if (standard !== undefined && standard !== false) facts.push(`default: ${standard}`);
  return facts.length === 0 ? option.about : `${option.about} [${facts.join("; ")}]`;
}

/** The rows of a choice's table, in aligned columns below its explanation; the last column wraps. */
function tableRows(option: Option, width: number): string[] {
  const rows = option.kind === "choice" && option.table ? option.table : [];
  const indent = " ".repeat(width < NARROW ? NARROW_COLUMN : INDENT * 2);
  const widths = rows[0]?.slice(0, -1).map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.flatMap((row) => {
    const head = indent + widths!.map((cell_width, column) => row[column]!.padEnd(cell_width + 2)).join("");
    const [first, ...rest] = wrap(row.at(-1)!, width - head.length);
    return [head + first, ...rest.map((line) => " ".repeat(head.length) + line)];
  });
}

/** The whole help text, without a newline at its end, for a terminal of so many columns. */
export function helpText<T extends OptionTable>(command: Command<T>, columns = Infinity): string {
  const width = Math.min(columns, MAX_WIDTH);
  const positionals = command.positionals ?? [];
  const usage = [
    command.name,
    ...positionals.map(({ name, repeated }) => `[${name}]${repeated ? "..." : ""}`),
    "[options]",
  ].join(" ");
  const lines = [...wrap(command.about, width), "", ...wrapLine(`Usage: ${usage}`, width)];
  if (positionals.length > 0) {
    lines.push(
      "",
      ...positionals.flatMap(({ name, about }) => entry(name, about, width)),
    );
  }
  const groups = new Map<string, string[]>();
  for (const [name, option] of Object.entries(command.options)) {
    const group = option.group ?? "Options";
    groups.set(group, [
      ...groups.get(group) ?? [],
      ...entry(flagText(name, option), explain(option), width),
      ...tableRows(option, width),
    ]);
  }
  const last = [...groups.keys()].at(-1) ?? "Options";
  groups.set(last, [...groups.get(last) ?? [], ...entry("--help", "Print this help", width)]);
  for (const [group, entries] of groups) lines.push("", `${group}:`, ...entries);
  const examples = command.examples ?? [];
  if (examples.length > 0) lines.push("", "Examples:");
  for (const { line, about } of examples) {
    lines.push(
      `  ${line}`,
      ...wrap(about, width - 6).map((l) => `      ${l}`),
    );
  }
  return lines.join("\n");
}

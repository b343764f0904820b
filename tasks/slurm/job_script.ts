/** The script of a Slurm job: one of deploy/slurm/*.sbatch with other directives and with the options of its run. */

/** An option of sbatch by its long name; without a value it is a switch. */
export interface Directive {
  readonly name: string;
  readonly value?: string | undefined;
}

export interface JobScript {
  /** Text of the file in deploy/slurm/ to begin with. */
  readonly template: string;
  /** The folder in which the job runs: wagon's clone. */
  readonly folder: string;
  /** For each part of a heterogeneous job. */
  readonly everywhere: readonly Directive[];
  /** For the part with the workers, the last one. */
  readonly workers: readonly Directive[];
  /** Directives in sbatch's own words, for the workers as well. */
  readonly verbatim: readonly string[];
  /** The arguments of the script. */
  readonly args: readonly string[];
}

const SEPARATOR = "#SBATCH hetjob";
const DIRECTIVE = /^#SBATCH --([\w-]+)/;
/** Arguments in the place of those that sbatch hands on. */
const HANDED_ON = /"\$@"|"?\$\{1:-\}"?/g;

/** The whole text of the script. */
export function jobScript(
  { template, folder, everywhere, workers, verbatim, args }: JobScript,
): string {
  const [shebang, ...lines] = template.trimEnd().split("\n");
  const begin = lines.findIndex((line) => line.startsWith("#SBATCH"));
  const end = lines.findLastIndex((line) => line.startsWith("#SBATCH")) + 1;
  const parts = splitAt(lines.slice(begin, end), SEPARATOR);
  const written = parts.map((part, i) => {
    const is_first = i === 0, is_last = i === parts.length - 1;
    return [
      ...withDirectives(part, [
        ...is_first ? [{ name: "chdir", value: folder }] : [],
        ...everywhere,
        ...is_last ? workers : [],
      ]),
      ...is_last ? verbatim.map((words) => `#SBATCH ${words}`) : [],
    ];
  });
  const header = written.flatMap((part, i) => i === 0 ? part : [SEPARATOR, ...part]);
  const body = lines.slice(end);
  return [
    shebang,
    "# Written by deno task slurm. To submit it again: sbatch FILE",
    ...header,
    ...body.map((line) => line.replaceAll(HANDED_ON, () => args.map(quoted).join(" "))),
    "",
  ].join("\n");
}

function splitAt(lines: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line === separator) parts.push([]);
    else parts.at(-1)!.push(line);
  }
  return parts;
}

/** Lines of directives with some in the place of those of the same name, or at the end. */
function withDirectives(lines: readonly string[], directives: readonly Directive[]): string[] {
  const given = new Map(directives.map((directive) => [directive.name, lineOf(directive)]));
  const kept = lines.map((line) => {
    const name = DIRECTIVE.exec(line)?.[1] ?? "";
    const instead = given.get(name);
    given.delete(name);
    return instead ?? line;
  });
  return [...kept, ...given.values()];
}

function lineOf({ name, value }: Directive): string {
  return `#SBATCH --${name}${value === undefined ? "" : `=${value}`}`;
}

/** A word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

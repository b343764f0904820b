/** Names in commands that people copy into a shell. */

const PLAIN = /^[\w./:@%+,=][\w./:@%+,=-]*$/;
// deno-lint-ignore no-control-regex
const NOT_SHOWN = /[\x00-\x1f\x7f]/g;

/**
 * A path as one word of a POSIX shell: whatever its name holds, the shell passes it on and computes nothing. Characters
 * that a terminal would obey are written out ($'…', of bash and zsh); a leading dash is no option.
 */
export function shellWord(path: string): string {
  const name = path.startsWith("-") ? `./${path}` : path;
  if (PLAIN.test(name)) return name;
  if (name.search(NOT_SHOWN) < 0) return `'${name.replaceAll("'", `'\\''`)}'`;
  const escaped = name.replace(/[\\']/g, "\\$&").replace(
    NOT_SHOWN,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `$'${escaped}'`;
}

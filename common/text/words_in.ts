/** Lines of files that people write by hand, as words. */

/** The words of a line as xargs reads them: divided by blanks, with quotes and backslashes. Null where a quote is open. */
export function wordsIn(line: string): string[] | null {
  const token = /'([^']*)'|"([^"]*)"|\\(.)|([^\s'"\\]+)|(\s+)|./gs;
  const words: string[] = [];
  let word: string | null = null;
  for (const [all, single, double, escaped, plain, blank] of line.matchAll(token)) {
    if (blank !== undefined) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const part = single ?? double ?? escaped ?? plain;
    if (part === undefined) return all === undefined ? words : null;
    word = (word ?? "") + part;
  }
  return word === null ? words : [...words, word];
}

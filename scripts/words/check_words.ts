/**
 * Checks the words of pages and of the texts in the program: their spelling (British English and the words of
 * docs/words.md), and phrases that docs/words.md replaces. Exit code 1 with one line per fault.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import dictionary from "dictionary-en-gb";
// @ts-types="./nspell.d.ts"
import nspell from "nspell";
import { runCheck } from "../gate/check_command.ts";
import { pageTexts, programTexts, type Text, wordsOf } from "./texts.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LIST = "docs/words.md";

/** The word list: further words of the spelling, and phrases with their replacements. */
export interface WordList {
  readonly words: readonly string[];
  readonly replaced: readonly { readonly phrase: RegExp; readonly instead: string }[];
}

/** Reads a page with a table whose rows are `| write | not |`, and a fenced block of words. */
export function readWordList(page: string): WordList {
  const rows = page.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const replaced = rows.flatMap(([instead, , phrases]) =>
    phrases!.split(/, */).filter((phrase) => phrase !== "").map((phrase) => ({
      phrase: new RegExp(
        `\\b${phrase.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" ", "\\s+")}\\b`,
        "i",
      ),
      instead: instead!,
    }))
  );
  const words = /^```words\n(.*?)^```$/ms.exec(page)?.[1]?.split(/\s+/).filter((word) => word !== "") ?? [];
  return { words, replaced };
}

/** One line for each fault of the texts, each word once a file. */
export function faultsOf(texts: readonly Text[], { words, replaced }: WordList): string[] {
  const spelling = nspell(dictionary);
  for (const word of words) spelling.add(word);
  const known = new Map<string, boolean>();
  const isKnown = (word: string) => {
    const bare = word.replace(/['’]s$/, "");
    const found = known.get(word) ?? (spelling.correct(bare) || spelling.correct(bare.toLowerCase()));
    known.set(word, found);
    return found;
  };
  const faults = texts.flatMap(({ file, line, text }) => [
    ...wordsOf(text).filter((word) => !isKnown(word)).map((word) =>
      `${file}:${line}: unknown word "${word}"`
    ),
    ...replaced.flatMap(({ phrase, instead }) => {
      const found = phrase.exec(text)?.[0];
      return found === undefined
        ? []
        : [`${file}:${line}: "${found.replace(/\s+/g, " ")}" must be "${instead}" (${LIST})`];
    }),
  ]);
  return [...new Set(faults)];
}

if (import.meta.main) {
  await runCheck("check:words", "Checks the spelling of pages and messages, and the project's words.", () => {
    const list = readWordList(readFileSync(join(ROOT, LIST), "utf8"));
    return faultsOf([...pageTexts(ROOT), ...programTexts(ROOT)], list);
  });
}

/** Texts for people: paragraphs of pages, and strings of the program that have several words. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

export interface Text {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Folders without texts for users. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "node_modules",
  "runs",
  "artifacts",
  "test",
  "bench",
  "scripts",
]);
/** Pages about the past and in other languages, and the word list itself, which names what it replaces. */
const OTHER_PAGES = /^CHANGELOG\.md$|\.ja\.md$|^docs\/words\.md$/;
/** Code, and the addresses of links. */
const MARKUP = /`[^`]*`|(?<=\])\([^)]*\)|<[^>]*>/g;
/** Names rather than words: addresses, options, paths, words with digits or inner capitals. */
const NAMES = /\bhttps?:\S+|--[\w-]+|\S*[\\/_@{}=#$:.]\w\S*|\b\w*\d\w*\b|\b\w+[A-Z]\w*\b|\b[A-Z]+s?\b/g;
const MIN_WORDS = 3;

function* filesIn(root: string, folder: string, ending: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith(".") || LEFT_OUT.has(entry.name)) continue;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(root, path, ending);
    else if (entry.isFile() && path.endsWith(ending)) yield path;
  }
}

/** The words of a text, without names. */
export function wordsOf(text: string): string[] {
  const words = text.replace(MARKUP, " ").replace(NAMES, " ").match(/\p{sc=Latin}+(?:['’]\p{sc=Latin}+)*/gu);
  return words?.filter((word) => word.length > 2) ?? [];
}

/** Paragraphs of the pages, by their first lines, without fenced and indented code. */
export function pageTexts(root: string): Text[] {
  return [...filesIn(root, "", ".md")].filter((file) => !OTHER_PAGES.test(file)).flatMap((file) => {
    const page = readFileSync(join(root, file), "utf8");
    const prose = page.replace(/^```.*?^```$/gms, (code) => code.replace(/[^\n]/g, "")).replace(
      /^ {4}\S.*$/gm,
      "",
    );
    return [...prose.matchAll(/(?:^.*\S.*\n?)+/gm)].map(({ 0: text, index }) => ({
      file,
      line: prose.slice(0, index).split("\n").length,
      text,
    }));
  });
}

/** String literals and parts of templates that have several words. */
export function programTexts(root: string): Text[] {
  return [...filesIn(root, "", ".ts")].flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
    const texts: Text[] = [];
    const visit = (node: ts.Node): void => {
      if (
        ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
      ) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        if (isProse(node.text)) texts.push({ file, line: line + 1, text: node.text });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return texts;
  });
}

/** True for sentences and parts of them; false for names, style sheets and code. */
function isProse(text: string): boolean {
  return !/[{};]\s*\n|^\s*(?:default|script|style|img|font)-src /.test(text) &&
    wordsOf(text).length >= MIN_WORDS;
}

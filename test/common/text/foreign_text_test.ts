import assert from "node:assert/strict";
import {
  cleanDeep,
  cleanLine,
  cleanLines,
  cleanStyled,
  cleanText,
} from "../../../common/text/foreign_text.ts";

/** Each moves, hides or reorders what a person sees. */
const HOSTILE: Readonly<Record<string, string>> = {
  "an escape sequence": "\x1b[2J",
  "an eight-bit escape sequence": "\x9b2J",
  "a clipboard's": "\x1b]52;c;cm0gLXJmIH4=\x07",
  "a device control string": "\x90q\x9c",
  "an end of a line": "\n",
  "a carriage return": "\r",
  "a backspace": "\b",
  "a vertical tab": "\v",
  "a next line": "\x85",
  "a line separator": "\u2028",
  "a paragraph separator": "\u2029",
  "a delete": "\x7f",
  "a right-to-left override": "\u202e",
  "a left-to-right isolate": "\u2066",
  "an Arabic letter mark": "\u061c",
  "a zero-width space": "\u200b",
  "a word joiner": "\u2060",
  "a Hangul filler": "\u3164",
  "an empty Braille pattern": "\u2800",
  "a tag": "\u{e0041}",
  "half a pair": "\ud800",
  "a private character": "\ue000",
};

Deno.test("foreign text: nothing is left of what moves the cursor, ends the line, hides or reorders", () => {
  for (const [what, text] of Object.entries(HOSTILE)) {
    for (const clean of [cleanLine, cleanText, cleanStyled]) {
      const cleaned = clean(`a${text}b`);
      assert.doesNotMatch(
        cleaned,
        // deno-lint-ignore no-control-regex
        /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000\ud800-\udfff]/,
        what,
      );
      assert.ok(cleaned.startsWith("a") && cleaned.endsWith("b"), what);
    }
  }
});

Deno.test("foreign text: what languages write stays as it is", () => {
  const texts = [
    "plain",
    "größer",
    "機械学習",
    "한국어",
    "مرحبا",
    "नमस्ते",
    "می‌خواهم",
    "👩‍👧 ❤️",
    "a\u00a0b",
    "",
  ];
  for (const text of texts) assert.equal(cleanLine(text), text);
  assert.equal(cleanLine(`e${"\u0301".repeat(50)}`), `e${"\u0301".repeat(4)}`);
});

Deno.test("foreign text: spaces cannot push it to the next line, and it is cut between characters", () => {
  assert.equal(cleanText(` a${" ".repeat(300)}b\t\r\n\u3000c `), "a b c");
  assert.equal(cleanText("x".repeat(11), 10), `${"x".repeat(9)}…`);
  assert.equal(cleanText("x".repeat(10), 10), "x".repeat(10));
  assert.equal(cleanText(`${"x".repeat(8)}😀😀`, 10), `${"x".repeat(8)}…`);
  assert.ok(cleanText(" ".repeat(1e6) + "x", 10).length <= 10);
});

Deno.test("foreign text: of our own styles the codes stay, of no other sequence", () => {
  assert.equal(cleanStyled("\x1b[1mbold\x1b[22m"), "\x1b[1mbold\x1b[22m");
  assert.equal(cleanStyled("\x1b[1;31mx\x1b[2Jy\x1b]0;t\x07"), "\x1b[1;31mx\ufffd[2Jy\ufffd]0;t\ufffd");
  assert.equal(cleanLines("a\nb\x1b"), "a\nb\ufffd");
});

Deno.test("foreign text: data are cleaned to their depth, names of fields included", () => {
  const curve = new Float32Array(2);
  const found = cleanDeep({ n: 1, "a\x1b": [{ b: "\u202e" }, null], curve });
  assert.deepEqual(found, { n: 1, "a\ufffd": [{ b: "\ufffd" }, null], curve } as unknown);
  assert.equal(found.curve, curve);
});

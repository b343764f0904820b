import assert from "node:assert/strict";
import fc from "fast-check";
import { labelled, nonBreaking, textWidth, wrap, wrapLine } from "../../../common/text/wrap.ts";

Deno.test("text breaks at spaces; a single word that is too long stays whole", () => {
  assert.deepEqual(wrap("a line of words", 6), ["a line", "of", "words"]);
  assert.deepEqual(wrap("an incomprehensible word", 6), ["an", "incomprehensible", "word"]);
});

Deno.test("signs of two columns count as two", () => {
  assert.equal(textWidth("日本語 ab ﾃﾞ"), 12);
  assert.equal(textWidth("👩 ±"), 4);
  assert.deepEqual(wrap("日本 語日 本語", 9), ["日本 語日", "本語"]);
});

Deno.test("a line goes on two columns further in, an explanation below the explanation", () => {
  assert.deepEqual(wrapLine("Worker 1 joined: a machine", 26), ["Worker 1 joined: a machine"]);
  assert.deepEqual(wrapLine("Worker 1 joined: a machine", 25), ["Worker 1 joined: a", "  machine"]);
  assert.deepEqual(wrapLine("  local-1: no GPU to be had", 16), [
    "  local-1: no",
    "    GPU to be",
    "    had",
  ]);
  const contents = "  samples/     pictures drawn along the way";
  assert.deepEqual(wrapLine(contents, 35), ["  samples/     pictures drawn along", "               the way"]);
  assert.deepEqual(wrapLine(contents, 24), ["  samples/", "    pictures drawn along", "    the way"]);
  assert.deepEqual(wrapLine(contents, 29), ["  samples/", "    pictures drawn along the", "    way"]);
  assert.deepEqual(wrapLine(contents, Infinity), [contents]);
});

Deno.test("words that belong together stay so while a line has room for them, and are plain in the end", () => {
  const text = `No coordinator: start one with ${nonBreaking("deno task coordinator")}; waiting`;
  assert.deepEqual(wrapLine(text, 44), [
    "No coordinator: start one with",
    "  deno task coordinator; waiting",
  ]);
  assert.deepEqual(wrapLine(text, 20), [
    "No coordinator:",
    "  start one with",
    "  deno task",
    "  coordinator;",
    "  waiting",
  ]);
  const whole = "No coordinator: start one with deno task coordinator; waiting";
  assert.deepEqual(wrapLine(text, Infinity), [whole]);
  assert.deepEqual(labelled(nonBreaking("a label"), "copied", 80), ["a label copied"]);
});

Deno.test("no line is wider than the terminal, and no word is lost, at any width", () => {
  const words = fc.array(fc.stringMatching(/^[a-z日:/]{1,9}$/), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      words,
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 24, max: 130 }),
      (words, deep, width) => {
        const lines = wrapLine(" ".repeat(deep) + words.join(" "), width);
        for (const line of lines) assert.ok(textWidth(line) <= width, line);
        assert.deepEqual(lines.join(" ").trim().split(/ +/), words);
      },
    ),
    { seed: 5 },
  );
});

Deno.test("what is to be copied is not broken", () => {
  const command = "WAGON_TOKEN=… deno task worker";
  assert.deepEqual(labelled("On another machine:", command, 50), [`On another machine: ${command}`]);
  assert.deepEqual(labelled("On another machine:", command, 49), ["On another machine:", `  ${command}`]);
  assert.deepEqual(labelled("On another machine:", command, 12), [
    "On another",
    "  machine:",
    `  ${command}`,
  ]);
});

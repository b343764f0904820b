/** Words for shells, against a shell. */
import assert from "node:assert/strict";
import { shellWord } from "../../../common/text/shell_word.ts";

Deno.test("plain names stay as they are", () => {
  for (const name of ["runs/2026-11-30_wgan", "/tmp/a.b", "../x", "a=1,b:c@d+e%"]) {
    assert.equal(shellWord(name), name);
  }
});

Deno.test("a shell hands on any name as it is, and computes nothing of it", async () => {
  const names = [
    "two words",
    "$(echo computed)`echo computed`$HOME",
    "it's",
    'a"b',
    "a;b&c|d>e<f",
    "*?[a]",
    "~",
    "#no comment",
    "!history",
    "two\nlines\ttab",
    "\x1b[31m'\\x\x7f1",
    "größe",
  ];
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", `printf '%s\\0' ${names.map(shellWord).join(" ")}`],
  }).output();
  assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), names);
});

Deno.test("a word has no character that a terminal obeys, and is no option", () => {
  // deno-lint-ignore no-control-regex
  assert.ok(!/[\x00-\x1f\x7f]/.test(shellWord("\x1b]52;c;x\x07\n\x7f")));
  assert.equal(shellWord("-rf"), "./-rf");
});

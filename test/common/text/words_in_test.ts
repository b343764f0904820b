import assert from "node:assert/strict";
import { wordsIn } from "../../../common/text/words_in.ts";

const LINES = [
  "",
  "  --seed 1\t--lr 1e-4 ",
  `--note "two words" --name it's'a'b`,
  `a"b c"d 'e "f"' \\  g\\'h`,
  `"" ''`,
];

Deno.test("a line is divided as xargs divides it", async () => {
  for (const line of LINES.filter((line) => line.trim() !== "")) {
    const xargs = new Deno.Command("xargs", {
      args: ["printf", "%s\\0"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = xargs.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${line}\n`));
    await writer.close();
    const { success, stdout } = await xargs.output();
    const words = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    assert.deepEqual(wordsIn(line), success ? words : null, line);
  }
});

Deno.test("an open quote is no line of words, and an empty line has none", () => {
  assert.equal(wordsIn(`--note "open`), null);
  assert.equal(wordsIn("it's"), null);
  assert.deepEqual(wordsIn(" "), []);
});

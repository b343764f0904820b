import assert from "node:assert/strict";
import { faultsOf, readWordList } from "../../../scripts/words/check_words.ts";
import { pageTexts, programTexts, wordsOf } from "../../../scripts/words/texts.ts";
import { checkOf } from "../project_files.ts";

const LIST = readWordList(`
| write | meaning | not              |
| ----- | ------- | ---------------- |
| again |         | anew, once more  |
| shard | a part  |                  |

\`\`\`words
gizmo
frobnicate
\`\`\`
`);

Deno.test("unknown words and replaced phrases are found, listed words and names are not", () => {
  const faults = (text: string) => faultsOf([{ file: "a.md", line: 3, text }], LIST);
  assert.deepEqual(
    faults("The gizmo's colour is recognised; Gizmo and `gradinet`, --gradinet, gradinet.ts"),
    [],
  );
  assert.deepEqual(faults("Two gradinets of HTTPS and NaN, gradinets"), ['a.md:3: unknown word "gradinets"']);
  assert.deepEqual(faults("Try Anew, or another time."), [
    'a.md:3: "Anew" must be "again" (docs/words.md)',
  ]);
  assert.deepEqual(faults("Canewood"), ['a.md:3: unknown word "Canewood"']);
});

Deno.test("words are letters alone, without names, code, paths and options", () => {
  assert.deepEqual(wordsOf("See `code it`, [a page](no/page.md) at https://x.y/abc, RMSProp or lr=5 of it"), [
    "See",
    "page",
  ]);
});

Deno.test("texts are prose of pages, and strings of several words in programs", async () => {
  const source =
    'f("some words here", `found ${x} of the others`, "short");\nconst a = "import more names/from";';
  const files = {
    "a.md": "# One\n\n```sh\nhidden code\n```\n\nTwo once\nmore. lines\n\n    indented code\n",
    "CHANGELOG.md": "The past",
    "b.ts": `// a comment of words\n${source}`,
    "test/c.ts": '"not for users at all"',
  };
  const [page, program] = await checkOf(files, (root) => [pageTexts(root), programTexts(root)] as const);
  assert.deepEqual(page.map(({ line, text }) => [line, text]), [[1, "# One\n"], [
    7,
    "Two once\nmore. lines\n",
  ]]);
  assert.deepEqual(faultsOf(page, LIST), ['a.md:7: "once more" must be "again" (docs/words.md)']);
  assert.deepEqual(program, [{ file: "b.ts", line: 2, text: "some words here" }]);
});

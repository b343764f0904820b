import assert from "node:assert/strict";
import { checkCitations } from "../../scripts/check_citations.ts";
import { checkOf } from "./project_files.ts";

/** The faults of a project that has these files. */
const faultsOf = (files: Readonly<Record<string, string>>) => checkOf(files, checkCitations);

const MATHS = "# The maths\n\n## Adam (the optimizer)\n\n```sh\n# no heading\n```\n";

Deno.test("what the project's pages and comments cite is there", () => {
  assert.deepEqual(checkCitations(), []);
});

Deno.test("citations that lead somewhere are no faults", async () => {
  const files = {
    "docs/maths.md":
      `${MATHS}[above](#the-maths) [code](../nets/mlp.ts) [folder](../nets/) [web](https://a.b/c.md)`,
    "README.md":
      "[maths](docs/maths.md#adam-the-optimizer) `docs/maths.md`, `nets/`, `nets/mlp.ts:3`, `mlp.ts`",
    // What a run writes, addresses, placeholders, other people's files, and code between fences are no paths of ours.
    "docs/page.md":
      "`samples/`, `/metrics`, `runs/NAME`, `nets/*.ts`, `a b/c.ts`\n```\n`nets/gone.ts` [x](gone.md)\n```\n",
    // The past may be told in its own names.
    "CHANGELOG.md": "`nets/gone.ts` was called so; [maths](docs/maths.md)",
    "runs/first/README.md": "[gone](gone.md)",
    "nets/mlp.ts":
      '/** A net (maths.md, "Adam (the optimizer)"): see docs/maths.md,\n * ./mlp.ts and nets/mlp.ts; (maths.md,\n' +
      ' * "The maths"). https://a.b/gone.ts, gan_toy.py. */\nconst url = "docs/gone.md"; // beside mlp.ts\n',
  };
  assert.deepEqual(await faultsOf(files), []);
});

const FAULTS: Readonly<Record<string, readonly [file: string, text: string, fault: string]>> = {
  "a link to a page": [
    "README.md",
    "[x](docs/gone.md)",
    "README.md links to docs/gone.md, which does not exist",
  ],
  "a link to a heading": [
    "docs/page.md",
    "[x](maths.md#sgd)",
    "docs/page.md links to maths.md#sgd, but docs/maths.md has no such heading",
  ],
  "a link to what is a heading in a fence only": [
    "docs/page.md",
    "[x](maths.md#no-heading)",
    "docs/page.md links to maths.md#no-heading, but docs/maths.md has no such heading",
  ],
  "a link to a heading of its own": [
    "docs/page.md",
    "[x](#gone)",
    "docs/page.md links to #gone, but docs/page.md has no such heading",
  ],
  "a link from a page about the past": [
    "CHANGELOG.md",
    "[x](docs/gone.md)",
    "CHANGELOG.md links to docs/gone.md, which does not exist",
  ],
  "a path as code": ["README.md", "see `docs/gone.md`", "README.md names docs/gone.md, which does not exist"],
  "a folder as code": ["README.md", "see `docs/gone/`", "README.md names docs/gone/, which does not exist"],
  "a source in a folder that is gone": [
    "README.md",
    "see `gone/mlp.ts`",
    "README.md names gone/mlp.ts, which does not exist",
  ],
  "a source by its name": ["README.md", "see `gone.ts`", "README.md names gone.ts, which does not exist"],
  "a page in a comment": [
    "nets/net.ts",
    "/** As gone.md says. */",
    "nets/net.ts cites gone.md, which does not exist",
  ],
  "a source in a line's comment": [
    "nets/net.ts",
    "const a = 1; /" + "/ as gone.ts does",
    "nets/net.ts cites gone.ts, which does not exist",
  ],
  "a source in the wrong folder": [
    "nets/net.ts",
    "// docs/maths.ts",
    "nets/net.ts cites docs/maths.ts, which does not exist",
  ],
  "a section": [
    "nets/net.ts",
    '/** A net (maths.md, "SGD"). */',
    'nets/net.ts cites "SGD" of maths.md, but docs/maths.md has no such heading',
  ],
  "a section over two lines": [
    "nets/net.ts",
    '/**\n * A net (maths.md,\n * "Adam (the\n * algorithm)").\n */',
    'nets/net.ts cites "Adam (the algorithm)" of maths.md, but docs/maths.md has no such heading',
  ],
  "a comment of Python": [
    "nets/net.py",
    "a = 1  # as gone.py",
    "nets/net.py cites gone.py, which does not exist",
  ],
};

for (const [name, [file, text, fault]] of Object.entries(FAULTS)) {
  Deno.test(`a citation that leads nowhere is a fault: ${name}`, async () => {
    assert.deepEqual(await faultsOf({ "docs/maths.md": MATHS, [file]: text }), [fault]);
  });
}

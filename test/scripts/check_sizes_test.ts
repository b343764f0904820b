import assert from "node:assert/strict";
import { checkSizes, functionsOf } from "../../scripts/check_sizes.ts";
import { checkOf } from "./project_files.ts";

/** The faults of a project that has these files. */
const faultsOf = (files: Readonly<Record<string, string>>) =>
  checkOf(files, (root) => checkSizes(root).faults);

const lines = (count: number) => "let a;\n".repeat(count);

/** A function of so many lines. */
const functionOf = (count: number, head = "function f() {", end = "}") =>
  [head, ...Array.from({ length: count - 2 }, () => "  f();"), end].join("\n");

/** Ten files, of which the first two have so many lines each. */
const tenFiles = (large: string, small = "let a;\n") =>
  Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`a/f${i}.ts`, i < 2 ? large : small]));

Deno.test("the project's code is in small pieces", () => {
  const { faults, figures } = checkSizes();
  assert.deepEqual(faults, []);
  assert.equal(figures.length, 3);
});

Deno.test("files and functions at the limits, and code that is left out, are no faults", async () => {
  const files = {
    ...tenFiles(lines(210)),
    "b/largest.ts": lines(400),
    "b/longest.ts": functionOf(60),
    ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`b/small${i % 5}/f${i}.ts`, functionOf(18)])),
    "test/long_test.ts": lines(339) + functionOf(61),
    "b/page.md": lines(401),
    "node_modules/x/index.ts": lines(401),
    "runs/r/x.ts": lines(401),
    ".git/x.ts": lines(401),
  };
  assert.deepEqual(await faultsOf(files), []);
});

const FAULTS: Readonly<Record<string, readonly [files: Record<string, string>, fault: string]>> = {
  "a file that is too long": [
    { "a/b.ts": lines(401) },
    "a/b.ts must have at most 400 lines, found 401: split it by subject",
  ],
  "a test that is too long": [
    { "test/a/b_test.ts": lines(401) },
    "test/a/b_test.ts must have at most 400 lines, found 401: split it by subject",
  ],
  "more than a tenth of long files": [
    tenFiles(lines(211)),
    "Nine files in ten must have at most 210 lines, found 211: split some of the larger",
  ],
  "a function that is too long": [
    { "a/b.ts": `\n${functionOf(61)}` },
    "a/b.ts:2 f must have at most 60 lines, found 61: split it by subject",
  ],
  "more than a tenth of long functions": [
    tenFiles(functionOf(19), functionOf(3)),
    "Nine functions in ten must have at most 18 lines, found 19: split some of the larger",
  ],
  "a folder that is too full": [
    Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a/b/f${i}.ts`, ""])),
    "a/b must have at most 16 files, found 17: split it by subject",
  ],
};

for (const [what, [files, fault]] of Object.entries(FAULTS)) {
  Deno.test(`too large is a fault: ${what}`, async () => {
    const found = await faultsOf(files);
    assert.ok(found.includes(fault), found.join("\n"));
  });
}

/** Names and lines of the functions of a source. */
const measured = (text: string) => functionsOf("x.ts", text).map(({ name, size }) => [name, size]);

Deno.test("functions of every form count, from the signature to the closing brace", () => {
  const forms: Readonly<Record<string, string>> = {
    f: functionOf(4, "/** What it does. */\n// why\nexport async function* f(\n  a: string,\n) {"),
    "a = () =>": functionOf(4, "const a = (b) => {", "};"),
    "a, an expression": "const a = (b: number) =>\n  b +\n  1;",
    "a = function": functionOf(4, "let a = function () {", "};"),
    "a, wrapped": functionOf(4, "const a = ((b) => {", "}) satisfies F;"),
    "m of a class": functionOf(4, "class C {\n@bound\nprivate async m() {", "} }"),
    "#m": functionOf(4, "class C {\n#m() {", "} }"),
    "a property": functionOf(4, "class C {\nread = () => {", "}; }"),
    constructor: functionOf(4, "class C {\nconstructor() {", "} }"),
    get: functionOf(4, "class C {\nget x() {", "} }"),
    "m of an object": functionOf(4, "const o = {\nm() {", "} };"),
    "a value of an object": functionOf(4, 'const o = {\n"a b": () => {', "} };"),
  };
  const sizes = Object.fromEntries(
    Object.entries(forms).map(([form, text]) => {
      const found = measured(text);
      assert.equal(found.length, 1, `${form}: ${JSON.stringify(found)}`);
      return [form, found[0]![1]];
    }),
  );
  assert.deepEqual(sizes, {
    f: 6,
    "a = () =>": 4,
    "a, an expression": 3,
    "a = function": 4,
    "a, wrapped": 4,
    "m of a class": 5,
    "#m": 4,
    "a property": 4,
    constructor: 4,
    get: 4,
    "m of an object": 4,
    "a value of an object": 4,
  });
});

Deno.test("what only looks like a function does not count", () => {
  const text = [
    '"function f() {\\n}";',
    "// function g() {}",
    "`${1} const h = () => {}`;",
    "/function i() {/;",
    "declare function j(): void;",
    "interface K { l(): void }",
    "abstract class M { abstract n(): void }",
    "[1].map((o) => o);",
    "function q(): void;",
    "function q() {}",
  ].join("\n");
  assert.deepEqual(measured(text), [["x.ts:10 q", 1]]);
});

Deno.test("functions in functions count on their own", () => {
  assert.deepEqual(measured("function f() {\n  const g = () => {\n  };\n}"), [["x.ts:1 f", 4], [
    "x.ts:2 g",
    2,
  ]]);
});

/**
 * Test files in groups. `deno test` starts each file that it is given in an isolate of its own and loads all that it
 * imports anew, which takes longer than the tests of most files: 110 ms of processor time, measured over 92 files. A
 * group is a module that imports many files. Pure.
 */

/** Folders of long tests, most of which start processes: each file runs on its own, before all groups. */
const LONG = [
  "test/e2e/",
  "test/every_provider/",
  "test/deploy/",
  "test/sampler_page/",
  "test/docs/",
  "test/relay/",
  "test/library/",
  "test/examples/",
];
/** So few files that the last group does not keep one core busy while the other waits. */
const FILES_PER_GROUP = 16;

/** Files to run on their own, and groups of files, both to be run in this order. Short and long files are spread over the groups. */
export function grouped(files: readonly string[]): { alone: string[]; groups: string[][] } {
  const sorted = files.toSorted();
  const alone = LONG.flatMap((folder) => sorted.filter((file) => file.startsWith(folder)));
  const rest = sorted.filter((file) => !alone.includes(file));
  const count = Math.ceil(rest.length / FILES_PER_GROUP);
  return { alone, groups: Array.from({ length: count }, (_, g) => rest.filter((_, i) => i % count === g)) };
}

/** The text of a group's module, in which a test's name begins with its file. `root`: the project's folder as a URL. */
export function groupModule(files: readonly string[], root: string): string {
  const imports = files.map((file) =>
    `Deno.test = named(${JSON.stringify(file)});\nawait import(${JSON.stringify(root + file)});\n`
  );
  return `const { test } = Deno;
const named = (file) => Object.assign((first, ...rest) => {
  if (typeof first === "string") test(\`\${file} => \${first}\`, ...rest);
  else test({ ...first, name: \`\${file} => \${first.name}\` }, ...rest);
}, test);
${imports.join("")}`;
}

/** A line of `deno test`, in which a test of a group is named as if its file ran on its own. */
export function ungrouped(line: string): string {
  return line.replace(/^\S+ => (test\/\S+ => )/, "./$1");
}

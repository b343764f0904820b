import assert from "node:assert/strict";
import { checkNames } from "../../scripts/check_names.ts";
import { checkOf } from "./project_files.ts";

const faultsOf = (files: Readonly<Record<string, string>>) => checkOf(files, checkNames);

Deno.test("the project's names are spelled by what they name", () => {
  assert.deepEqual(checkNames(), []);
});

Deno.test("names that are right, and those that others chose, are no faults", async () => {
  const files = {
    "a.ts": `
      const MAX_BYTES = 1, fake_NCHW = 2, mean_D_real = 3, G = 4;
      const { byteLength, inner: { isFile } } = given;
      interface Clock { now_ms(): number; readonly after: (ms: number) => void; tell?: Tell }
      class Pool { #num_shards = 0; takeOne() { this.#useIt(); } readonly #useIt: Use; }
      const TO_NPY = (x: string) => x, ToFloat = class {}, needed_bytes = () => 3;
      function trainStep(num_steps: number, { chunkSize }: Options, isDue: Test) { return isDue(num_steps); }
      read({ maxOutputLength: 3 });`,
    "lib.d.ts": "interface Header { componentCount: number }",
    "test/b.ts": "const inTests = 3;",
  };
  assert.deepEqual(await faultsOf(files), []);
});

const FAULTS: Readonly<Record<string, readonly [text: string, fault: string]>> = {
  "a field": ["interface A { numShards: number }", "a.ts:1: numShards names data and must be in snake_case"],
  "a local": ["let a;\nconst isOdd = 3;", "a.ts:2: isOdd names data and must be in snake_case"],
  "a parameter": ["f((maxBytes: number) => 1);", "a.ts:1: maxBytes names data and must be in snake_case"],
  "a private field": ["class A { #nodeNames = 1 }", "a.ts:1: nodeNames names data and must be in snake_case"],
  "an accessor": [
    "class A { get numNodes() { return 1 } }",
    "a.ts:1: numNodes names data and must be in snake_case",
  ],
  "a function": ["function train_step() {}", "a.ts:1: train_step names a function and must be in camelCase"],
  "a function of a const": [
    "const is_odd = () => 1;",
    "a.ts:1: is_odd names a function and must be in camelCase",
  ],
  "a type": ["type node_name = string;", "a.ts:1: node_name names a type and must be in PascalCase"],
};

for (const [what, [text, fault]] of Object.entries(FAULTS)) {
  Deno.test(`a fault: ${what}`, async () => {
    assert.deepEqual(await faultsOf({ "a.ts": text }), [fault]);
  });
}

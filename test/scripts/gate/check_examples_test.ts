import assert from "node:assert/strict";
import { withoutExample } from "../../../scripts/gate/check_examples.ts";

const location = { filename: "file:///a.ts" };

Deno.test("check:examples: an export needs an example at one of its declarations, where it is declared", () => {
  const example = { kind: "function", location, jsDoc: { tags: [{ kind: "param" }, { kind: "example" }] } };
  const plain = { kind: "function", location, jsDoc: { tags: [{ kind: "param" }] } };
  const symbols = [
    { name: "documented", declarations: [plain, example] },
    { name: "described", declarations: [plain] },
    { name: "bare", declarations: [{ kind: "variable", location }] },
    { name: "elsewhere", declarations: [{ kind: "reference", location }] },
  ];
  assert.deepEqual(withoutExample(symbols), ["described", "bare"]);
});

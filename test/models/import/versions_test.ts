import assert from "node:assert/strict";
import { CHANGES } from "../../../models/import/versions.ts";

/** since_version of every schema above 11, by operator: onnx.defs.get_all_schemas_with_history of onnx 1.23.2. */
const VERSIONS = JSON.parse(
  Deno.readTextFileSync(new URL("versions.json", import.meta.url)),
) as Record<string, number[]>;

Deno.test("versions: the table has every version in which ONNX changed an operator, and no other", () => {
  const ours = Object.entries(CHANGES).map(([op, changes]) =>
    [op, Object.keys(changes).map(Number)] as const
  );
  assert.deepEqual(Object.fromEntries(ours), VERSIONS);
});

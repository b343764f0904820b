/** Files with bytes changed are networks, or are refused in one line. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../common/errors.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import { importedNetwork } from "../../../models/import/imported_net.ts";
import { readModel } from "../../../onnx/codec.ts";

const FOLDER = new URL("files/lowering/", import.meta.url);
const FILES = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".onnx"))
  .sort();

function isNetwork(name: string, bytes: Uint8Array): boolean {
  try {
    importedNetwork(importGraph(readModel(bytes), name, "generator"), "generator", []);
    return true;
  } catch (error) {
    assert(error instanceof UserError, (error as Error).stack ?? "");
    assert(!/[\n\r]/.test(error.message));
    return false;
  }
}

Deno.test("import: files with bytes changed are networks, or are refused in one line", () => {
  const edit = fc.record({
    at: fc.noBias(fc.nat(2 ** 31 - 1)),
    byte: fc.oneof(fc.nat(255), fc.nat(7), fc.constantFrom(0x7f, 0x80, 0xff)),
  });
  const property = fc.property(
    fc.constantFrom(...FILES),
    fc.array(edit, { minLength: 1, maxLength: 3 }),
    (name, edits) => {
      const bytes = Deno.readFileSync(new URL(name, FOLDER));
      for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
      isNetwork(name, bytes);
    },
  );
  fc.assert(property, { numRuns: 2000 });
  for (const name of FILES) assert.ok(isNetwork(name, Deno.readFileSync(new URL(name, FOLDER))), name);
});

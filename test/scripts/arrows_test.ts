import assert from "node:assert/strict";
import { arrowsOf, tangled } from "../../scripts/arrows.ts";

Deno.test("boxes and arrows of a folder: what lies in it, and who imports whom", () => {
  const imports = new Map([
    ["coordinator/main.ts", ["coordinator/run/prepare.ts", "common/errors.ts"]],
    ["coordinator/run/prepare.ts", ["coordinator/fleet/fleet.ts", "coordinator/run/lock.ts"]],
    ["coordinator/run/parts/part.ts", ["coordinator/fleet/member.ts"]],
    ["relay/relay.ts", ["coordinator/fleet/fleet.ts"]],
  ]);
  assert.deepEqual(arrowsOf("coordinator", imports), {
    boxes: ["main.ts", "run"],
    arrows: ["main.ts -> run", "run -> fleet"],
  });
  assert.deepEqual(tangled(imports), []);
  const many = new Map(Array.from({ length: 12 }, (_, i) => [`coordinator/file${i}.ts`, []]));
  assert.match(tangled(many).join(), /at most 11 files and folders with 30 imports between them: found 12 /);
});

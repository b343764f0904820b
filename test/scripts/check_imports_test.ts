import assert from "node:assert/strict";
import { checkImports, withTable } from "../../scripts/check_imports.ts";
import { checkOf } from "./project_files.ts";

/** The faults of a project that has these files. */
const faultsOf = (files: Readonly<Record<string, string>>) => checkOf(files, checkImports);

Deno.test("the page's table of rooms is the one that is checked", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/architecture.md", import.meta.url));
  assert.equal(withTable(page), page);
  assert.notEqual(withTable(page.replace("Philox", "dice")), page.replace("Philox", "dice"));
});

Deno.test("the project's imports point one way", () => {
  assert.deepEqual(checkImports(), []);
});

Deno.test("imports that are allowed are no faults", async () => {
  const files = {
    "random/philox.ts": "export const a = 1;",
    "wire/ws_socket.ts": 'import { WebSocket } from "ws";\nimport "../kernels/tree.ts";',
    "kernels/tree.ts": "/** Not for Deno.serve alone. */ // nor for Deno.exit",
    "worker/connection/connection.ts":
      'import type { Manifest } from "../../models/manifest.ts";\nDeno.exit();',
    // A module worker is another program: starting it makes no cycle.
    "worker/compute/pool.ts": 'new Worker(import.meta.resolve("./compute_thread.ts"));',
    "worker/compute/compute_thread.ts": 'import type { Pool } from "./pool.ts";',
    "tasks/train.ts": 'import "../coordinator/main.ts";',
    "coordinator/data/plan.ts": 'import { a } from "../../random/philox.ts";',
    "coordinator/fleet/fleet.ts": "setTimeout(() => {}, 1); // the shell of the fleet may",
    // A folder in a room belongs to it.
    "coordinator/fleet/memory/shared_memory.ts": 'import "../fleet.ts";',
  };
  assert.deepEqual(await faultsOf(files), []);
});

const FAULTS: Readonly<Record<string, readonly [files: Record<string, string>, fault: string]>> = {
  "a folder above": [
    { "random/philox.ts": 'import { Fleet } from "../coordinator/fleet/fleet.ts";' },
    "random/philox.ts (random) must not import coordinator/fleet/fleet.ts (coordinator/fleet)",
  ],
  "a folder beside, as a type": [
    { "onnx/graph.ts": 'import type { Net } from "../models/nets/net.ts";' },
    "onnx/graph.ts (onnx) must not import models/nets/net.ts (models/nets)",
  ],
  "a room that comes later": [
    { "coordinator/fleet/fleet.ts": 'import { train } from "../training/train.ts";' },
    "coordinator/fleet/fleet.ts (coordinator/fleet) must not import coordinator/training/train.ts (coordinator/training)",
  ],
  "a re-export": [
    { "runlog/log/reader.ts": 'export * from "../../wire/frame.ts";' },
    "runlog/log/reader.ts (runlog/log) must not import wire/frame.ts (wire)",
  ],
  "a dynamic import, over two lines": [
    { "inspect/main.ts": 'await import(\n  "../wire/frame.ts"\n);' },
    "inspect/main.ts (inspect) must not import wire/frame.ts (wire)",
  ],
  "a module worker of another folder": [
    {
      "worker/compute/pool.ts": 'new Worker(new URL("../../coordinator/data/x_worker.ts", import.meta.url));',
    },
    "worker/compute/pool.ts (worker/compute) must not import coordinator/data/x_worker.ts (coordinator/data)",
  ],
  "a task": [
    { "coordinator/main.ts": 'import "../tasks/train.ts";' },
    "coordinator/main.ts must not import tasks/train.ts",
  ],
  "model code in a worker": [
    { "worker/connection/connection.ts": 'import { mlp } from "../../models/artifacts.ts";' },
    "worker/connection/connection.ts must not import models/artifacts.ts: a worker holds no model code",
  ],
  "a cycle": [
    {
      "random/a.ts": 'import "./b.ts";',
      "random/b.ts": 'import "./c.ts";',
      "random/c.ts": 'import "./a.ts";',
    },
    "Imports must have no cycle: ",
  ],
  "Node where a browser runs": [
    { "wire/frame.ts": 'import { join } from "node:path";' },
    "wire/frame.ts must run in a browser: it must not use node:path",
  ],
  "a native package where a browser runs": [
    { "models/layout.ts": 'import * as ort from "onnxruntime-node";' },
    "models/layout.ts must run in a browser: it must not use onnxruntime-node",
  ],
  "Deno where a browser runs": [
    { "pictures/grid.ts": "export const version = Deno.version;" },
    "pictures/grid.ts must run in a browser: it must not use Deno",
  ],
  "a timer in the functional core": [
    { "coordinator/training/train.ts": "setTimeout(() => {}, 1);" },
    "coordinator/training/train.ts must be pure: it must not use setTimeout",
  ],
  "a clock in the functional core": [
    { "coordinator/fleet/round.ts": "export const now = performance.now();" },
    "coordinator/fleet/round.ts must be pure: it must not use performance.",
  ],
  "randomness in the functional core": [
    { "coordinator/fleet/placement/assignment.ts": "export const x = Math.random();" },
    "coordinator/fleet/placement/assignment.ts must be pure: it must not use Math.random",
  ],
  "files in the functional core": [
    { "coordinator/training/train.ts": 'import { readFileSync } from "node:fs";' },
    'coordinator/training/train.ts must be pure: it must not use "node:fs"',
  ],
};

for (const [what, [files, fault]] of Object.entries(FAULTS)) {
  Deno.test(`a fault: ${what}`, async () => {
    const found = await faultsOf(files);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0]!.startsWith(fault), found[0]!);
  });
}

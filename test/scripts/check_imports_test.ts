import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { checkImports } from "../../scripts/check_imports.ts";

/** The faults of a project that has these files. */
async function faultsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(join(root, dirname(path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    return checkImports(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("the project's imports point one way", () => {
  assert.deepEqual(checkImports(), []);
});

Deno.test("imports that are allowed are no faults", async () => {
  const files = {
    "random/philox.ts": "export const a = 1;",
    "wire/ws_socket.ts": 'import { WebSocket } from "ws";\nimport "../kernels/tree.ts";',
    "kernels/tree.ts": "/** Not for Deno.serve alone. */ // nor for Deno.exit",
    "worker/session.ts": 'import type { Manifest } from "../models/manifest.ts";\nDeno.exit();',
    // A module worker is another program: starting it makes no cycle.
    "worker/pool.ts": 'new Worker(import.meta.resolve("./compute_thread.ts"));',
    "worker/compute_thread.ts": 'import type { Pool } from "./pool.ts";',
    "scripts/train.ts": 'import "../coordinator/main.ts";',
    "coordinator/main.ts": 'import { a } from "../random/philox.ts";',
  };
  assert.deepEqual(await faultsOf(files), []);
});

const FAULTS: Readonly<Record<string, readonly [files: Record<string, string>, fault: string]>> = {
  "a folder above": [
    { "random/philox.ts": 'import { Fleet } from "../coordinator/fleet.ts";' },
    "random/philox.ts (random) must not import coordinator/fleet.ts (coordinator)",
  ],
  "a folder beside, as a type": [
    { "models/onnx/graph.ts": 'import type { Net } from "../nets/net.ts";' },
    "models/onnx/graph.ts (models/onnx) must not import models/nets/net.ts (models/nets)",
  ],
  "a re-export": [
    { "runlog/reader.ts": 'export * from "../wire/frame.ts";' },
    "runlog/reader.ts (runlog) must not import wire/frame.ts (wire)",
  ],
  "a dynamic import, over two lines": [
    { "inspect/main.ts": 'await import(\n  "../wire/frame.ts"\n);' },
    "inspect/main.ts (inspect) must not import wire/frame.ts (wire)",
  ],
  "a module worker of another folder": [
    { "worker/pool.ts": 'new Worker(new URL("../coordinator/x_worker.ts", import.meta.url));' },
    "worker/pool.ts (worker) must not import coordinator/x_worker.ts (coordinator)",
  ],
  "a script": [
    { "coordinator/main.ts": 'import "../scripts/train.ts";' },
    "coordinator/main.ts must not import scripts/train.ts",
  ],
  "model code in a worker": [
    { "worker/session.ts": 'import { mlp } from "../models/artifacts.ts";' },
    "worker/session.ts must not import models/artifacts.ts: a worker holds no model code",
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
    { "random/philox.ts": "export const version = Deno.version;" },
    "random/philox.ts must run in a browser: it must not use Deno",
  ],
};

for (const [what, [files, fault]] of Object.entries(FAULTS)) {
  Deno.test(`a fault: ${what}`, async () => {
    const found = await faultsOf(files);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0]!.startsWith(fault), found[0]!);
  });
}

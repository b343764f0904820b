import assert from "node:assert/strict";
import { compileKernels, kernelsModule, readKernels } from "../../scripts/build_kernels.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("build_kernels: the committed binary is the build of the committed source", async () => {
  const committed = await Deno.readTextFile(new URL("kernels/kernels_wasm.ts", ROOT));
  assert.ok(
    kernelsModule(await compileKernels(readKernels)) === committed,
    "run deno task kernels",
  );
});

Deno.test("build_kernels: a source that does not compile says where", async () => {
  await assert.rejects(
    compileKernels((file) => file === "index.ts" ? "export function f(): i32 { return nothing; }" : null),
    {
      message: /^Cannot compile kernels: .*Cannot find name 'nothing'/s,
    },
  );
});

import assert from "node:assert/strict";
import { compileKernels, kernelsModule } from "../../scripts/build_kernels.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("build_kernels: the committed binary is the build of the committed source", async () => {
  const source = await Deno.readTextFile(new URL("kernels/assembly/update.ts", ROOT));
  const committed = await Deno.readTextFile(new URL("kernels/update_wasm.ts", ROOT));
  assert.ok(
    kernelsModule(await compileKernels(source)) === committed,
    "run deno run -A scripts/build_kernels.ts",
  );
});

Deno.test("build_kernels: a source that does not compile says where", async () => {
  await assert.rejects(compileKernels("export function f(): i32 { return nothing; }"), {
    message: /^Cannot compile kernels: .*Cannot find name 'nothing'/s,
  });
});

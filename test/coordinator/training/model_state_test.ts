import assert from "node:assert/strict";
import { PAGE_BYTES, wholePages } from "../../../common/files/mapped_file.ts";
import { ModelState, weightsSha256 } from "../../../coordinator/training/model_state.ts";
import { ADAM_OF_GANS, RMSPROP } from "../../../algorithm/optimizers.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";

const MANIFEST = {
  spectral_norm: ["critic.0.weight"],
  layouts: {
    critic: buildLayout([
      { name: "critic.0.weight", shape: [2, 2] },
      { name: "critic.0.bias", shape: [2] },
      { name: "critic.0.weight.u", shape: [2] },
      { name: "critic.0.weight.v", shape: [2] },
    ]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [5] }]),
    statistics: buildLayout([]),
  },
} as unknown as Manifest;

Deno.test("vectors of spectral norms follow each update of the critic, and go back with it", () => {
  const kernels = Kernels.create(ModelState.bytesNeeded(MANIFEST, RMSPROP) + 64);
  const state = new ModelState(kernels, MANIFEST, RMSPROP);
  const { critic } = state;
  assert.deepEqual([critic.parameters.length, critic.square_average.length, critic.weights.length], [
    6,
    6,
    10,
  ]);
  critic.weights.set([3, 0, 0, 1, 0.5, -0.5, 1, 1, 0, 0]);
  state.refreshChecksums();
  const before = { kept: [...critic.weights], checksum: critic.checksum, sha256: weightsSha256(state) };

  state.holdCritic();
  const sum = { a: kernels.allocate(9), b: null };
  assert.ok(state.update(critic, sum, 1, { lr: 0.1, clip: null, update: 1 }));
  // A gradient of 0 leaves the weight diag(3, 1): from u = (1, 1), v is along (3, 1), then u along (9, 1).
  const expected = [3, 1].map((x) => x / Math.sqrt(10)).map(Math.fround);
  const [u, v] = [critic.weights.slice(6, 8), critic.weights.slice(8)];
  assert.deepEqual([...v], expected);
  [9, 1].forEach((x, i) =>
    assert.ok(Math.abs(u[i]! - x / Math.sqrt(82)) <= 5e-8, `u ${u}, measured within 5.7e-9`)
  );
  assert.deepEqual([...critic.parameters], before.kept.slice(0, 6));
  assert.equal(critic.checksum, kernels.checksum(critic.weights));
  assert.notEqual(critic.checksum, before.checksum);
  assert.notEqual(weightsSha256(state), before.sha256);

  state.restoreCritic();
  assert.deepEqual([...critic.weights], before.kept);
  assert.equal(critic.checksum, before.checksum);
});

Deno.test("each network's weights have whole pages to themselves, for a file to be mapped over them", () => {
  for (const optimizer of [RMSPROP, ADAM_OF_GANS]) {
    const kernels = Kernels.create(ModelState.bytesNeeded(MANIFEST, optimizer));
    const { critic, generator } = new ModelState(kernels, MANIFEST, optimizer);
    const pages = [critic, generator].map(({ weights }) => wholePages(weights));
    const others = [critic, generator].flatMap((
      { square_average, average },
    ) => [square_average, average ?? []]);
    for (const page of pages) {
      assert.equal(page.byteOffset % PAGE_BYTES, 0);
      for (const other of [...pages, ...others]) {
        if (other === page || Array.isArray(other)) continue;
        const apart = other.byteOffset >= page.byteOffset + page.length ||
          other.byteOffset + other.byteLength <= page.byteOffset;
        assert.ok(apart, "another buffer lies in the same page");
      }
    }
  }
});

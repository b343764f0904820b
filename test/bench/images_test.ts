import assert from "node:assert/strict";
import { join } from "node:path";
import { prepareImages } from "../../bench/images.ts";
import { loadData } from "../../coordinator/data/load.ts";

Deno.test("images are an IDX file that training reads: noise of the size of MNIST, or a copy of one's own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { file, name } = await prepareImages(null, folder);
    const noise = await loadData(file);
    assert.equal(name, "10000 noise images of 28 x 28");
    assert.deepEqual([noise.num_examples, ...noise.example_shape], [10000, 28, 28]);
    const mean = noise.bytes.reduce((sum, value) => sum + value, 0) / noise.bytes.length;
    // The standard error of the mean of 7.84 million bytes is 0.026.
    assert.ok(Math.abs(mean - 127.5) < 0.1, `mean of the noise is ${mean}`);

    const other = await Deno.makeTempDir({ dir: folder });
    const copy = await prepareImages(file, other);
    assert.equal(copy.file, join(other, "bench-images-idx3-ubyte"));
    assert.deepEqual((await loadData(copy.file)).bytes, noise.bytes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { PAGE_BYTES } from "../../common/files/mapped_file.ts";
import { bytesOf } from "../../wire/frame.ts";
import { readWeights, weightsOffsets, WeightsWriter } from "../../wire/shared_weights.ts";

const SIZES = { critic: PAGE_BYTES / 4 + 1, generator: 3 };

async function withWeights(test: (writer: WeightsWriter, path: string) => void) {
  const folder = await Deno.makeTempDir({ prefix: "wagon-test-" });
  const path = join(folder, "weights");
  try {
    using writer = WeightsWriter.create(path, SIZES);
    test(writer, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("each network has whole pages to itself, and the file holds both", () =>
  withWeights((_writer, path) => {
    assert.deepEqual(weightsOffsets(SIZES), { critic: 0, generator: 2 * PAGE_BYTES });
    assert.equal(Deno.statSync(path).size, 3 * PAGE_BYTES);
    if (Deno.build.os !== "windows") assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  }));

Deno.test("who reads finds the weights that were written last, of either network", () =>
  withWeights((writer, path) => {
    using file = Deno.openSync(path);
    const offsets = weightsOffsets(SIZES);
    const find = (network: "critic" | "generator") => {
      const into = new Float32Array(SIZES[network]);
      readWeights(file, offsets[network], bytesOf(into));
      return into;
    };
    for (const value of [1, 2]) {
      const critic = new Float32Array(SIZES.critic).fill(value);
      const generator = new Float32Array(SIZES.generator).fill(-value);
      writer.write("critic", bytesOf(critic));
      writer.write("generator", bytesOf(generator));
      assert.deepEqual([find("critic"), find("generator")], [critic, generator]);
    }
  }));

Deno.test("a file that ends before is no weights", () =>
  withWeights((_writer, path) => {
    using file = Deno.openSync(path);
    assert.throws(() => readWeights(file, 3 * PAGE_BYTES - 4, new Uint8Array(8)), {
      message: "The shared file of weights must contain both networks: it is too short",
    });
  }));

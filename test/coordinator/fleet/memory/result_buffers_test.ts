import assert from "node:assert/strict";
import { PAGE_BYTES } from "../../../../common/files/mapped_file.ts";
import { ResultBuffers, type RingMemory } from "../../../../coordinator/fleet/memory/result_buffers.ts";
import { Kernels } from "../../../../kernels/kernels.ts";
import { numSlots } from "../../../../wire/shared_ring.ts";

const SIZE = 7;

Deno.test("results lie in the kernels' memory as long as there is room, and make room again", () => {
  const kernels = Kernels.create(ResultBuffers.bytesNeeded(2, SIZE));
  const buffers = new ResultBuffers(kernels, 2, SIZE);
  const first = buffers.take(4 * SIZE), second = buffers.take(8), third = buffers.take(4 * SIZE);
  assert.deepEqual([first, second, third].map(({ length }) => length), [4 * SIZE, 8, 4 * SIZE]);
  assert.deepEqual([first, second, third].map((payload) => kernels.owns(payload)), [true, true, false]);
  assert.ok(first.byteOffset !== second.byteOffset);
  for (const payload of [third, second]) buffers.recycle(payload);
  const again = buffers.take(4 * SIZE);
  assert.equal(again.byteOffset, second.byteOffset);
  assert.equal(kernels.owns(buffers.take(4)), false);
  assert.equal(kernels.owns(buffers.take(4 * SIZE + 4)), false);
});

/** All rings that there are. */
function rings(buffers: ResultBuffers): RingMemory[] {
  const ring = buffers.takeRing();
  return ring === null ? [] : [ring, ...rings(buffers)];
}

Deno.test("rings are whole pages, apart from all else, and come again when they were given back", () => {
  for (
    const [num_shards, size, count] of [[4, SIZE, 4], [16, 5000, 8], [1, 1024, 1], [3, SIZE, 0]] as const
  ) {
    const kernels = Kernels.create(ResultBuffers.bytesNeeded(num_shards, size, count));
    const buffers = new ResultBuffers(kernels, num_shards, size, count);
    const all = rings(buffers);
    assert.equal(all.length, count);
    const places = [...all.flat(), ...Array.from({ length: num_shards }, () => buffers.take(4 * size))]
      .filter((place) => kernels.owns(place))
      .sort((a, b) => a.byteOffset - b.byteOffset);
    places.slice(1).forEach((place, i) => {
      assert.ok(places[i]!.byteOffset + places[i]!.length <= place.byteOffset);
    });
    for (const ring of all) {
      assert.equal(ring.length, numSlots(num_shards));
      for (const { byteOffset, length } of ring) {
        assert.deepEqual([byteOffset % PAGE_BYTES, length % PAGE_BYTES], [0, 0]);
        assert.ok(length >= 4 * size);
      }
      buffers.recycleRing(ring);
    }
    assert.equal(rings(buffers).length, count);
  }
});

Deno.test({
  name: "rings are wanted for as many workers as there are shards, up to eight and half a gigabyte",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const wanted = [[1, 10], [4, 10], [64, 10], [4, 1.5e6], [4, 20e6], [4, 50e6]] as const;
    assert.deepEqual(wanted.map(([shards, size]) => ResultBuffers.wantedRings(shards, size)), [
      1,
      4,
      8,
      4,
      2,
      0,
    ]);
  },
});

Deno.test({
  name: "no rings are wanted without the right to map them",
  permissions: { ffi: false },
  fn: () => assert.equal(ResultBuffers.wantedRings(4, SIZE), 0),
});

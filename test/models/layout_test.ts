import assert from "node:assert/strict";
import { buildLayout, views } from "../../models/layout.ts";

const LAYOUT = buildLayout([{ name: "w", shape: [2, 3] }, { name: "s", shape: [] }, {
  name: "b",
  shape: [2],
}]);

Deno.test("layout: tensors follow one another without gaps", () => {
  assert.deepEqual(LAYOUT, {
    size: 9,
    slots: [
      { name: "w", shape: [2, 3], offset: 0 },
      { name: "s", shape: [], offset: 6 },
      { name: "b", shape: [2], offset: 7 },
    ],
  });
  assert.deepEqual(buildLayout([]), { size: 0, slots: [] });
});

Deno.test("layout: views share the buffer's memory", () => {
  const buffer = Float32Array.from({ length: 9 }, (_, i) => i);
  const tensors = views(LAYOUT, buffer);
  assert.deepEqual([...tensors.keys()], ["w", "s", "b"]);
  assert.deepEqual([...tensors.get("w")!], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...tensors.get("s")!], [6]);
  tensors.get("b")![1] = 50;
  assert.equal(buffer[8], 50);
});

Deno.test("layout: a buffer of another length is refused", () => {
  assert.throws(() => views(LAYOUT, new Float32Array(8)), {
    name: "RangeError",
    message: "Cannot view a flat buffer: its length must be 9 elements, found 8",
  });
});

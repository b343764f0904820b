import assert from "node:assert/strict";
import fc from "fast-check";
import { MinHeap } from "../../common/min_heap.ts";

Deno.test("a heap gives what was put in, the least first, also when more comes in between", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { freq: 3 })), (actions) => {
      const heap = new MinHeap<number>((a, b) => a < b);
      const expected: number[] = [];
      for (const action of actions) {
        if (action !== null) {
          heap.push(action);
          expected.push(action);
          expected.sort((a, b) => a - b);
        } else assert.equal(heap.pop(), expected.shift());
      }
      while (expected.length > 0) assert.equal(heap.pop(), expected.shift());
      assert.equal(heap.pop(), undefined);
    }),
    { seed: 21 },
  );
});

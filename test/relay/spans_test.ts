import assert from "node:assert/strict";
import { coverOf, SpanWatch } from "../../relay/spans.ts";

Deno.test("coverOf finds the answers that make up a node, and none that go beyond it", () => {
  const answers = new Map(
    [[0, 2], [2, 3], [3, 4], [4, 8]].map(([begin, end]) => [begin!, { begin: begin!, end: end! }]),
  );
  assert.deepEqual(coverOf({ begin: 0, end: 4 }, answers)?.map(({ begin }) => begin), [0, 2, 3]);
  assert.deepEqual(coverOf({ begin: 2, end: 4 }, answers)?.map(({ begin }) => begin), [2, 3]);
  assert.equal(coverOf({ begin: 0, end: 1 }, answers), null);
  assert.equal(coverOf({ begin: 4, end: 6 }, answers), null);
  assert.equal(coverOf({ begin: 8, end: 9 }, answers), null);
});

Deno.test("a span changes once two rounds in a row have asked for the same shards", () => {
  const told: string[] = [];
  const watch = new SpanWatch(({ begin, end }) => told.push(`${begin}-${end}`));
  const round = (key: string, ...nodes: [number, number][]) => {
    watch.begin(key);
    for (const [begin, end] of nodes) watch.asked({ begin, end });
  };
  // What comes first is what there is to begin with.
  round("1", [0, 2], [2, 3]);
  assert.deepEqual(told.splice(0), ["0-2"]);
  round("2", [2, 3], [0, 2]);
  round("3", [0, 2], [2, 3]);
  assert.deepEqual(told.splice(0), ["0-3"]);
  // One that helps out goes on with its own.
  round("4", [0, 2], [2, 3], [6, 8]);
  round("5", [0, 2], [2, 3]);
  round("6", [0, 2], [2, 3], [3, 4]);
  round("7", [0, 2], [2, 3]);
  round("8", [4, 8]);
  assert.deepEqual(told.splice(0), []);
  round("9", [4, 8]);
  round("10", [4, 8]);
  assert.deepEqual(told.splice(0), ["4-8"]);
});

Deno.test("a round that is asked for more, later, is one round", () => {
  const told: number[] = [];
  const watch = new SpanWatch(({ end }) => told.push(end));
  for (const key of ["1", "2", "3"]) {
    watch.begin(key);
    watch.asked({ begin: 0, end: 1 });
    watch.begin(key);
    watch.asked({ begin: 1, end: 2 });
  }
  assert.deepEqual(told, [1, 2]);
});

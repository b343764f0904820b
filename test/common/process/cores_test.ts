import assert from "node:assert/strict";
import { shareOut } from "../../../common/process/cores.ts";

Deno.test("cores are shared out in order, all of them and each once", () => {
  assert.deepEqual(shareOut([0, 1], { workers: 2, threads: 1, shards: 4 }), [[0], [1]]);
  assert.deepEqual(shareOut([0, 1], { workers: 1, threads: 2, shards: 2 }), [[0, 1]]);
  assert.deepEqual(shareOut([2, 3, 6, 7], { workers: 2, threads: 2, shards: 4 }), [[2, 3], [6, 7]]);
});

Deno.test("no cores are shared out where one would be idle or taken twice", () => {
  assert.equal(shareOut([0, 1, 2], { workers: 2, threads: 1, shards: 4 }), null);
  assert.equal(shareOut([0, 1], { workers: 3, threads: 1, shards: 4 }), null);
  assert.equal(shareOut([0, 1, 2, 3], { workers: 2, threads: 2, shards: 3 }), null);
  assert.equal(shareOut([], { workers: 2, threads: 1, shards: 4 }), null);
});

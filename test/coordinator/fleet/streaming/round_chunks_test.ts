import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeResult } from "../../../../coordinator/fleet/round.ts";
import {
  type ChunkPart,
  type OnItsWay,
  RoundChunks,
} from "../../../../coordinator/fleet/streaming/round_chunks.ts";
import { cover } from "../../../../kernels/tree.ts";

const SEED = 23;
const CHUNKS = 4;

/** A result whose chunk i is the one byte 10 x `tag` + i. */
class Coming implements OnItsWay {
  readonly payloads: Uint8Array[] = [];
  readonly checksums: string[] = [];

  constructor(readonly begin: number, readonly end: number, readonly tag: number) {}

  next(): number {
    const index = this.payloads.length;
    this.payloads.push(Uint8Array.of(10 * this.tag + index));
    this.checksums.push(`${this.tag}`);
    return index;
  }

  get counted(): NodeResult {
    return { begin: this.begin, end: this.end, values: new Float32Array(), chunks: this };
  }
}

/** Chunks as they were handed on: their parts, as "begin-end byte". */
function open(num_shards: number) {
  const taken: string[][] = [];
  const text = ({ begin, end, payload }: ChunkPart) => `${begin}-${end} ${payload[0]}`;
  const cut = (values: Float32Array, index: number) => Uint8Array.of(10 * values[0]! + index);
  const chunks = new RoundChunks(num_shards, CHUNKS, cut, (index, parts) => {
    taken.push([`${index}`, ...parts.map(text)]);
  });
  return { chunks, taken };
}

Deno.test("a chunk is handed on when all shards have it, in the order of the shards", () => {
  const { chunks, taken } = open(4);
  const [left, right] = [new Coming(0, 2, 1), new Coming(2, 4, 2)];
  chunks.begin(right);
  chunks.begin(left);
  chunks.advance(right.next(), []);
  chunks.advance(right.next(), []);
  assert.deepEqual(taken, []);
  chunks.advance(left.next(), []);
  chunks.advance(left.next(), []);
  assert.deepEqual(taken, [["0", "0-2 10", "2-4 20"], ["1", "0-2 11", "2-4 21"]]);
});

Deno.test("results that came whole are cut, and count at once", () => {
  const { chunks, taken } = open(4);
  const late = new Coming(0, 2, 1);
  const whole: NodeResult = { begin: 2, end: 4, values: Float32Array.of(7) };
  chunks.begin(late);
  chunks.advance(late.next(), []);
  chunks.counts(whole, [whole]);
  assert.deepEqual(taken, [["0", "0-2 10", "2-4 70"]]);
});

Deno.test("where another's chunk has other bits it is handed on again, with the same bits it is not", () => {
  for (const same of [true, false]) {
    const { chunks, taken } = open(2);
    const [dead, alive] = [new Coming(0, 2, 1), new Coming(0, 2, same ? 1 : 2)];
    chunks.begin(dead);
    chunks.advance(dead.next(), []);
    chunks.end(dead);
    chunks.begin(alive);
    for (let i = 0; i < CHUNKS; i++) chunks.advance(alive.next(), []);
    chunks.end(alive);
    chunks.finish([alive.counted]);
    const first = same ? [] : [["0", "0-2 20"]];
    const tag = same ? 1 : 2;
    const rest = [1, 2, 3].map((i) => [`${i}`, `0-2 ${10 * tag + i}`]);
    assert.deepEqual(taken, [["0", "0-2 10"], ...first, ...rest]);
  }
});

Deno.test("whatever comes in whatever order, and whoever goes: in the end all chunks are those that count", () => {
  const scenes = fc.record({
    num_shards: fc.integer({ min: 1, max: 9 }),
    cuts: fc.array(fc.nat(8), { maxLength: 3 }),
    events: fc.array(fc.tuple(fc.nat(5), fc.nat(9)), { maxLength: 80 }),
  });
  fc.assert(
    fc.property(scenes, ({ num_shards, cuts, events }) => {
      const { chunks, taken } = open(num_shards);
      const bounds = [...new Set([0, ...cuts.filter((at) => at > 0 && at < num_shards), num_shards])].sort((
        a,
        b,
      ) => a - b);
      const nodes = bounds.slice(1).flatMap((end, i) => cover(bounds[i]!, end, num_shards));
      const counted = new Map<number, NodeResult>();
      const coming = new Map<number, Coming>();
      let tag = 0;
      const run = (event: number, at: number) => {
        const i = at % nodes.length;
        const { begin, end } = nodes[i]!;
        const it = coming.get(i);
        if (counted.has(i)) return;
        if (event === 0 && it) {
          chunks.end(it);
          coming.delete(i);
        } else if (event === 1 && !it) {
          const whole = { begin, end, values: Float32Array.of(++tag) };
          counted.set(i, whole);
          chunks.counts(whole, [...counted.values()]);
        } else if (!it) {
          const begun = new Coming(begin, end, ++tag);
          coming.set(i, begun);
          chunks.begin(begun);
        } else {
          chunks.advance(it.next(), [...counted.values()]);
          if (it.payloads.length < CHUNKS) return;
          coming.delete(i);
          chunks.end(it);
          counted.set(i, it.counted);
        }
      };
      for (const [event, at] of events) run(event, at);
      for (let i = 0; i < nodes.length; i++) while (!counted.has(i)) run(2, i);
      const results = [...counted.values()];
      chunks.finish(results);
      for (let index = 0; index < CHUNKS; index++) {
        const last = taken.findLast(([chunk]) => chunk === `${index}`)!;
        const expected = results.toSorted((a, b) => a.begin - b.begin).map(
          ({ begin, end, values, chunks }) => {
            return `${begin}-${end} ${chunks ? chunks.payloads[index]![0] : 10 * values[0]! + index}`;
          },
        );
        assert.deepEqual(last.slice(1), expected);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { ResultMemory } from "../../../../coordinator/fleet/memory/result_memory.ts";
import { Kernels } from "../../../../kernels/kernels.ts";
import type { Shared } from "../../../../wire/frame.ts";
import type { PayloadRef } from "../../../../wire/payload_ref.ts";
import { numSlots, ringBytes } from "../../../../wire/shared_ring.ts";
import { inTempDir } from "../../../temp_dir.ts";
import { areApart } from "./apart.ts";
import { WorkerRing } from "./worker_ring.ts";

const SIZE = 7;
const NUM_SHARDS = 4;
const NUM_SLOTS = numSlots(NUM_SHARDS);
const values = (n: number, size = SIZE) => new Float32Array(size).fill(n);
const floats = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new Float32Array(buffer, byteOffset, byteLength / 4);

/** Memory with room for so many workers' rings, and workers that share it. */
function scene(folder: string, num_rings: number, num_shards = NUM_SHARDS) {
  const kernels = Kernels.create(ResultMemory.bytesNeeded(num_shards, SIZE, num_rings));
  const memory = new ResultMemory(kernels, num_shards, SIZE, num_rings);
  const rings: WorkerRing[] = [];
  let count = 0;
  /** `put`: the next result, at once. */
  const join = (worker: number) => {
    const ring = new WorkerRing(
      `${folder}/${worker}-${count++}-${crypto.randomUUID()}`,
      SIZE,
      numSlots(num_shards),
    );
    rings.push(ring);
    const taker = memory.share(worker, ring.path);
    const take = (shared: Shared) => taker.take(shared, shared.bytes);
    const put = (value: number) => take(ring.end(ring.begin(), values(value)));
    return { ring, take, put };
  };
  const dispose = () => {
    memory[Symbol.dispose]();
    for (const ring of rings) ring[Symbol.dispose]();
  };
  return { kernels, memory, join, [Symbol.dispose]: dispose };
}

const onLinux = { ignore: Deno.build.os !== "linux" };
const where = (payload: Uint8Array | null) => payload!.byteOffset;

Deno.test("copies lie in the kernels' memory as long as there is room, until the next round begins", () =>
  inTempDir((folder) => {
    using it = scene(folder, 0, 2);
    const { put } = it.join(1);
    it.memory.beginRound();
    const taken = [put(1), put(2), put(3)].map((payload) => payload!);
    assert.deepEqual(taken.map((payload) => it.kernels.owns(payload)), [true, true, false]);
    assert.deepEqual(taken.map((payload) => floats(payload)[0]), [1, 2, 3]);
    it.memory.beginRound();
    const again = [put(4), put(5), put(6)].map((payload) => payload!);
    assert.deepEqual(again.slice(0, 2).map(where).sort(), taken.slice(0, 2).map(where).sort());
    assert.ok(!it.kernels.owns(again[2]!));
  }));

Deno.test(
  "a ring is read where it lies while its worker cannot come round to what it gave",
  onLinux,
  () =>
    inTempDir((folder) => {
      using it = scene(folder, 1);
      const { memory } = it;
      const { ring, take, put } = it.join(1);
      memory.beginRound();
      const in_place: number[] = [];
      for (let i = 0; i < NUM_SLOTS; i++) {
        memory.expect(1);
        const payload = put(i + 1)!;
        in_place.push(where(payload));
        memory.keep({ begin: i, end: i + 1, values: floats(payload) });
      }
      const apart = ringBytes(4 * SIZE, 1);
      assert.deepEqual(in_place, Array.from({ length: NUM_SLOTS }, (_, i) => in_place[0]! + i * apart));
      const before = memory.results.map(({ values }) => values);
      memory.expect(1);
      memory.results.forEach(({ values, begin }, i) => {
        assert.notEqual(
          values.buffer === before[i]!.buffer && values.byteOffset,
          before[i]!.byteOffset,
          "a copy",
        );
        assert.deepEqual(values, before[i]!);
        assert.equal(values[0], begin + 1);
      });
      const more = ring.begin();
      assert.notEqual(before[0]![0], 1, "its slot is written to");
      assert.ok(!in_place.includes(where(take(ring.end(more, values(9))))), "what follows is copied");
      memory.beginRound();
      memory.expect(1);
      assert.ok(in_place.includes(where(put(10))), "in the next round it is read in place again");
    }),
);

Deno.test(
  "a worker that writes over what it gave is noticed, whether it has ended or only begun",
  onLinux,
  () =>
    inTempDir((folder) => {
      for (const isAll of [false, true]) {
        using it = scene(folder, 2);
        const { memory } = it;
        const [good, bad] = [it.join(1), it.join(2)];
        memory.beginRound();
        for (const [worker, { put }] of [good, bad].entries()) {
          memory.expect(worker + 1);
          assert.notEqual(put(worker), null);
        }
        assert.ok(memory.areWhole());
        // It goes round its slots without being asked to.
        for (let i = 0; i < NUM_SLOTS; i++) {
          const parcel = bad.ring.begin();
          if (isAll) bad.ring.end(parcel, values(7));
        }
        assert.ok(!memory.areWhole());
        memory.beginRound();
        assert.ok(memory.areWhole(), "of this round nothing is there yet");
      }
    }),
);

Deno.test(
  "a worker that owes something as a round begins is not read in place in it",
  onLinux,
  () =>
    inTempDir((folder) => {
      using it = scene(folder, 2);
      const { memory } = it;
      const [late, other] = [it.join(1), it.join(2)];
      memory.beginRound();
      memory.expect(1);
      const parcel = late.ring.begin();
      memory.expect(2);
      const place = where(other.put(1));
      memory.beginRound();
      for (const worker of [1, 2]) memory.expect(worker);
      const copy = late.take(late.ring.end(parcel, values(2)))!, here = other.put(3)!;
      assert.equal(where(here) - place, ringBytes(4 * SIZE, 1));
      late.ring.end(parcel, values(4));
      assert.deepEqual([floats(copy)[0], floats(here)[0]], [2, 3], "copied");
    }),
);

Deno.test(
  "a parcel that is named twice, or is no slot, is copied",
  onLinux,
  () =>
    inTempDir((folder) => {
      using it = scene(folder, 1);
      const { ring, take } = it.join(1);
      it.memory.beginRound();
      for (let i = 0; i < 2; i++) it.memory.expect(1);
      const shared = ring.end(ring.begin(), values(1));
      const [first, again] = [take(shared)!, take(shared)!];
      assert.deepEqual(again, first);
      assert.notEqual(where(again), where(first));
      // A tag and a payload of which the coordinator knows nothing, in the middle of a slot.
      const odd = ring.end({ offset: 8 + 2, tag: "5".repeat(16) }, values(2));
      const copy = take(odd)!;
      assert.equal(floats(copy)[0], 2);
      assert.equal(where(copy) % 4, 0);
      assert.equal(take({ ...odd, offset: 2 ** 30 }), null, "behind the end");
    }),
);

Deno.test("a payload that is gone takes no memory", () =>
  inTempDir((folder) => {
    using it = scene(folder, 0);
    const { ring, take, put } = it.join(1);
    it.memory.beginRound();
    const gone = ring.end(ring.begin(), values(1));
    for (let i = 0; i < NUM_SLOTS; i++) ring.end(ring.begin(), values(2));
    assert.equal(take({ ...gone, bytes: 2 ** 40 }), null);
    for (let i = 0; i < NUM_SHARDS; i++) assert.equal(take(gone), null);
    assert.ok(it.kernels.owns(put(3)!));
  }));

interface Event {
  readonly what: "ask" | "take" | "begin" | "join" | "leave" | "again";
  readonly who: number;
  readonly which: number;
  /** True if the result that is taken counts. */
  readonly counts: boolean;
}

const EVENTS: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { arbitrary: fc.constantFrom("ask" as const, "take" as const), weight: 6 },
      { arbitrary: fc.constantFrom("begin" as const, "join" as const, "leave" as const), weight: 1 },
      { arbitrary: fc.constant("again" as const), weight: 1 },
    ),
    who: fc.nat(2),
    which: fc.nat(7),
    counts: fc.boolean(),
  }),
  { minLength: 10, maxLength: 80 },
);

interface ModelWorker extends ReturnType<ReturnType<typeof scene>["join"]> {
  readonly owes: PayloadRef[];
  /** What it gave last, as long as it writes nothing more. */
  last: Shared & { readonly value: number } | null;
}

/** Workers that are asked for anything at any time, and give it in any order: a fleet does less. */
function drive(folder: string, events: readonly Event[]): void {
  using it = scene(folder, 2);
  const { memory } = it;
  const workers = new Map<number, ModelWorker>();
  let serial = 0, next_worker = 1;
  let handed: Uint8Array[] = [];
  let kept: number[] = [];
  const join = () => workers.set(next_worker, { ...it.join(next_worker++), owes: [], last: null });
  const hand = (payload: Uint8Array | null, value: number, counts: boolean) => {
    // It was overwritten before it could be read: the connection would end.
    if (payload === null) return;
    for (const other of handed) assert.ok(areApart(payload, other), "memory was handed out twice");
    handed.push(payload);
    if (!counts) return;
    memory.keep({ begin: kept.length, end: kept.length + 1, values: floats(payload) });
    kept.push(value);
  };
  join();
  for (const { what, who, which, counts } of events) {
    const [id, worker] = [...workers][who % Math.max(1, workers.size)] ?? [0, null];
    if (what === "join" && workers.size < 3) join();
    if (what === "begin") {
      memory.beginRound();
      [handed, kept] = [[], []];
    }
    if (worker && what === "ask") {
      memory.expect(id);
      worker.owes.push(worker.ring.begin());
      worker.last = null;
    }
    if (worker && what === "take" && worker.owes.length > 0) {
      const [parcel] = worker.owes.splice(which % worker.owes.length, 1);
      worker.last = { ...worker.ring.end(parcel!, values(++serial)), value: serial };
      hand(worker.take(worker.last), serial, counts);
    }
    // Only a worker that owes nothing: an answer too many is taken for one that it owes.
    if (worker?.last && what === "again" && worker.owes.length === 0) {
      hand(worker.take(worker.last), worker.last.value, counts);
    }
    if (worker && what === "leave") {
      memory.left(id);
      workers.delete(id);
    }
    assert.deepEqual(
      memory.results.map(({ values }) => [...values]),
      kept.map((value) => [...values(value)]),
    );
    assert.ok(memory.areWhole(), "workers keep the rule");
  }
}

Deno.test("what counts stays until the next round, and no memory is handed out twice, whatever is asked of whom", () =>
  inTempDir((folder) => {
    fc.assert(fc.property(EVENTS, (events) => drive(folder, events)), { numRuns: 300 });
  }));

Deno.test({
  name: "rings are wanted for as many workers as there are shards, up to eight and half a gigabyte",
  ...onLinux,
  fn: () => {
    const wanted = [[1, 10], [4, 10], [64, 10], [4, 1.5e6], [4, 20e6], [4, 50e6]] as const;
    assert.deepEqual(wanted.map(([shards, size]) => ResultMemory.wantedRings(shards, size)), [
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
  fn: () => assert.equal(ResultMemory.wantedRings(NUM_SHARDS, SIZE), 0),
});

Deno.test("there is room for what is needed, however many shards, numbers and rings", () => {
  for (
    const [num_shards, size, count] of [[4, SIZE, 4], [16, 5000, 8], [1, 1024, 1], [3, SIZE, 0]] as const
  ) {
    const kernels = Kernels.create(ResultMemory.bytesNeeded(num_shards, size, count));
    assert.doesNotThrow(() => new ResultMemory(kernels, num_shards, size, count));
  }
});

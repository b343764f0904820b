import assert from "node:assert/strict";
import fc from "fast-check";
import { type PlanOptions, ShardPlan } from "../../../coordinator/data/plan.ts";
import goldens from "./goldens/plan.json" with { type: "json" };

const OPTIONS: PlanOptions = { num_examples: 107, num_shards: 4, batch: 12, holdout: 0.1, seed: 7 };

/** Examples of one shard over a whole epoch. */
function usedBy(plan: ShardPlan, epoch: number, shard: number): number[] {
  return Array.from(
    { length: plan.steps_per_epoch },
    (_, batch) => [...plan.examplesOf({ epoch, batch }, shard)],
  ).flat();
}

const sorted = (indices: Iterable<number>) => [...indices].sort((a, b) => a - b);

Deno.test("the plan is that of the Python implementation", () => {
  const plan = new ShardPlan(OPTIONS);
  assert.deepEqual([...plan.holdout], JSON.parse(goldens.holdout));
  assert.deepEqual(plan.shards.map((shard) => [...shard]), JSON.parse(goldens.shards));
  assert.deepEqual(plan.shards.map((_, i) => usedBy(plan, 3, i)), JSON.parse(goldens.used));
});

const anyOptions: fc.Arbitrary<PlanOptions> = fc.record({
  num_shards: fc.integer({ min: 1, max: 9 }),
  micro_batch: fc.integer({ min: 1, max: 8 }),
  extra: fc.nat(120),
  holdout: fc.constantFrom(0, 0.1, 0.37),
  seed: fc.nat(),
}).map(({ num_shards, micro_batch, extra, holdout, seed }) => {
  const batch = num_shards * micro_batch;
  return { num_examples: Math.ceil(batch / (1 - holdout)) + 5 + extra, num_shards, batch, holdout, seed };
});

Deno.test("shards and holdout cut the data set: no example lost, none twice, sizes within one", () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const plan = new ShardPlan(options);
      const all = [...plan.holdout, ...plan.shards.flatMap((shard) => [...shard])];
      assert.deepEqual(sorted(all), Array.from({ length: options.num_examples }, (_, i) => i));
      const sizes = plan.shards.map((shard) => shard.length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      assert.equal(plan.holdout.length, Math.round(options.holdout * options.num_examples));
      assert.equal(plan.steps_per_epoch, Math.floor(Math.min(...sizes) / plan.micro_batch));
    }),
    { seed: 3 },
  );
});

Deno.test("an epoch uses as many examples as come out even, each at most once", () => {
  fc.assert(
    fc.property(anyOptions, fc.nat(1000), (options, epoch) => {
      const plan = new ShardPlan(options);
      for (const [i, shard] of plan.shards.entries()) {
        const used = usedBy(plan, epoch, i);
        assert.equal(used.length, plan.steps_per_epoch * plan.micro_batch);
        assert.equal(new Set(used).size, used.length);
        const members = new Set(shard);
        assert.ok(used.every((example) => members.has(example)));
      }
    }),
    { seed: 4 },
  );
});

Deno.test("batches do not depend on what was asked before", () => {
  const asked = new ShardPlan(OPTIONS), fresh = new ShardPlan(OPTIONS);
  for (const epoch of [2, 0, 1]) asked.examplesOf({ epoch, batch: 0 }, 1);
  const position = { epoch: 2, batch: 3 };
  assert.deepEqual(asked.examplesOf(position, 1), fresh.examplesOf(position, 1));
});

Deno.test("an epoch has as many steps as the smallest shard has micro-batches", () => {
  assert.equal(new ShardPlan(OPTIONS).steps_per_epoch, 8); // 96 training examples, 24 a shard, 3 a step
});

const REFUSALS: readonly (readonly [Partial<PlanOptions>, string])[] = [
  [{ num_shards: 0 }, "Cannot plan shards: --shards must be an integer from 1 to 4096, found 0"],
  [{ num_shards: 4097 }, "Cannot plan shards: --shards must be an integer from 1 to 4096, found 4097"],
  [{ batch: 0 }, "Cannot plan shards: --batch must be an integer of at least 1, found 0"],
  [{ batch: 2.5 }, "Cannot plan shards: --batch must be an integer of at least 1, found 2.5"],
  [
    { batch: 66 },
    "Cannot plan shards: --batch must be a multiple of --shards 4, found 66; use --batch 64 or 68",
  ],
  [{ batch: 3 }, "Cannot plan shards: --batch must be a multiple of --shards 4, found 3; use --batch 4"],
  [
    { batch: 108, holdout: 0 },
    "Cannot plan shards: --batch 108 needs at least 108 training examples, found 107; " +
    "use a smaller --batch or more data",
  ],
  [
    { batch: 100 },
    "Cannot plan shards: --batch 100 needs at least 100 training examples, found 96 (11 of 107 are held out); " +
    "use a smaller --batch or more data",
  ],
  [{ holdout: 1 }, "Cannot hold out examples: --holdout must be a share of 0 to less than 1, found 1"],
  [{ holdout: NaN }, "Cannot hold out examples: --holdout must be a share of 0 to less than 1, found NaN"],
  [
    { holdout: 0.001 },
    "Cannot hold out examples: --holdout 0.001 must keep out at least one of 107 examples, found none; " +
    "use a larger share, or 0",
  ],
];

for (const [change, message] of REFUSALS) {
  Deno.test(`refuses ${JSON.stringify(change)}`, () => {
    assert.throws(() => new ShardPlan({ ...OPTIONS, ...change }), { name: "UserError", message });
  });
}

Deno.test("a shard that does not exist is refused", () => {
  assert.throws(() => new ShardPlan(OPTIONS).examplesOf({ epoch: 0, batch: 0 }, 4), {
    name: "RangeError",
    message: "A shard must be an integer from 0 to 3: found 4",
  });
});

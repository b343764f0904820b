import assert from "node:assert/strict";
import { parseOptions } from "../../../common/cli/cli.ts";
import { UserError } from "../../../common/errors.ts";
import { COMMAND } from "../../../tasks/simulate/options.ts";
import { planOf } from "../../../tasks/simulate/plan.ts";

const plan = (line: string) => planOf(parseOptions(COMMAND, line.split(" ")).values);
const first = (line: string) => plan(line).setups[0];

Deno.test("a run has a shard for each thread, as large as the preset's, unless told otherwise", () => {
  const sizes = (line: string) => {
    const { shards, batch } = first(`--device-step-ms 5 ${line}`);
    return [shards, batch];
  };
  assert.deepEqual(sizes("--workers 2"), [4, 64]);
  assert.deepEqual(sizes("--workers 256"), [256, 4096]);
  assert.deepEqual(sizes("--workers 8 --threads 3"), [24, 384]);
  assert.deepEqual(sizes("--workers 8 --batch 64"), [8, 64]);
  assert.deepEqual(sizes("--workers 100 --batch 64"), [64, 64]);
  assert.deepEqual(sizes("--workers 2 --shards 8 --batch 16"), [8, 16]);
});

Deno.test("sizes are those of the preset's networks: 2.1 MB for the critic of wgan", () => {
  const { sizes: { weights, results } } = first("--device-step-ms 5");
  assert.deepEqual(weights, { critic: 533_505, generator: 1_510_032 });
  assert.deepEqual(results.critic, { size: 533_508, tail_offset: 533_505 });
  assert.deepEqual(results.generator, { size: 1_510_032 + 2 + 3_584, tail_offset: 1_510_032 });
});

Deno.test("formats are compared with a wire group for each worker, at least", () => {
  const groups = (line: string) =>
    plan(`--device-step-ms 5 ${line}`).setups.map(({ shards, wire: { format, group_shards } }) =>
      `${format} ${group_shards && shards / group_shards}`
    );
  assert.deepEqual(groups("--workers 1"), ["float32 null", "bfloat16 1", "int8 1"]);
  assert.deepEqual(groups("--workers 3"), ["float32 null", "bfloat16 4", "int8 4"]);
  assert.deepEqual(groups("--workers 2 --wire int8"), ["int8 2"]);
  assert.deepEqual(groups("--workers 2 --wire int8 --wire-groups 4"), ["int8 4"]);
});

Deno.test("workers of several kinds take from the options what is not theirs", () => {
  const { groups, cores } = first(
    "--device-step-ms 5 --generator-step-ms 7 --link 1gbit/20ms --worker name=gpu,count=3,step-ms=1,threads=2 " +
      "--worker link=local --worker link=20mbit:5mbit,rtt=300ms",
  );
  const about = groups.map(({ name, count, threads, step_ms, link }) => [
    ...[name, count, threads, step_ms.critic, step_ms.generator],
    link && [link.down_bps, link.up_bps, link.rtt_ms],
  ]);
  assert.deepEqual(about, [
    ["gpu", 3, 2, 1, 1, [1e9, 1e9, 20]],
    ["workers-2", 1, 1, 5, 7, null],
    ["workers-3", 1, 1, 5, 7, [20e6, 5e6, 300]],
  ]);
  assert.equal(cores, 2, "one for the local worker, and one more");
});

for (
  const [line, message] of [
    ["--workers 2", /^Option --device-step-ms must be given, .*: found none; /],
    ["--device-step-ms 0", /^Option --device-step-ms must be a number above 0 \(milliseconds\): found "0"/],
    ["--device-step-ms 5 --link fast", /^Option --link must be DOWN\[:UP\]/],
    [
      "--device-step-ms 5 --link 1gbit --rtt 20",
      /^Option --rtt must be a time in milliseconds, e.g. 20ms: found "20"/,
    ],
    [
      "--device-step-ms 5 --rtt 20ms",
      /^Option --rtt must not be given without a link: found "20ms"; add --link/,
    ],
    ["--device-step-ms 5 --workers 2 --worker count=2", /^Option --workers must not be given with --worker/],
    ["--device-step-ms 5 --worker 2", /^Option --worker must be pairs like count=4,link=1gbit: found "2"/],
    ["--device-step-ms 5 --worker cuont=2", /^Option --worker must have keys of .* \(did you mean count\?\)/],
    [
      "--device-step-ms 5 --worker count=0",
      /^Key count of --worker must be an integer from 1 to 20000: found "0"/,
    ],
    [
      "--device-step-ms 5 --worker count=1,count=2",
      /^Option --worker must have each key once: found count twice/,
    ],
    [
      "--device-step-ms 5 --worker name=a --worker name=a",
      /^Options --worker must have different names: found "a"/,
    ],
    ["--device-step-ms 5 --worker link=1gbit,rtt=20", /^Key rtt of --worker must be a time in milliseconds/],
    [
      "--device-step-ms 5 --worker step-ms=fast",
      /^Key step-ms of --worker must be a number above 0: found "fast"/,
    ],
    [
      "--device-step-ms 5 --worker count=15000 --worker count=15000,name=b",
      /must have at most 20000 workers in all: found 30000/,
    ],
    [
      "--device-step-ms 5 --batch 10 --shards 4",
      /^Cannot plan shards: --batch must be a multiple of --shards 4, found 10/,
    ],
    ["--device-step-ms 5 --wire float32 --wire-groups 2", /^Cannot use --wire-groups 2: .*, found float32/],
    ["--device-step-ms 5 --wire-groups 3", /^Cannot round sums in 3 groups: /],
    [
      "--device-step-ms 5 --coordinator-link 1gbit/20ms",
      /^Option --coordinator-link must be DOWN\[:UP\], e.g. 10gbit, found/,
    ],
    ["--device-step-ms 5 --coordinator-link none", /^Option --coordinator-link must be DOWN\[:UP\]/],
  ] as const
) {
  Deno.test(`refused in one line: ${line}`, () => {
    assert.throws(() => plan(line), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

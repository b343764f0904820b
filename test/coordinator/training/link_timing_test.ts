/** How long a critic step takes over a link, by a clock that counts nothing but bytes, delays and computing. */
import assert from "node:assert/strict";
import type { Direction } from "../../../bench/far/shaper.ts";
import { median } from "../../../common/median.ts";
import type { WireFormat } from "../../../common/wire_format.ts";
import { openState, trainTo } from "./wire_scene.ts";

const STEPS = 8;
/** As of a network whose size says how long they are: 20 of them here. */
const CHUNK = 1_024;
const COMPUTING_MS = 8;
/** Once a chunk has come, it has to pass the other way: 20 of them make 1.05. Heads of messages add to their bytes. */
const MOST = 1.08;

const way = (rate_bps: number, delay_ms: number): Direction => ({
  rate_bps,
  delay_ms,
  burst_bytes: 0,
  jitter_ms: 0,
});

interface Link {
  readonly down_bps: number;
  readonly up_bps: number;
  readonly delay_ms?: number;
  readonly format?: WireFormat;
  readonly chunk_floats?: number;
}

async function measure(
  { down_bps, up_bps, delay_ms = 0, format = "float32", chunk_floats = CHUNK }: Link,
  steps: number,
  num_workers: number,
) {
  const link = { out: way(down_bps, delay_ms), in: way(up_bps, delay_ms), computing_ms: COMPUTING_MS };
  const run = openState(format);
  const config = { ...run.config, n_critic: 100, ...format !== "float32" && { wire_groups: 1 } };
  const course = { chunk_floats, link };
  const { bytes, committed_ms, told } = await trainTo({ ...run, config }, steps, num_workers, course);
  assert.deepEqual(told.filter((what) => what !== "uneven speeds"), []);
  return { bytes, committed_ms };
}

/** A step's time without computing and round trip, over what the slower way takes for the bytes of one worker's step. */
async function overSlowerWay(link: Link, num_workers = 1): Promise<number> {
  // The first steps bring whole weights to all.
  const [few, many] = [await measure(link, 2, 1), await measure(link, 2 + STEPS, 1)];
  const way_ms = 8_000 / STEPS * Math.max(
    (many.bytes.in - few.bytes.in) / link.up_bps,
    (many.bytes.out - few.bytes.out) / link.down_bps,
  );
  const { committed_ms } = num_workers === 1 ? many : await measure(link, 2 + STEPS, num_workers);
  // Most of them: now and then other teams of workers are tried.
  const step_ms = median(committed_ms.slice(2).map((at_ms, i) => at_ms - committed_ms[i + 1]!));
  return (step_ms - COMPUTING_MS - 2 * (link.delay_ms ?? 0)) / way_ms;
}

Deno.test("a critic step takes the slower way of the link, its computing and a round trip", async () => {
  const links = [
    { down_bps: 20e6, up_bps: 20e6 },
    { down_bps: 20e6, up_bps: 20e6, delay_ms: 20 },
    { down_bps: 20e6, up_bps: 5e6 },
    { down_bps: 5e6, up_bps: 20e6 },
    { down_bps: 5e6, up_bps: 5e6, format: "int8" as const },
  ];
  for (const link of links) {
    const found = await overSlowerWay(link);
    assert.ok(found > 0.98 && found < MOST, `${JSON.stringify(link)}: ${found}`);
  }
});

Deno.test("the same with several workers, each behind a link of its own", async () => {
  for (const num_workers of [2, 4]) {
    const found = await overSlowerWay({ down_bps: 20e6, up_bps: 20e6 }, num_workers);
    assert.ok(found > 0.98 && found < MOST, `${num_workers} workers: ${found}`);
  }
});

Deno.test("whole results and weights take both ways, one after the other", async () => {
  const found = await overSlowerWay({ down_bps: 20e6, up_bps: 20e6, chunk_floats: 1 << 16 });
  assert.ok(found > 1.9 && found < 2.05, `${found}`);
});

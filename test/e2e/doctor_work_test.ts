/** The doctor's rules about work and setup, each on a real run that provokes it, beside one that does not. */
import assert from "node:assert/strict";
import { examine } from "../../runlog/doctor/doctor.ts";
import type { Child } from "./child.ts";
import { openRelay } from "../../bench/far/relay.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { trainHere } from "./train_here.ts";
import { Workplace } from "./workplace.ts";

/** A run of steps that take some 25 ms of computing each on two cores, so that the rules about time apply. */
const HEAVY = [
  "--preset",
  "strokes",
  "--shards",
  "4",
  "--batch",
  "1280",
  "--steps",
  "110",
  "--sample-every",
  "10",
];
/** Steps of about 2 ms. */
const LIGHT = [
  "--preset",
  "strokes",
  "--shards",
  "2",
  "--batch",
  "32",
  "--steps",
  "110",
  "--sample-every",
  "0",
];

/** What the doctor finds in a run of this coordinator's, once it is over. */
async function found(place: Workplace, out: string, coordinator: Child): Promise<string[]> {
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  return examine(await place.inspect(out)).map(({ code }) => code);
}

/** What the doctor finds in a run with `num_workers` workers of one thread. */
async function train(options: readonly string[], num_workers: number): Promise<string[]> {
  await using place = await Workplace.open();
  const out = place.path("run");
  const coordinator = place.start("coordinator", [
    ...["--port", "0", "--out", out, "--min-workers", `${num_workers}`],
    ...options,
  ]);
  await coordinator.line(/^Listening on/m);
  for (let i = 0; i < num_workers; i++) place.start("worker", ["--threads", "1"]);
  return await found(place, out, coordinator);
}

/** The same in this process, where times do not matter. */
async function trainInPlace(options: readonly string[], num_workers: number): Promise<string[]> {
  await using place = await Workplace.open();
  const summary = await trainHere([...options, "--workers", `${num_workers}`, "--out", place.path("run")]);
  return examine(summary).map(({ code }) => code);
}

const ABOUT_WORK = ["wire-bound", "workers-starving", "worker-idle", "worker-slow", "faults-often"];

Deno.test("a run whose workers compute has none of the findings about work, data and setup", async () => {
  const codes = await train([...HEAVY, "--holdout", "0.2"], 2);
  const required = [...ABOUT_WORK, "batch-norm-tiny-shards", "critic-overfits"];
  assert.deepEqual(codes.filter((code) => required.includes(code)), []);
});

Deno.test("worker-idle: three workers for two shards", async () => {
  assert.ok((await trainInPlace(LIGHT, 3)).includes("worker-idle"));
});

Deno.test("batch-norm-tiny-shards: 64 shards of a batch of 128", async () => {
  const codes = await trainInPlace([...LIGHT, "--shards", "64", "--batch", "128", "--steps", "20"], 1);
  assert.ok(codes.includes("batch-norm-tiny-shards"), codes.join());
});

Deno.test("wire-bound: each message takes 15 ms longer", async () => {
  await using place = await Workplace.open();
  const out = place.path("run");
  const coordinator = place.start("coordinator", ["--port", "0", "--out", out, ...LIGHT]);
  await coordinator.line(/^Listening on/m);
  const { url, token } = await place.rendezvous();
  const link = { down_bps: Infinity, up_bps: Infinity, rtt_ms: 30, jitter_ms: 0 };
  const target = { hostname: "127.0.0.1", port: Number(new URL(url).port) };
  using wire = openRelay(link, { host: "127.0.0.1", target, clock: SYSTEM_CLOCK, random: Math.random });
  place.start("worker", ["--threads", "2", "--coordinator", wire.url], { WAGON_TOKEN: token });
  const codes = await found(place, out, coordinator);
  assert.ok(codes.includes("wire-bound"), codes.join());
});

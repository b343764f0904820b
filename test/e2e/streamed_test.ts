/** Workers behind a link, whose results and weights travel in chunks, killed in mid-run: no bit changes. */
import assert from "node:assert/strict";
import { parseLink } from "../../common/link.ts";
import { openRelay } from "../../bench/far/relay.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { Workplace } from "./workplace.ts";

/** Critic and generator are several chunks long, 0.6 MB each: a step is mostly transfer. */
const LARGE = ["--preset", "wgan", "--batch", "16", "--sample-every", "0", "--evaluate-every", "0"];
const LINK = parseLink("100mbit/2ms");

Deno.test("behind a link two workers, one, one with another on the coordinator's machine, and that one: the same bits", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const endless = [...LARGE, "--steps", "1000000", "--checkpoint-every", "3", "--min-workers", "2"];
  const coordinator = place.coordinate(run, endless);
  await coordinator.line(/^Listening on/m);
  const { url, token } = await place.rendezvous();
  const target = { hostname: "127.0.0.1", port: Number(new URL(url).port) };
  using relay = openRelay(LINK, { host: "127.0.0.1", target, clock: SYSTEM_CLOCK, random: () => 0 });
  const join = (name: string, to: string, ...args: string[]) => {
    const command = ["--threads", "1", "--name", name, "--coordinator", to, ...args];
    return place.start("worker", command, { WAGON_TOKEN: token });
  };
  const [first, second] = ["first", "second"].map((name) => join(name, relay.url, "--no-share"));
  const more = async (steps: number) => {
    const from = lastStep(await recordsOf(run));
    await logged(run, `${steps} more steps`, (records) => lastStep(records) >= from + steps);
  };
  await logged(run, "steps", (records) => lastStep(records) >= 6);
  await first!.kill();
  await more(4);
  const near = join("near", url);
  await coordinator.line(/Worker 3 joined/);
  await more(4);
  await second!.kill();
  await more(4);
  coordinator.signal("SIGINT");
  assert.equal((await coordinator.end()).code, 130, coordinator.said);
  assert.equal((await near.end()).code, 0, near.said);

  const records = await recordsOf(run);
  const summary = await place.inspect(run);
  assert.ok(
    summary.workers.every(({ shards_computed }) => shards_computed > 0),
    JSON.stringify(summary.workers),
  );
  const what = [...new Set(ofType(records, "fault").map((fault) => fault.what))];
  assert.ok(what.every((fault) => ["worker lost in mid-step", "uneven speeds"].includes(fault)), what.join());
  const undisturbed = await place.train(place.path("undisturbed"), [...LARGE, "--steps", `${summary.steps}`]);
  assert.deepEqual([undisturbed.steps, undisturbed.state], [summary.steps, "finished"]);
  assert.equal(summary.weights_sha256, undisturbed.weights_sha256);
});

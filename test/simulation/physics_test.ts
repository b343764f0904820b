import assert from "node:assert/strict";
import {
  boundsOf,
  bytesOfStep,
  localStep,
  type Mode,
  ringStep,
  shortestOfTeams,
  shortestStep,
} from "../../simulation/physics.ts";
import { FREE, group, link, setup } from "./scene.ts";

const SYNCHRONOUS: Mode = { format: "float32", local_steps: 1 };
const close = (found: number, expected: number) =>
  assert.ok(Math.abs(found / expected - 1) < 1e-4, `${found}, and not ${expected}`);

Deno.test("bytes of a step: the critic's both ways in each, the generator's in one of n_critic", () => {
  const { sizes } = setup();
  const { down, up } = bytesOfStep(sizes, 5, SYNCHRONOUS);
  assert.equal(down, 1e6 * (1 + 1 / 5));
  assert.equal(up, 1e6 + 12 + (1e6 + 8) / 5);
  assert.equal(bytesOfStep(sizes, 5, SYNCHRONOUS, 4).up, 4 * up, "four sums");
  const rounded = bytesOfStep(sizes, 1_000_000, { format: "int8", local_steps: 1 });
  close(rounded.down, 1e6 * (1 + 4 / 256) / 4);
});

Deno.test("with local steps both networks and their means of squares travel, once in so many steps", () => {
  const { sizes } = setup();
  assert.deepEqual(bytesOfStep(sizes, 5, { format: "float32", local_steps: 25 }), { down: 16e4, up: 16e4 });
});

Deno.test("bounds: bytes over rates, shards over threads; transfers overlap in the shortest step", () => {
  const groups = [group({ count: 4, link: link("1gbit:500mbit/20ms") })];
  const coordinator_link = { down_bps: 2e9, up_bps: 1e9 };
  const { computing, worker_link, coordinator_link: shared, round_trips } = boundsOf(
    setup({ groups, coordinator_link }),
    SYNCHRONOUS,
  );
  assert.equal(computing, 10 * 1.2);
  close(worker_link, 16 * 1.2);
  close(shared, 4 * 8 * 1.2);
  close(round_trips, 20 * 1.2);
  close(shortestStep(boundsOf(setup({ groups, coordinator_link }), SYNCHRONOUS)), (32 + 20) * 1.2);
});

Deno.test("a ring sends all gradients twice less a part, in 2 (W - 1) turns", () => {
  const groups = [group({ count: 4, link: link("1gbit/20ms") })];
  // Per network six turns of 10 ms and 2 ms; the generator's once in five steps.
  close(ringStep(setup({ groups })), 10 * 1.2 + 6 * 12 * 1.2);
  close(ringStep(setup({ groups: [group({ link: link("1gbit") })] })), 40 * 1.2);
});

Deno.test("a step with local steps is its computing and its part of an exchange", () => {
  const groups = [group({ count: 4, link: link("1gbit/20ms") })];
  const mode: Mode = { format: "float32", local_steps: 25 };
  // 4 MB each way, 32 ms on each link; over the coordinator's 128 ms.
  close(localStep(setup({ groups }), mode), 12 + (32 + 32 + 20) / 25);
  const coordinator_link = { down_bps: 1e9, up_bps: 2e9 };
  close(localStep(setup({ groups, coordinator_link }), mode), 12 + (64 + 128 + 20) / 25);
  const costs = { ...FREE, send_ns_per_byte: 10, receive_ns_per_byte: 10, check_ns_per_byte: 5 };
  close(localStep(setup({ groups, costs }), mode), 12 + (160 + 240 + 20) / 25);
});

Deno.test("the shortest step is that of the best team: a slow link may be left out, or half of a group", () => {
  const near = group({ name: "near" }), far = group({ name: "far", link: link("1mbit") });
  assert.equal(shortestOfTeams(setup({ groups: [far, near] }), SYNCHRONOUS), 48);
  const many = [group({ count: 8, step_ms: { critic: 20, generator: 20 }, link: link("10gbit") })];
  const coordinator_link = { down_bps: 1e9, up_bps: 1e9 };
  const found = shortestOfTeams(setup({ shards: 8, groups: many, coordinator_link }), SYNCHRONOUS);
  // Four workers with two shards each; all eight would send for 64 ms and not 32.
  close(found, 1.2 * 40);
});

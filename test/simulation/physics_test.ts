import assert from "node:assert/strict";
import {
  boundsOf,
  bytesOfStep,
  localStep,
  type Mode,
  ringStep,
  shortestStep,
} from "../../simulation/physics.ts";
import { group, link, setup } from "./scene.ts";

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

Deno.test("local steps divide what is no computing by what they save of the bytes", () => {
  const found = localStep(setup(), { step_ms: 110, computing_ms: 10 }, {
    format: "float32",
    local_steps: 25,
  });
  // Of 2.4 MB a step 0.32 are left.
  close(found, 10 + 100 * 0.32 / 2.4);
});

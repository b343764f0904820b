import assert from "node:assert/strict";
import {
  hasPenalty,
  OBJECTIVE_NAMES,
  type ObjectiveName,
  objectiveOf,
} from "../../../models/objectives/objectives.ts";

Deno.test("objectives have the names by which they are found", () => {
  for (const objective of OBJECTIVE_NAMES) {
    const penalty = hasPenalty(objective) ? 10 : null;
    assert.equal(objectiveOf({ objective, penalty }).name, objective);
  }
  assert.deepEqual(OBJECTIVE_NAMES.filter(hasPenalty), ["wgan-gp"]);
});

Deno.test("an objective that there is not is refused, also one that every object has", () => {
  for (const name of ["cramer", "toString"]) {
    assert.throws(() => objectiveOf({ objective: name as ObjectiveName, penalty: null }), {
      name: "RangeError",
      message: `Cannot use objective ${name}: one of wgan, gan, wgan-gp, hinge, lsgan, rpgan is required`,
    });
  }
});

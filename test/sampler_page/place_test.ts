import assert from "node:assert/strict";
import { hashOf, placeIn, REACH } from "../../sampler_page/place.ts";

Deno.test("a place comes back from its address", () => {
  for (
    const place of [
      { seed: 7, along: [0, 0, 0], label: null },
      { seed: 0, along: [1.5, 0, -4], label: 2 },
      { seed: 1, along: [0, 0, 0], label: 0 },
    ]
  ) {
    assert.deepEqual(placeIn(hashOf(place), 3, 4), place);
  }
  assert.equal(hashOf({ seed: 7, along: [0, 0], label: null }), "#seed=7");
});

Deno.test("what makes no sense in an address is as at the start, or as far as it goes", () => {
  const start = { seed: 1, along: [0, 0], label: null };
  for (
    const hash of [
      "",
      "#",
      "#seed=",
      "#seed=-1",
      "#seed=1e3",
      "#seed=99999999999999999",
      "#along=x,NaN",
      "#%",
      "#class=4",
      "#class=-1",
      "#class=cat",
    ]
  ) {
    assert.deepEqual(placeIn(hash, 2, 4), start, hash);
  }
  assert.deepEqual(placeIn("#along=1e9,-Infinity,3", 2), { seed: 1, along: [REACH, 0], label: null });
});

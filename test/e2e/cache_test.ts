/** The cache of decoded pictures with real processes, and the rights that they start with. */
import assert from "node:assert/strict";
import { putPictures } from "./images.ts";
import { Workplace } from "./workplace.ts";

Deno.test("train keeps decoded pictures, deno task cache shows and removes them, --no-cache keeps none", async () => {
  await using place = await Workplace.open();
  await putPictures(place.path("p"), 8, 3);
  const train = async (out: string, ...args: string[]) => {
    const size = [
      "--preset",
      "strokes",
      "--image-size",
      "6",
      "--batch",
      "4",
      "--shards",
      "1",
      "--n-critic",
      "1",
      "--steps",
      "1",
    ];
    const ended = await place.run("train", ["--data", "p", "--workers", "1", "--out", out, ...size, ...args]);
    assert.equal(ended.code, 0, ended.stderr);
    return /SHA-256 (\w+)/.exec(ended.stdout + ended.stderr)![1];
  };
  const cache = async (...args: string[]) => {
    const ended = await place.run("cache", args);
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };
  const without = await train("none", "--no-cache");
  assert.match(await cache(), /pictures: 0 data sets of decoded pictures, 0 MB\n$/);
  assert.equal(await train("first"), without);
  assert.match(await cache(), /pictures: 1 data set of decoded pictures, 0 MB\n {2}0 MB, last used \d{4}-/);
  assert.equal(await train("second"), without);
  assert.match(await cache("--clear"), /pictures: 1 data set removed, 0 MB\n$/);
  assert.match(await cache(), /pictures: 0 data sets/);
});

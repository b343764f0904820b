/** A run that is trained by the settings of another has its bits. */
import assert from "node:assert/strict";
import { SMALL, Workplace } from "./workplace.ts";

Deno.test("inspect --config: training with the file gives the same bits, under a name and with a note", async () => {
  await using place = await Workplace.open();
  const options = ["--data", place.images, "--steps", "7", "--lr", "0.003", "--batch", "16", "--seed", "9"];
  const about = ["--name", "first", "--note", "larger --lr"];
  const first = await place.run("train", ["--workers", "1", ...SMALL, ...options, ...about]);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /^Run first\nNote: larger --lr\nTraining /m);
  const { code, stdout, stderr } = await place.run("inspect", ["latest", "--config"]);
  assert.equal(code, 0, stderr);
  await Deno.writeTextFile(place.path("run.json"), stdout);
  const second = await place.run("train", ["--workers", "1", "--config", "run.json", "--out", "second"]);
  assert.equal(second.code, 0, second.stderr);
  const [{ name }] = [...Deno.readDirSync(place.path("runs"))] as [Deno.DirEntry];
  const [before, after] = [await place.inspect(`runs/${name}`), await place.inspect("second")];
  assert.deepEqual([before.steps, before.name, before.note], [7, "first", "larger --lr"]);
  assert.deepEqual(after.config, before.config);
  assert.equal(after.weights_sha256, before.weights_sha256);
});

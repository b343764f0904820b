/** A pair from files trains with real processes: the same weights by one worker and by two with a resume. */
import assert from "node:assert/strict";
import { squareImages } from "./images.ts";
import { Workplace } from "./workplace.ts";

const FILES = new URL("../models/import/files/", import.meta.url).pathname;

Deno.test("own networks: one worker, and two with a resume in between, train the same weights", async () => {
  await using place = await Workplace.open();
  await Deno.writeFile(place.path("eight-idx3-ubyte"), squareImages(64, 8));
  const train = async (args: readonly string[], workers: number, steps: number) => {
    const { code, stderr } = await place.run("train", [
      ...args,
      ...["--workers", `${workers}`, "--steps", `${steps}`, "--sample-every", "0"],
    ]);
    assert.equal(code, 0, stderr);
    return stderr;
  };
  const fresh = [
    ...["--generator", `${FILES}conv_generator_dynamo.onnx`, "--critic", `${FILES}conv_critic_script13.onnx`],
    ...[
      "--objective",
      "wgan-gp",
      "--data",
      place.path("eight-idx3-ubyte"),
      "--batch",
      "16",
      "--n-critic",
      "2",
    ],
  ];
  const [whole, halves] = [place.path("whole"), place.path("halves")];
  await train([...fresh, "--out", whole], 1, 4);
  await train([...fresh, "--out", halves], 2, 2);
  await train(["--resume", halves], 2, 4);
  const [one, two] = [await place.inspect(whole), await place.inspect(halves)];
  assert.deepEqual([one.state, one.steps, one.config.objective], ["finished", 4, "wgan-gp"]);
  assert.deepEqual([two.weights_sha256, two.incarnations], [one.weights_sha256, 2]);
  await Deno.stat(place.path("halves", "generator.onnx"));
});

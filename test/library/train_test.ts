/** Training from a program: the bits of the command line, no traces, and every way to stop. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { train, type TrainOptions } from "../../library/train.ts";
import type { TrainedStep } from "../../library/run_watch.ts";
import { readSummary } from "../../library/run_log.ts";
import { generatorBytes } from "../tasks/small_generator.ts";
import { inTempDir } from "../temp_dir.ts";
import { FEW_POINTS, putFewPoints } from "./few_points.ts";

const SHORT = { data: FEW_POINTS, preset: "toy-wgan", steps: 12, batch: 16 } as const;

Deno.test("the same bits as deno task train, with one worker or two", () =>
  inTempDir(async (folder) => {
    const out = join(folder, "run");
    const data = await putFewPoints(folder);
    const line = ["task", "train", "--data", data, "--steps", "12", "--batch", "16", "--out", out];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: line, stderr: "piped" })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { weights_sha256 } = await readSummary(out);
    const same = { ...SHORT, data };
    const one = await train(same), two = await train({ ...same, workers: 2 });
    assert.deepEqual([one.sha256, two.sha256], [weights_sha256, weights_sha256]);
    assert.deepEqual(one.generator, await Deno.readFile(join(out, "generator.onnx")));
    const other = await train({ ...same, seed: 2 });
    assert.notEqual(other.sha256, weights_sha256);
  }));

Deno.test("an array is trained on as the file that holds it, and what comes out is whole", () =>
  inTempDir(async (folder) => {
    const { values, shape } = FEW_POINTS;
    const path = await putFewPoints(folder);
    const steps: TrainedStep[] = [];
    const settings = { steps: 12, batch: 16, preset: "toy-wgan" };
    const of_array = await train({
      data: { values, shape },
      ...settings,
      onStep: (step) => void steps.push(step),
    });
    const of_file = await train({ data: path, ...settings });
    assert.equal(of_array.sha256, of_file.sha256);
    assert.deepEqual(steps.map(({ step }) => step), Array.from({ length: 12 }, (_, i) => i + 1));
    assert.ok(
      steps.every(({ wasserstein_estimate, ms }) => Number.isFinite(wasserstein_estimate) && ms.total > 0),
    );
    const { finished, folder: none, summary, weights } = of_array;
    assert.deepEqual([finished, none, summary.steps, summary.state], [true, null, 12, "finished"]);
    assert.deepEqual(weights.critic["critic.0.weight"]?.shape, [128, 2]);
    const sizes = Object.values(weights.critic).map((
      { data, shape },
    ) => [data.length, shape.reduce((a, b) => a * b, 1)]);
    assert.ok(sizes.every(([length, size]) => length === size));
    const seven = await of_array.sample(7, 3), five = await of_array.sample(5, 3);
    assert.deepEqual([seven.length, seven.subarray(0, 10)], [14, five]);
    assert.notDeepEqual(await of_array.sample(5, 4), five);
    await assert.rejects(of_array.sample(0), UserError);
  }));

Deno.test("a signal stops after the step under way, and what there is comes back", async () => {
  const stop = new AbortController();
  const onStep = ({ step }: TrainedStep) => step === 5 && stop.abort();
  const stopped = await train({
    ...SHORT,
    steps: 1_000_000,
    signal: stop.signal,
    onStep: (step) => void onStep(step),
  });
  assert.equal(stopped.finished, false);
  assert.equal(stopped.steps, 5);
  assert.equal(stopped.sha256, (await train({ ...SHORT, steps: 5 })).sha256);
  const before = await train({ ...SHORT, signal: AbortSignal.abort() });
  assert.deepEqual([before.finished, before.steps], [false, 0]);
});

Deno.test("what onStep throws reaches the caller, at that step; a promise is waited for", async () => {
  const seen: number[] = [];
  const error = new RangeError("enough");
  const onStep = async ({ step }: TrainedStep) => {
    await Promise.resolve();
    seen.push(step);
    if (step === 3) throw error;
  };
  await assert.rejects(train({ ...SHORT, onStep }), (thrown) => thrown === error);
  assert.deepEqual(seen, [1, 2, 3]);
});

Deno.test("a folder where one is asked for, which can be gone on with", () =>
  inTempDir(async (folder) => {
    const out = join(folder, "run");
    const first = await train({ ...SHORT, steps: 6, out });
    assert.equal(first.folder, out);
    const second = await train({ resume: out, data: FEW_POINTS, steps: 12 });
    const whole = await train(SHORT);
    assert.deepEqual([second.sha256, second.summary.steps], [whole.sha256, 12]);
  }));

const REFUSED: Readonly<Record<string, readonly [options: TrainOptions, why: RegExp]>> = {
  "an unknown option": [
    { step: 5 } as TrainOptions,
    /^Unknown key "step" in the options: did you mean steps\?$/,
  ],
  "an unknown preset": [{ preset: "wgn" }, /preset.*must be one of .*did you mean wgan\?/],
  "a value out of range": [{ steps: 0 }, /"steps" in the options must be an integer/],
  "workers that are none": [{ workers: 0 }, /^Option workers must be an integer from 1 to 64: found 0$/],
  "steps and epochs": [{ steps: 5, epochs: 1 }, /^Cannot set the length/],
  "no such path": [{ data: "no/such/place" }, /^Cannot read data: .*found nothing at no\/such\/place/],
  "a shape that does not fit": [
    { data: { values: new Float32Array(5), shape: [2, 2] } },
    /^Cannot use the array as data: its shape must be .* found \[2,2\] for 5 values$/,
  ],
  "images as floats": [
    { data: { values: new Float32Array(32), shape: [2, 4, 4] } },
    /^Cannot use the array as data: a Float32Array must hold points \[N, D\], found \[2,4,4\]; name its axes/,
  ],
  "points as bytes": [
    { data: { values: new Uint8Array(4), shape: [2, 2] } },
    /a Uint8Array must hold images/,
  ],
  "a point that is no number": [
    { data: { values: Float32Array.of(0, NaN), shape: [1, 2] } },
    /the array: finite numbers .* found NaN in row 1, column 2/,
  ],
  "too little data": [{ data: { values: new Float32Array(8), shape: [4, 2] } }, /^Cannot plan shards/],
  "an objective that there is not": [
    { objective: "cramer" },
    /^Key "objective" in the options must be one of wgan, gan/,
  ],
  "networks that are none": [
    { networks: { generator: new Uint8Array(9), critic: new Uint8Array(9) } },
    /^Cannot read generator generator\.onnx/,
  ],
  "a name that is no word": [{ name: "a b" }, /^Cannot name the run: --name must be .* found a b/],
  "a note that is no text": [{ note: 5 } as unknown as TrainOptions, /"note" in the options must be text/],
  "a log to nowhere": [{ log_url: "ftp://a/" }, /^Cannot use --log-url: .* found ftp:\/\/a\/$/],
  "events into no folder": [
    { tensorboard: "deno.json/events" },
    /^Cannot write events for TensorBoard: deno\.json\/events must be a folder/,
  ],
  "a port without a folder": [{ listen: { port: 0 } }, /^Cannot open a port: a run folder is required/],
};

for (const [what, [options, why]] of Object.entries(REFUSED)) {
  Deno.test(`refused in one line: ${what}`, async () => {
    await assert.rejects(train({ data: FEW_POINTS, ...options }), (error: Error) => {
      assert.ok(error instanceof UserError, `${error.name}: ${error.stack}`);
      assert.match(error.message, why);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("networks as bytes that do not fit each other are refused by name", async () => {
  const generator = new Uint8Array(await generatorBytes([2], null));
  const refused = train({
    data: FEW_POINTS,
    batch: 16,
    networks: { generator, critic: generator },
    steps: 1,
  });
  await assert.rejects(refused, (error) => error instanceof UserError && /critic/.test(error.message));
});

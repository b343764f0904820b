/** Pairs from files train with real processes, with every objective, to the same weights by any workers. */
import assert from "node:assert/strict";
import { decodeModel } from "../../onnx/codec.ts";
import { decodeSafetensors } from "../../common/files/safetensors.ts";
import { squareImages } from "./images.ts";
import { Workplace } from "./workplace.ts";

const FILES = new URL("../models/import/files/", import.meta.url).pathname;
const pairOf = (generator: string, critic: string) => [
  ...["--generator", `${FILES}${generator}.onnx`],
  ...["--critic", `${FILES}${critic}.onnx`],
];
const SMALL = ["--batch", "16", "--n-critic", "2", "--sample-every", "0"];

/** 32 images of 8 x 8 in colour as an NPY file. */
function colours(): Uint8Array {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (32, 8, 8, 3), }".padEnd(117) + "\n";
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0];
  const pixels = Array.from({ length: 32 * 64 * 3 }, (_, i) => (i * 37 + (i >> 6) * 11) % 256);
  return Uint8Array.from([...magic, ...new TextEncoder().encode(header), ...pixels]);
}

/** Trains to this step; gives what was said. */
async function train(place: Workplace, args: readonly string[], workers: number, steps: number) {
  const options = ["--workers", `${workers}`, "--steps", `${steps}`, "--cpu"];
  const { code, stderr } = await place.run("train", [...args, ...options]);
  assert.equal(code, 0, stderr);
  return stderr;
}

Deno.test("own networks: with dropout one worker, and two with a resume in between, train the same weights", async () => {
  await using place = await Workplace.open();
  const data = place.path("eight-idx3-ubyte");
  await Deno.writeFile(data, squareImages(64, 8));
  const pair = pairOf("drop_generator_script17", "drop_critic_dynamo");
  const fresh = [...pair, "--objective", "wgan-gp", "--data", data, ...SMALL];
  const [whole, halves] = [place.path("whole"), place.path("halves")];
  const said = await train(place, [...fresh, "--out", whole], 1, 4);
  assert.match(said, /Critic drop_critic_dynamo\.onnx .*; 2 Dropouts that drop 0\.3, 0\.5 in training$/m);
  await train(place, [...fresh, "--out", halves], 2, 2);
  await train(place, ["--resume", halves, "--sample-every", "0"], 2, 4);
  const [one, two] = [await place.inspect(whole), await place.inspect(halves)];
  assert.deepEqual([one.state, one.steps, one.config.objective], ["finished", 4, "wgan-gp"]);
  assert.deepEqual([two.weights_sha256, two.incarnations], [one.weights_sha256, 2]);
  await Deno.stat(place.path("halves", "generator.onnx"));
  const { graphs } = JSON.parse(await Deno.readTextFile(place.path("whole", "artifacts", "artifacts.json")));
  const masks = (graph: string) =>
    graphs[graph].inputs.flatMap(({ ratio }: { ratio?: number }) => ratio ?? []);
  // The penalty runs the critic once more.
  assert.deepEqual(masks("critic_training_model"), [0.3, 0.5, 0.3, 0.5].map(Math.fround));
  assert.deepEqual(masks("generator_training_model"), [0.25, 0.4, 0.3, 0.5].map(Math.fround));
});

Deno.test("own networks: objective wgan clips the weights that a file begins with", async () => {
  await using place = await Workplace.open();
  const data = place.path("eight-idx3-ubyte"), out = place.path("run");
  await Deno.writeFile(data, squareImages(64, 8));
  const pair = pairOf("conv_generator_dynamo", "mlp_critic_dynamo");
  await train(place, [...pair, "--objective", "wgan", "--data", data, ...SMALL, "--out", out], 1, 1);
  const { state, config, checkpoints } = await place.inspect(out);
  assert.deepEqual([state, config.objective, config.clip], ["finished", "wgan", 0.01]);
  const largest = (path: string) => {
    const { tensors } = decodeSafetensors(Deno.readFileSync(path));
    const critic = [...tensors].filter(([name]) => name.startsWith("critic."));
    return Math.max(...critic.flatMap(([, { data }]) => [...data as Float32Array].map(Math.abs)));
  };
  assert.ok(largest(place.path("run", "artifacts", "initial.safetensors")) > 0.1);
  assert.equal(largest(place.path("run", checkpoints.at(-1)!.file)), Math.fround(0.01));
});

Deno.test("own networks: objective gan takes a Sigmoid off, and its generator is sampled", async () => {
  await using place = await Workplace.open();
  const data = place.path("colours.npy"), out = place.path("run");
  await Deno.writeFile(data, colours());
  const pair = pairOf("keras_generator", "keras_critic");
  const said = await train(
    place,
    [...pair, "--objective", "gan", "--data", data, ...SMALL, "--out", out],
    2,
    4,
  );
  assert.match(said, /The critic's last Sigmoid is removed/);
  const { state, config, loss_critic } = await place.inspect(out);
  assert.deepEqual([state, config.objective], ["finished", "gan"]);
  // Two cross entropies: at ln 2 each where the critic knows nothing. Measured: 1.25.
  assert.ok(loss_critic! > 0.7 && loss_critic! < 2.8, `${loss_critic}`);
  const drawn = await place.run("sample", [out, "--count", "5", "--npy", place.path("drawn.npy")]);
  assert.equal(drawn.code, 0, drawn.stderr);
  const bytes = await Deno.readFile(place.path("drawn.npy"));
  assert.match(new TextDecoder("latin1").decode(bytes.subarray(0, 128)), /'shape': \(5, 3, 8, 8\)/);
  const values = new Float32Array(bytes.slice(-4 * 5 * 192).buffer);
  assert.ok(values.every((value) => Math.abs(value) <= 1) && new Set(values).size > 500);
});

Deno.test("own networks: a weight that is no number is named before anything is trained", async () => {
  await using place = await Workplace.open();
  const data = place.path("eight-idx3-ubyte"), critic = place.path("critic.onnx"), out = place.path("run");
  await Deno.writeFile(data, squareImages(64, 8));
  // The longest run of floats in the file is a weight; one in its middle becomes NaN.
  const bytes = await Deno.readFile(`${FILES}mlp_critic_dynamo.onnx`);
  const [name, weight] = longest(decodeModel(bytes.slice()).graph.initializers);
  const raw = new Uint8Array(weight.buffer, weight.byteOffset, weight.byteLength);
  const begin = indexOf(bytes, raw);
  bytes.set(new Uint8Array(Float32Array.of(NaN).buffer), begin + 4 * (weight.length >> 1));
  await Deno.writeFile(critic, bytes);
  const pair = ["--generator", `${FILES}conv_generator_dynamo.onnx`, "--critic", critic];
  const { code, stderr } = await place.run("train", [...pair, "--data", data, ...SMALL, "--out", out]);
  assert.equal(code, 2, stderr);
  const said =
    `Cannot import critic.onnx: weight critic.${name} must contain only finite numbers, found NaN at place `;
  assert.ok(stderr.startsWith(said), stderr);
  await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
});

function longest(initializers: ReadonlyMap<string, { readonly data: unknown }>): [string, Float32Array] {
  const floats = [...initializers].flatMap(([name, { data }]): [string, Float32Array][] =>
    data instanceof Float32Array ? [[name, data]] : []
  );
  return floats.reduce((best, next) => (next[1].length > best[1].length ? next : best));
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  const at = bytes.findIndex((_, i) => part.every((byte, k) => bytes[i + k] === byte));
  assert.ok(at >= 0);
  return at;
}

import assert from "node:assert/strict";
import type { Manifest } from "../../models/manifest.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import { ManifestError } from "../../models/manifest_values.ts";

const SHA = "0123456789abcdef".repeat(4);
const CRITIC = [
  { name: "critic.0.weight", shape: [1, 3], offset: 0 },
  { name: "critic.0.bias", shape: [1], offset: 3 },
];
const GENERATOR = [{ name: "generator.0.weight", shape: [3, 2], offset: 0 }];
const STATISTICS = [{ name: "generator.1.running_mean", shape: [3], offset: 0 }];

function graph(name: string, inputs: unknown[], outputs: unknown[], size: number, tail_offset: number) {
  return { file: `${name}.onnx`, sha256: SHA, bytes: 100, inputs, outputs, size, tail_offset };
}

function fed(slots: readonly { name: string; shape: number[] }[], source: string) {
  return slots.map(({ name, shape }) => ({ name, shape, source }));
}

/** A whole manifest of two tiny networks, as it comes out of JSON. */
function example() {
  const noise = { name: "noise", shape: [4, 2] as (number | string)[], source: "noise" };
  const real = { name: "real", shape: [4, 3] as (number | string)[], source: "real" };
  return {
    format: "wagon-artifacts",
    version: 1,
    objective: "wgan",
    opset: 18,
    micro_batch: 4,
    latent: 2,
    example_shape: [3],
    layouts: {
      critic: { size: 4, slots: structuredClone(CRITIC) },
      generator: { size: 6, slots: structuredClone(GENERATOR) },
      statistics: { size: 3, slots: structuredClone(STATISTICS) },
    },
    graphs: {
      critic_training_model: graph(
        "critic_training_model",
        [real, { ...real, name: "fake", source: "fake" }, ...fed(CRITIC, "critic")],
        [
          { name: "critic.0.weight_grad", shape: [1, 3], offset: 0 },
          { name: "critic.0.bias_grad", shape: [1], offset: 3 },
          { name: "loss", shape: [], offset: 4 },
          { name: "mean_D_real", shape: [], offset: 5 },
          { name: "mean_D_fake", shape: [], offset: 6 },
        ],
        7,
        4,
      ),
      generator_training_model: graph(
        "generator_training_model",
        [noise, ...fed(GENERATOR, "generator"), ...fed(CRITIC, "critic")],
        [
          { name: "generator.0.weight_grad", shape: [3, 2], offset: 0 },
          { name: "loss", shape: [], offset: 6 },
          { name: "mean_D_fake", shape: [], offset: 7 },
          { name: "generator.1.running_mean", shape: [3], offset: 8 },
        ],
        11,
        6,
      ),
      generator_forward_model: graph(
        "generator_forward_model",
        [noise, ...fed(GENERATOR, "generator")],
        [{ name: "fake", shape: [4, 3], offset: 0 }],
        0,
        0,
      ),
      critic_eval_model: graph(
        "critic_eval_model",
        [{ ...real, shape: ["N", 3] }, ...fed(CRITIC, "critic")],
        [{ name: "scores", shape: ["N", 1], offset: 0 }],
        0,
        0,
      ),
      sampler_model: graph(
        "sampler_model",
        [{ ...noise, shape: ["N", 2] }, ...fed(GENERATOR, "generator"), ...fed(STATISTICS, "statistics")],
        [{ name: "samples", shape: ["N", 3], offset: 0 }],
        0,
        0,
      ),
    },
  };
}

Deno.test("a graph of features takes examples alone, and gives as many numbers as the manifest says", () => {
  const features = {
    ...graph(
      "features_model",
      [{ name: "real", shape: ["N", 3], source: "real" }],
      [{ name: "features", shape: ["N", 5], offset: 0 }],
      0,
      0,
    ),
  };
  const manifest = { ...example(), num_features: 5 };
  const found = parseManifest({ ...manifest, graphs: { ...manifest.graphs, features_model: features } });
  assert.deepEqual([found.num_features, found.graphs.features_model], [5, features]);
  const refused = (num_features: unknown, entry: object | undefined, message: RegExp) => {
    const graphs = { ...manifest.graphs, ...entry && { features_model: entry } };
    assert.throws(() => parseManifest({ ...manifest, num_features, graphs }), message);
  };
  refused(4, features, /features_model.outputs\[0\].shape must be \["N",4\], found \["N",5\]/);
  refused(5, undefined, /graphs.features_model must be present/);
  refused(0, features, /num_features must be a whole number from 1/);
  refused(
    5,
    { ...features, inputs: [...features.inputs, ...features.inputs] },
    /inputs.length must be 1, found 2/,
  );
  const unsaid = { ...example(), graphs: { ...manifest.graphs, features_model: features } };
  assert.throws(() => parseManifest(unsaid), /graphs must be without other fields/);
});

Deno.test("manifest: a shard's parts are a power of two, or not named", () => {
  const parts = (accumulate: unknown) => ({ ...example(), accumulate });
  assert.equal(parseManifest(parts(8)).accumulate, 8);
  assert.equal("accumulate" in parseManifest(example()), false);
  for (const wrong of [3, 0, "2"]) {
    assert.throws(() => parseManifest(parts(wrong)), {
      name: ManifestError.name,
      message: /: accumulate must be/,
    });
  }
});

/** The same of an objective that mixes. */
function mixing(shape: (number | string)[] = [4, 1]) {
  const manifest = example();
  const { inputs } = manifest.graphs.critic_training_model;
  inputs.splice(2, 0, { name: "mix", shape, source: "mix" });
  return manifest;
}

Deno.test("manifest: the critic's training graph may take a number for each example, and no other graph", () => {
  assert.deepEqual(parseManifest(mixing()), mixing() as unknown as Manifest);
  assert.throws(() => parseManifest(mixing([4, 3])), {
    name: ManifestError.name,
    message:
      "Cannot read artifacts.json: graphs.critic_training_model.inputs[2].shape must be [4,1], found [4,3]",
  });
  const elsewhere = example();
  elsewhere.graphs.generator_training_model.inputs.splice(1, 0, {
    name: "mix",
    shape: [4, 1],
    source: "mix",
  });
  assert.throws(() => parseManifest(elsewhere), {
    message: /graphs\.generator_training_model\.inputs\.length must be 4, found 5$/,
  });
});

/** The same with a critic whose weight is divided by its spectral norm. */
function normalising(weight = "critic.0.weight", v_name = `${weight}.v`) {
  const manifest = { ...example(), spectral_norm: [weight] };
  const vectors = [
    { name: `${weight}.u`, shape: [1], offset: 4 },
    { name: v_name, shape: [3], offset: 5 },
  ];
  manifest.layouts.critic.slots.push(...vectors);
  manifest.layouts.critic.size = 8;
  for (const graph of Object.values(manifest.graphs)) {
    if (graph.inputs.some((input) => (input as { source: string }).source === "critic")) {
      graph.inputs.push(...fed(vectors, "critic"));
    }
  }
  return manifest;
}

Deno.test("manifest: vectors of spectral norms end the critic's layout, and have no gradient", () => {
  assert.deepEqual(parseManifest(normalising()), normalising() as unknown as Manifest);
  const { spectral_norm: _, ...unnamed } = normalising();
  const refused: [unknown, RegExp][] = [
    // Without the list the vectors would be trained.
    [unnamed, /graphs\.critic_training_model\.outputs\.length must be 7, found 5$/],
    [
      normalising("critic.1.weight"),
      /spectral_norm\[0\] must be a trained slot of layouts\.critic, found "critic\.1/,
    ],
    [normalising("critic.0.weight", "v"), /slots\[3\]\.name must be "critic\.0\.weight\.v", found "v"$/],
    [{ ...normalising(), spectral_norm: ["critic.0.weight", "critic.0.weight"] }, /the same weight twice/],
    [
      { ...example(), spectral_norm: ["critic.0.weight"] },
      /graphs\.critic_training_model\.inputs\.length must be 6, found 4$/,
    ],
    [{ ...normalising(), spectral_norm: "critic.0.weight" }, /spectral_norm must be an array/],
  ];
  for (const [manifest, message] of refused) {
    assert.throws(() => parseManifest(manifest), { name: ManifestError.name, message });
  }
});

Deno.test("manifest: vectors that the critic's layout leaves out follow from the weights", () => {
  const { layouts: { critic }, ...short } = normalising();
  const slots = critic.slots.slice(0, 2);
  const layouts = { ...normalising().layouts, critic: { size: 4, slots } };
  assert.deepEqual(parseManifest({ ...short, layouts }), normalising() as unknown as Manifest);
  const taken = { size: 5, slots: [...slots, { name: "critic.0.weight.v", shape: [1], offset: 4 }] };
  assert.throws(() => parseManifest({ ...short, layouts: { ...layouts, critic: taken } }), {
    name: ManifestError.name,
    message: /layouts\.critic\.slots must not hold|the same name twice/,
  });
});

Deno.test("manifest: a right one comes back as it is", () => {
  const manifest: Manifest = parseManifest(JSON.parse(JSON.stringify(example())));
  assert.deepEqual(manifest, example());
});

/** Sets the field at a path; `undefined` removes it. */
function changed(path: string, value: unknown): unknown {
  const root: unknown = example();
  const keys = path.split("/");
  const last = keys.pop()!;
  const owner = keys.reduce((item, key) => (item as Record<string, unknown>)[key], root) as Record<
    string,
    unknown
  >;
  if (value === undefined) delete owner[last];
  else owner[last] = value;
  return root;
}

const CRITIC_GRAPH = "graphs/critic_training_model";
const REFUSED: [string, unknown, string][] = [
  ["format", "other", 'format must be "wagon-artifacts", found "other"'],
  ["version", 2, "version must be 1, found 2"],
  ["objective", "a\nb", 'objective must be text that matches ^[\\w.-]{1,128}$, found "a\\nb"'],
  ["opset", "18", 'opset must be a whole number from 1 to 268435456, found "18"'],
  ["micro_batch", 0, "micro_batch must be a whole number from 1 to 268435456, found 0"],
  ["latent", undefined, "manifest.latent must be present, found undefined"],
  [
    "extra",
    1,
    "manifest must be without other fields than format, version, objective, opset, micro_batch, latent, " +
    'example_shape, layouts, graphs, found "extra"',
  ],
  ["example_shape", [-3], "example_shape[0] must be a whole number from 1 to 268435456, found -3"],
  ["example_shape", [4], "graphs.critic_training_model.inputs[0].shape must be [4,4], found [4,3]"],
  ["layouts/critic/size", 5, "layouts.critic.size must be 4, found 5"],
  ["layouts/critic/slots/1/offset", 2, "layouts.critic.slots[1].offset must be 3, found 2"],
  [
    "layouts/critic/slots/1/name",
    "critic.0.weight",
    'layouts.critic.slots must be a list without the same name twice, found "critic.0.weight"',
  ],
  [
    "layouts/generator/slots/0/shape",
    [2 ** 27, 2 ** 27],
    "layouts.generator.slots[0] must be within 268435456 elements, found 18014398509481984",
  ],
  ["graphs/sampler_model", undefined, "graphs.sampler_model must be present, found undefined"],
  [
    `${CRITIC_GRAPH}/file`,
    "../critic.onnx",
    'graphs.critic_training_model.file must be text that matches ^[a-z0-9_]{1,100}\\.onnx$, found "../critic.onnx"',
  ],
  [
    `${CRITIC_GRAPH}/file`,
    "sampler_model.onnx",
    'graphs must be a list without the same file twice, found "sampler_model.onnx"',
  ],
  [
    `${CRITIC_GRAPH}/sha256`,
    SHA.toUpperCase(),
    "graphs.critic_training_model.sha256 must be text that matches ^[0-9a-f]{64}$, found " +
    `"${SHA.toUpperCase().slice(0, 59)}…`,
  ],
  [
    `${CRITIC_GRAPH}/bytes`,
    1.5,
    "graphs.critic_training_model.bytes must be a whole number from 1 to 268435456, found 1.5",
  ],
  [
    `${CRITIC_GRAPH}/inputs/0/source`,
    "weights",
    "graphs.critic_training_model.inputs[0].source must be one of real, fake, noise, mix, label, mask, augment, critic, generator, " +
    'statistics, found "weights"',
  ],
  [
    `${CRITIC_GRAPH}/inputs/1/source`,
    "real",
    'graphs.critic_training_model.inputs[1].source must be "fake", found "real"',
  ],
  [
    `${CRITIC_GRAPH}/inputs/2/shape`,
    [3, 1],
    "graphs.critic_training_model.inputs[2].shape must be [1,3], found [3,1]",
  ],
  [
    `${CRITIC_GRAPH}/inputs/4`,
    { name: "x", shape: [1], source: "critic" },
    "graphs.critic_training_model.inputs.length must be 4, found 5",
  ],
  [
    `${CRITIC_GRAPH}/outputs/0/name`,
    "critic.0.bias_grad",
    'graphs.critic_training_model.outputs[0].name must be "critic.0.weight_grad", found "critic.0.bias_grad"',
  ],
  [
    `${CRITIC_GRAPH}/outputs/2/offset`,
    0,
    "graphs.critic_training_model.outputs[2].offset must be 4, found 0",
  ],
  [`${CRITIC_GRAPH}/size`, 8, "graphs.critic_training_model.size must be 7, found 8"],
  [`${CRITIC_GRAPH}/tail_offset`, 0, "graphs.critic_training_model.tail_offset must be 4, found 0"],
  [
    "graphs/sampler_model/inputs/0/shape/0",
    4,
    'graphs.sampler_model.inputs[0].shape must be ["N",2], found [4,2]',
  ],
  [
    "graphs/generator_forward_model/outputs/0/shape/0",
    "N",
    'graphs.generator_forward_model.outputs[0].shape must be [4,3], found ["N",3]',
  ],
  [
    "graphs/generator_forward_model/outputs/0/shape/1",
    "N",
    'graphs.generator_forward_model.outputs[0].shape[1] must be a whole number from 1 to 268435456, found "N"',
  ],
  ["graphs/critic_eval_model/size", 1, "graphs.critic_eval_model.size must be 0, found 1"],
];

for (const [path, value, message] of REFUSED) {
  Deno.test(`manifest: refuses ${path} = ${JSON.stringify(value)?.slice(0, 40)}`, () => {
    assert.throws(() => parseManifest(changed(path, value)), {
      name: "ManifestError",
      message: `Cannot read artifacts.json: ${message}`,
    });
  });
}

Deno.test("manifest: what is no object is refused in one line", () => {
  for (const value of [null, undefined, 1, "x", [], [example()]]) {
    assert.throws(() => parseManifest(value), ManifestError);
  }
});

/** Every place in a JSON value. */
function paths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => paths(item, [...path, key]))];
}

Deno.test("manifest: no field can be replaced by something of another type", () => {
  for (const path of paths(example()).filter(({ length }) => length > 0)) {
    for (const value of [null, {}, [], true, -1, 1e300]) {
      const broken = changed(path.join("/"), value);
      assert.throws(
        () => parseManifest(broken),
        ManifestError,
        `${path.join(".")} = ${JSON.stringify(value)}`,
      );
    }
  }
});

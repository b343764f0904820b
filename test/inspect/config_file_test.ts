import assert from "node:assert/strict";
import { checkOptions } from "../../common/cli/options.ts";
import {
  type GivenConfig,
  recordedConfig,
  resolveConfig,
  type RunConfig,
} from "../../coordinator/config/config.ts";
import { type Preset, type PresetName, PRESETS } from "../../coordinator/config/presets.ts";
import { RUN_OPTIONS } from "../../coordinator/config/options/run_options.ts";
import { recordedName } from "../../runlog/recorded_options.ts";
import { configFile } from "../../inspect/config_file.ts";

/** Through the log and the file, as `--config` reads it. */
function again(config: RunConfig): GivenConfig {
  const recorded = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  const file: unknown = JSON.parse(JSON.stringify(configFile({ config: recorded })));
  const given = Object.entries(checkOptions(RUN_OPTIONS, file, "the file"));
  return Object.fromEntries(given.map(([name, value]) => [recordedName(name), value])) as GivenConfig;
}

const COMMON: GivenConfig[] = [
  { dataset: "strokes" },
  {
    dataset: null,
    data: "a.gz",
    holdout: 0.25,
    seed: 7,
    lr: 0.5,
    n_critic: 3,
    latent: 9,
    shards: 2,
    batch: 32,
  },
  { warm_up: true, accumulate: 2, exact: true, checkpoint_every: 0, sample_every: 5, evaluate_every: 17 },
  { dropout: 0.5, schedule: "post", decay_steps: 77, steps: 99, min_steps: 3 },
  { spectral_norm: true },
];

for (const [name, preset] of Object.entries(PRESETS)) {
  const { plane, sides, series, width, penalty, conditional }: Preset = preset;
  Deno.test(`config file: a run of ${name} gives its settings again`, () => {
    const example_shape = series ? [28] : plane ? [2] : sides ? [3, 28, 28] : [28, 28];
    const labels = { values: new Uint32Array(), class_names: ["a", "b"] };
    const data = { example_shape, ...conditional && { labels } };
    const more: GivenConfig[] = [
      ...plane || example_shape.length === 1
        ? []
        : [{ pad_to: 32, pad_value: 9, image_size: 28, channels: 1 as const }],
      ...width === undefined ? [] : [{ width: 8 }],
      ...penalty === null ? [] : [{ penalty: 3 }],
    ];
    for (const given of [...COMMON, ...more]) {
      const config = resolveConfig({ ...given, preset: name as PresetName }, "wgan", data);
      assert.deepEqual(resolveConfig(again(config), "strokes", data), config);
    }
  });
}

Deno.test("config file: settings that the log has under other names are those of the options", () => {
  const given: GivenConfig = { auto_critic: true, stop_when_flat: true, min_steps: 3 };
  const config = resolveConfig(given, "wgan", { example_shape: [28, 28] });
  assert.deepEqual(resolveConfig(again(config), "strokes", { example_shape: [28, 28] }), config);
});

Deno.test("config file: epochs become steps, which the data decided", () => {
  const config = { ...resolveConfig({}, "wgan", { example_shape: [28, 28] }), epochs: 3, steps: 123 };
  const { steps, epochs } = again(config);
  assert.deepEqual([steps, epochs], [123, undefined]);
});

Deno.test("config file: own networks are named, with their objective and what is trained of them", () => {
  const facts = { generator: {}, critic: {} } as unknown as RunConfig["networks"];
  const own = { latent: 5, facts } as unknown as Parameters<typeof resolveConfig>[3];
  const given: GivenConfig = {
    ...{ generator: "g.onnx", critic: "c.onnx", objective: "wgan-gp", trainable: ["critic.*"], penalty: 2 },
  };
  const config = resolveConfig(given, "wgan-gp", { example_shape: [28, 28] }, own);
  assert.deepEqual(resolveConfig(again(config), "strokes", { example_shape: [28, 28] }, own), config);
});

Deno.test("config file: of a run of format 1 what it says, and nothing that is no option", () => {
  const { objective: _o, penalty: _p, optimizer: _z, width: _w, ...config } = resolveConfig({}, "wgan", {
    example_shape: [28, 28],
  });
  const given = again(config as RunConfig);
  assert.deepEqual(
    resolveConfig(given, "strokes", { example_shape: [28, 28] }),
    recordedConfig({ ...config }),
  );
});

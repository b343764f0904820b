/** What to simulate: the run that the options describe, for the workers that they describe. */
import type { Values } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { type Link, parseLink } from "../../common/link.ts";
import { WIRE_FORMATS, type WireFormat } from "../../common/wire_format.ts";
import { resolveConfig, type RunConfig } from "../../coordinator/config/config.ts";
import { type PresetName, PRESETS, usualShape } from "../../coordinator/config/presets.ts";
import { shardsFor } from "../../coordinator/config/shards_for.ts";
import { checkWire } from "../../coordinator/config/wire_config.ts";
import { microBatchOf } from "../../coordinator/data/plan.ts";
import { buildNetworks, type Networks } from "../../models/nets/networks.ts";
import { atSpeed, FAKES_SHARE, MEASURED_COSTS } from "../../simulation/costs.ts";
import type { Mode } from "../../simulation/physics.ts";
import { numThreads, numWorkers, type Setup } from "../../simulation/setup.ts";
import { sizesOf } from "../../simulation/sizes.ts";
import { MAX_WORKERS } from "./limits.ts";
import type { OPTIONS } from "./options.ts";
import { workerGroups } from "./worker_groups.ts";

/** Steps between exchanges that are predicted unless others are asked for. */
const LOCAL_STEPS = [5, 25, 100];

export type SimulateValues = Values<typeof OPTIONS>;

export interface Plan {
  readonly preset: PresetName;
  /** One for each format to compare, in the order of what they lose. */
  readonly setups: readonly [Setup, ...Setup[]];
  /** Ways with local steps to predict from the first setup. */
  readonly local: readonly Mode[];
}

/** Reads the options. Throws {@linkcode UserError}. */
export function planOf(values: SimulateValues): Plan {
  const groups = workerGroups(values);
  const preset = values.preset as PresetName;
  const config = configOf(values, preset, numThreads({ groups }));
  const local_groups = groups.filter(({ link }) => link === null);
  const common = {
    sizes: sizesOf(buildNetworks(config.networks as Networks)),
    shards: config.shards,
    batch: config.batch,
    n_critic: config.n_critic,
    groups,
    fakes_share: FAKES_SHARE,
    streams: true,
    coordinator_link: coordinatorLinkOf(values.coordinator_link),
    cores: values.cores ?? 1 + numThreads({ groups: local_groups }),
    costs: atSpeed(MEASURED_COSTS, values.coordinator_speed),
  };
  const formats: readonly WireFormat[] = values.wire === undefined
    ? WIRE_FORMATS
    : [values.wire as WireFormat];
  const [first, ...more] = formats.map((format): Setup => ({
    ...common,
    wire: wireFor(format, values, common),
  }));
  const steps = values.local_steps.length > 0 ? values.local_steps : LOCAL_STEPS;
  const is_far = groups.some(({ link }) => link !== null) && numWorkers({ groups }) > 1;
  const local = steps.toSorted((a, b) => a - b).map((local_steps): Mode => ({
    format: "float32",
    local_steps,
  }));
  return { preset, setups: [first!, ...more], local: is_far ? local : [] };
}

/** The run's settings: a shard for each thread, as large as the preset's, unless told otherwise. */
function configOf(values: SimulateValues, preset: PresetName, threads: number): RunConfig {
  const { batch: preset_batch, shards: preset_shards } = PRESETS[preset];
  const { n_critic } = values;
  const shards = values.shards ??
    (values.batch === undefined
      ? Math.max(preset_shards, threads)
      : shardsFor(Math.min(threads, values.batch), { batch: values.batch, preset_shards }));
  const batch = values.batch ?? shards * preset_batch / preset_shards;
  if (shards <= MAX_WORKERS && batch % shards !== 0) microBatchOf({ batch, num_shards: shards });
  const given = { preset, batch, shards, ...n_critic !== undefined && { n_critic } };
  return resolveConfig(given, preset, { example_shape: usualShape(preset) });
}

/** Groups of shards for a format: those that were asked for, or the fewest that give each worker one. */
function wireFor(
  format: WireFormat,
  { wire, wire_groups }: SimulateValues,
  { shards, groups }: Pick<Setup, "shards" | "groups">,
): Setup["wire"] {
  if (wire_groups !== undefined) {
    checkWire({ wire: wire as WireFormat | undefined ?? "int8", wire_groups }, shards);
  }
  if (format === "float32") return { format, group_shards: null };
  return { format, group_shards: shards / (wire_groups ?? fewestGroups(shards, numWorkers({ groups }))) };
}

function fewestGroups(shards: number, workers: number): number {
  let found = shards;
  while (found % 2 === 0 && found / 2 >= workers) found /= 2;
  return found;
}

function coordinatorLinkOf(text: string | undefined): Pick<Link, "down_bps" | "up_bps"> | null {
  if (text === undefined) return null;
  if (text.includes("/")) {
    throw new UserError(
      `Option --coordinator-link must be DOWN[:UP], e.g. 10gbit, found ${
        JSON.stringify(text)
      }; give round trips as --rtt`,
    );
  }
  return parseLink(text, "Option --coordinator-link");
}

/** Measured runs over links (bench/results/far_points.json) as set-ups to simulate. */
import type { FarSamples } from "../../bench/far/far_tables.ts";
import { type Link, parseLink } from "../../common/link.ts";
import { median } from "../../common/median.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { buildNetworks } from "../../models/nets/networks.ts";
import { type Costs, FAKES_SHARE, MEASURED_COSTS } from "../../simulation/costs.ts";
import type { Setup, WorkerGroup } from "../../simulation/setup.ts";
import { sizesOf } from "../../simulation/sizes.ts";

const RESULTS = new URL("../../bench/results/", import.meta.url);

interface Points {
  /** Reports of the bench: their JSON files. */
  readonly reports: readonly string[];
  readonly sets: readonly {
    readonly shard_ms: WorkerGroup["step_ms"];
    /** False: before results and weights travelled in chunks. */
    readonly streams: boolean;
    readonly points: readonly {
      readonly near: number;
      readonly far: number;
      readonly link: string | null;
      readonly images_per_second: number;
    }[];
  }[];
}

/** A report of the bench: its JSON file beside the tables. */
interface Report {
  readonly samples: { readonly "Workers behind links": { readonly runs: readonly FarSamples[] } };
}

export interface Point {
  readonly name: string;
  readonly measured: number;
  readonly setup: Setup;
}

/** What was measured: preset wgan, with all processes on two cores. */
const PRESET = PRESETS.wgan;
const CORES = 2;
const SIZES = sizesOf(buildNetworks(PRESET.networks(PRESET.latent, [28, 28])));

function setupOf(
  { near, far, link, relayed, step_ms, wire = "float32", groups = PRESET.shards, streams, costs }: {
    readonly near: number;
    readonly far: number;
    readonly link: Link | null;
    readonly relayed: boolean;
    readonly step_ms: WorkerGroup["step_ms"];
    readonly wire?: WireFormat;
    readonly groups?: number;
    readonly streams: boolean;
    readonly costs: Costs;
  },
): Setup {
  const { shards, batch, n_critic } = PRESET;
  const common = { threads: 1, step_ms };
  const workers: WorkerGroup[] = [
    { ...common, name: "near", count: near, link: null, on_its_cores: false, relayed: false },
    { ...common, name: "far", count: far, link, on_its_cores: true, relayed },
  ];
  return {
    sizes: SIZES,
    shards,
    batch,
    n_critic,
    wire: { format: wire, group_shards: wire === "float32" ? null : shards / groups },
    groups: workers.filter(({ count }) => count > 0),
    fakes_share: FAKES_SHARE,
    streams,
    coordinator_link: null,
    cores: CORES,
    costs,
  };
}

function pointsOfReport(file: string, costs: Costs): Point[] {
  const { samples } = JSON.parse(Deno.readTextFileSync(new URL(file, RESULTS))) as Report;
  const { runs } = samples["Workers behind links"];
  return runs.map(({ mode, setup: { near, far, link, shaping }, timings }) => {
    const alone = runs.find((run) => run.mode.name === mode.name && run.setup.link === null)!;
    const shard_ms = (kind: "critic" | "generator") =>
      median(alone.timings.map(({ shard_ms }) => shard_ms[kind]));
    const { wire, wire_groups: groups } = mode.options as { wire?: WireFormat; wire_groups?: number };
    return {
      name: `${file}: ${mode.name}, ${near} + ${far}, ${link?.name ?? "no link"}, ${shaping}`,
      measured: median(timings.map(({ images_per_second }) => images_per_second)),
      setup: setupOf({
        near,
        far,
        link,
        relayed: shaping === "relay" || (link?.rtt_ms ?? 0) > 0,
        step_ms: { critic: shard_ms("critic"), generator: shard_ms("generator") },
        ...wire && { wire },
        ...groups && { groups },
        streams: true,
        costs,
      }),
    };
  });
}

export function measuredPoints(costs = MEASURED_COSTS): Point[] {
  const { reports, sets } = JSON.parse(Deno.readTextFileSync(new URL("far_points.json", RESULTS))) as Points;
  const points = sets.flatMap(({ shard_ms: step_ms, streams, points }) =>
    points.map(({ near, far, link: text, images_per_second: measured }): Point => {
      const link = text === null ? null : parseLink(text);
      return {
        name: `${near} + ${far}, ${text ?? "no link"}`,
        measured,
        setup: setupOf({ near, far, link, relayed: false, step_ms, streams, costs }),
      };
    })
  );
  return [...points, ...reports.flatMap((file) => pointsOfReport(file, costs))];
}

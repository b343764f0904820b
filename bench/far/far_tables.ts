/** The table of runs over links, and what is required of them. */
import { digits, spreadText, type Table, type Verdict } from "../report/report.ts";
import { median } from "../../common/median.ts";
import { ratios, spreadOf } from "../report/statistics.ts";
import type { FarSetup } from "./far_run.ts";
import type { FarTimings } from "./far_timings.ts";

/** What travels; `options` of the run, by name. */
export interface Mode {
  readonly name: string;
  readonly options: Readonly<Record<string, string | number>>;
}

/** A set-up, and what each round found. */
export interface FarSamples {
  readonly mode: Mode;
  readonly setup: FarSetup;
  readonly timings: FarTimings[];
}

const MOST_OVER_SLOWER_WAY = 1.15;

const speeds = ({ timings }: FarSamples) => timings.map(({ images_per_second }) => images_per_second);
const middle = ({ timings }: FarSamples, of: (timing: FarTimings) => number) => median(timings.map(of));

/** The run of the same mode with one near worker alone. */
function aloneOf({ mode }: FarSamples, all: readonly FarSamples[]): FarSamples {
  return all.find((one) => one.mode === mode && one.setup.link === null)!;
}

/**
 * A critic step without its computing and the round trip, over what the slower way takes for its bytes at the link's rate:
 * 1 if it is never idle, and about 2 if one way waits for the other. Infinity where no such step was seen.
 */
function overSlowerWay({ setup: { link, far } }: FarSamples, { critic_step }: FarTimings): number {
  if (critic_step === null || link === null) return Infinity;
  const { step_ms, computing_ms, up_bytes, down_bytes } = critic_step;
  // Each far worker has a link of its own.
  const way_ms = Math.max(up_bytes / link.up_bps, down_bytes / link.down_bps) * 8_000 / far;
  return (step_ms - computing_ms - link.rtt_ms) / way_ms;
}

function shardsText({ timings }: FarSamples): string {
  const names = Object.keys(timings[0]!.shards);
  const mean = (name: string) => median(timings.map(({ shards }) => shards[name] ?? 0));
  return names.toSorted().map((name) => `${name}: ${mean(name).toFixed(1)}`).join(", ");
}

export function farTables(
  all: readonly FarSamples[],
  distances: ReadonlyMap<string, number>,
  steps: number,
): Table[] {
  const rows = all.map((one) => {
    const { mode, setup: { near, far, link, shaping } } = one;
    return [
      link === null ? "none" : link.name,
      link === null ? "" : shaping,
      mode.name,
      `${near} + ${far}`,
      spreadText(spreadOf(speeds(one))),
      spreadText(spreadOf(ratios(speeds(one), speeds(aloneOf(one, all))))),
      digits(middle(one, ({ step_bytes }) => step_bytes / 1e6)),
      digits(100 * middle(one, ({ waiting }) => waiting)),
      link === null || near > 0 ? "" : digits(middle(one, (timing) => overSlowerWay(one, timing))),
      shardsText(one),
    ];
  });
  return [
    {
      title: "Link, mode, workers",
      columns: [
        ...["link", "made by", "mode", "near + far", "images/s", "over one near alone", "MB a step"],
        ...["waiting, %", "over the slower way", "shards of a step"],
      ],
      rows,
    },
    {
      title: `After ${steps} steps`,
      columns: ["mode", "sliced Wasserstein distance"],
      rows: [...distances].map(([mode, distance]) => [mode, digits(distance)]),
    },
  ];
}

/** What is required of all. */
export function farVerdicts(all: readonly FarSamples[]): Verdict[] {
  return [...speedVerdicts(all), ...all.flatMap(duplexVerdict)];
}

/** Sums go up while weights come down. */
function duplexVerdict(one: FarSamples): Verdict[] {
  const { mode, setup: { near, far, link, shaping }, timings } = one;
  if (link === null || near > 0 || far > 1) return [];
  const found = spreadOf(timings.map((timing) => overSlowerWay(one, timing)));
  return [{
    requirement:
      `Critic step of 1 far behind ${link.name} (${shaping}, ${mode.name}), without computing: at most ` +
      `${MOST_OVER_SLOWER_WAY} of the slower way`,
    found: spreadText(found),
    reached: found.median <= MOST_OVER_SLOWER_WAY,
  }];
}

/** A far worker beside a near one, or a second far one, must not make a run slower. */
function speedVerdicts(all: readonly FarSamples[]): Verdict[] {
  return all.flatMap((one) => {
    const { mode, setup: { near, far, link, shaping } } = one;
    const fewer = near > 0
      ? aloneOf(one, all)
      : all.find(({ mode: its, setup }) =>
        its === mode && setup.link === link && setup.shaping === shaping && setup.near === 0 &&
        setup.far === far - 1
      );
    if (link === null || !fewer) return [];
    const least = near > 0 ? 0.95 : 1;
    const found = spreadOf(ratios(speeds(one), speeds(fewer)));
    const [team, than] = [`${near} near and ${far} far`, near > 0 ? "1 near alone" : `${far - 1} far`];
    return [{
      requirement: `${team} behind ${link.name} (${shaping}, ${mode.name}): at least ${least} of ${than}`,
      found: spreadText(found),
      reached: found.median >= least,
    }];
  });
}

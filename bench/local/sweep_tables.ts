/** The tables of the sweep over local steps, and what is required of them. Pure. */
import { digits, type Table, type Verdict } from "../report/report.ts";
import type { FarTimings } from "../far/far_timings.ts";
import { type DoneCell, type LocalMode, MODES, SYNCHRONOUS } from "./sweep.ts";

/** The longest round whose distance is within this of the synchronous run's is the advice. */
const CLOSE = 0.1;

export interface LocalSpeed extends LocalMode {
  readonly timings: Pick<FarTimings, "images_per_second" | "step_bytes">;
}

export function nameOf({ local_steps, outer }: LocalMode): string {
  return local_steps === 0 ? "synchronous" : `H = ${local_steps}, ${outer}`;
}

const isOf = (mode: LocalMode) => (other: LocalMode) =>
  other.local_steps === mode.local_steps && other.outer === mode.outer;

/** Distances of a mode by seed; `ratio`: the mean over those of the synchronous runs of the same seeds, NaN without any. */
interface Row {
  readonly mode: LocalMode;
  readonly by_seed: ReadonlyMap<number, number>;
  readonly ratio: number;
}

function rowsOf(cells: readonly DoneCell[]): Row[] {
  const distances = (mode: LocalMode) =>
    new Map(cells.filter(isOf(mode)).map(({ seed, sliced_wasserstein }) => [seed, sliced_wasserstein]));
  const synchronous = distances(SYNCHRONOUS);
  return MODES.map((mode) => {
    const by_seed = distances(mode);
    const shared = [...by_seed].filter(([seed]) => synchronous.has(seed));
    const sum = shared.reduce((total, [, distance]) => total + distance, 0);
    const beside = shared.reduce((total, [seed]) => total + synchronous.get(seed)!, 0);
    return { mode, by_seed, ratio: sum / beside };
  });
}

/** One table a preset: distances after the same examples. */
export function distanceTables(cells: readonly DoneCell[]): Table[] {
  const presets = [...new Set(cells.map(({ preset }) => preset))];
  return presets.map((preset) => {
    const own = cells.filter((cell) => cell.preset === preset);
    const seeds = [...new Set(own.map(({ seed }) => seed))].sort((a, b) => a - b);
    return {
      title: `Sliced Wasserstein distance after ${own[0]!.steps} steps of preset ${preset}`,
      columns: ["mode", ...seeds.map((seed) => `seed ${seed}`), "mean over the synchronous one"],
      rows: rowsOf(own).filter(({ by_seed }) => by_seed.size > 0).map(({ mode, by_seed, ratio }) => [
        nameOf(mode),
        ...seeds.map((seed) => by_seed.has(seed) ? digits(by_seed.get(seed)!) : ""),
        Number.isNaN(ratio) ? "" : digits(ratio),
      ]),
    };
  });
}

export function speedTable(speeds: readonly LocalSpeed[], link: string, workers: number): Table {
  const today = speeds.find(isOf(SYNCHRONOUS))?.timings.images_per_second ?? NaN;
  return {
    title: `${workers} workers behind ${link} each`,
    columns: ["mode", "images/s", "over the synchronous run", "MB a step"],
    rows: speeds.map(({ timings: { images_per_second, step_bytes }, ...mode }) => [
      nameOf(mode),
      digits(images_per_second),
      digits(images_per_second / today),
      digits(step_bytes / 1e6),
    ]),
  };
}

/** For each preset the longest round that costs little, and whether it is fast enough. */
export function localVerdicts(cells: readonly DoneCell[], speeds: readonly LocalSpeed[]): Verdict[] {
  const presets = [...new Set(cells.map(({ preset }) => preset))];
  const today = speeds.find(isOf(SYNCHRONOUS))?.timings.images_per_second ?? NaN;
  return presets.flatMap((preset) => {
    const close = rowsOf(cells.filter((cell) => cell.preset === preset))
      .filter(({ mode, ratio }) => mode.local_steps > 0 && ratio <= 1 + CLOSE);
    const longest = close.at(-1)?.mode;
    const speed = longest && speeds.find(isOf(longest))?.timings.images_per_second;
    const gain = (speed ?? NaN) / today;
    const found = longest === undefined
      ? "none"
      : `${nameOf(longest)}${speed === undefined ? "" : `, ${digits(gain)} times as fast`}`;
    return [{
      requirement:
        `${preset}: the longest round within 10 % of the synchronous distance makes at least 20 times its images/s`,
      found,
      reached: gain >= 20,
    }];
  });
}

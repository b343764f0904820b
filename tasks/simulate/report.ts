/** What a simulation found, as text. */
import { counted } from "../../common/text/counted.ts";
import { wrapLine } from "../../common/text/wrap.ts";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { MAX_SHARDS } from "../../coordinator/data/plan.ts";
import { type Column, layOut } from "../../inspect/columns.ts";
import { bestMode, bindingPart, type ModeOutcome } from "../../simulation/advice.ts";
import type { Part, Simulated } from "../../simulation/measure.ts";
import type { Found } from "../../simulation/best_groups.ts";
import { localStep, type Mode, ringStep, shortestOfTeams } from "../../simulation/physics.ts";
import { numWorkers, type Setup, type WorkerGroup } from "../../simulation/setup.ts";
import type { Plan } from "./plan.ts";

const PART_NAMES: Readonly<Record<Part, string>> = {
  computing: "computing",
  worker_link: "a worker's link",
  coordinator_link: "the coordinator's link",
  coordinator: "the coordinator's processor",
  round_trips: "round trips",
};

/** A line of the table. */
interface Row extends ModeOutcome {
  readonly setup: Setup;
  readonly option: string;
  readonly step_ms: number;
  /** null: predicted. */
  readonly simulated: Simulated | null;
}

/** Two or three digits that matter, thousands apart. */
function figure(value: number): string {
  const digits = value >= 100 || value === 0 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function optionOf({ format, group_shards }: Setup["wire"], shards: number): string {
  if (group_shards === null) return `--wire ${format}`;
  const groups = shards / group_shards;
  return `--wire ${format}${groups === shards ? "" : ` --wire-groups ${groups}`}`;
}

function rowsOf({ local }: Plan, found: readonly [Found, ...Found[]]): [Row, ...Row[]] {
  const rows = found.map(({ setup, simulated }): Row => {
    const { images_per_second, step_ms } = simulated;
    const mode: Mode = { format: setup.wire.format, local_steps: 1 };
    const option = optionOf(setup.wire, setup.shards);
    return { mode, setup, option, images_per_second, step_ms, simulated };
  });
  const [{ setup }] = found;
  const predicted = local.map((mode): Row => {
    const step_ms = localStep(setup, mode);
    const images_per_second = 1000 * setup.batch / step_ms;
    return {
      mode,
      setup,
      option: `--local-steps ${mode.local_steps}`,
      images_per_second,
      step_ms,
      simulated: null,
    };
  });
  return [rows[0]!, ...rows.slice(1), ...predicted];
}

const COLUMNS: readonly Column[] = [
  { title: "mode", align: "left" },
  { title: "images/s", align: "right" },
  { title: "step, ms", align: "right", expendable: 2 },
  { title: "MB a step", align: "right", expendable: 3 },
  { title: "possible images/s", align: "right", expendable: 1 },
  { title: "limited by", align: "left" },
];

function cellsOf({ setup, mode, option, images_per_second, step_ms, simulated }: Row): string[] {
  const possible = 1000 * setup.batch / shortestOfTeams(setup, mode);
  return [
    option,
    figure(images_per_second),
    figure(step_ms),
    simulated === null ? "" : figure(simulated.step_bytes / 1e6),
    figure(possible),
    simulated === null ? "(predicted)" : PART_NAMES[bindingPart(simulated.parts)],
  ];
}

/** The figures of a report as JSON: times in ms, rates in images/s. What a mode does not have is null. */
export function reportJson(plan: Plan, found: readonly [Found, ...Found[]]): string {
  const [{ setup, simulated }] = found;
  const rows = rowsOf(plan, found), best = bestMode(rows);
  const modes = rows.map((row) => ({
    option: row.option,
    images_per_second: row.images_per_second,
    step_ms: row.step_ms,
    possible_images_per_second: 1000 * row.setup.batch / shortestOfTeams(row.setup, row.mode),
    is_predicted: row.simulated === null,
    step_bytes: row.simulated?.step_bytes ?? null,
    parts_ms: row.simulated?.parts ?? null,
    limited_by: row.simulated && bindingPart(row.simulated.parts),
  }));
  return JSON.stringify(
    {
      preset: plan.preset,
      batch: setup.batch,
      shards: setup.shards,
      workers: numWorkers(setup),
      workers_computing: simulated.num_working,
      ring_step_ms: ringStep(setup),
      best: best.option,
      modes,
    },
    null,
    2,
  );
}

/** The lines of a report, for a terminal of so many columns. */
export function reportLines(plan: Plan, found: readonly [Found, ...Found[]], columns: number): string[] {
  const [{ setup, simulated }] = found;
  const rows = rowsOf(plan, found);
  const paragraphs = [
    aboutRun(plan),
    aboutWorkers(setup),
    null,
    aboutParts(rows[0]),
    aboutWorking(setup, simulated),
    aboutRing(setup),
    aboutBest(rows),
    ...notes(setup),
  ];
  return paragraphs.flatMap((text) => {
    return text === null ? ["", ...layOut(COLUMNS, rows.map(cellsOf), columns), ""] : wrapLine(text, columns);
  });
}

function aboutRun({ preset, setups: [{ batch, shards, n_critic, sizes: { weights } }] }: Plan): string {
  const { batch: preset_batch, shards: preset_shards } = PRESETS[preset];
  const megabytes = (numbers: number) => `${figure(4 * numbers / 1e6)} MB`;
  return `${preset}: ${counted(batch, "example")} a step in ${counted(shards, "shard")} of ${
    batch / shards
  } ` +
    `(the preset has ${preset_batch} in ${preset_shards}), ${
      counted(n_critic, "critic step")
    } for each generator step; weights of ${megabytes(weights.critic)} and ${megabytes(weights.generator)}.`;
}

function aboutWorkers({ groups, coordinator_link, cores }: Setup): string {
  const workers = groups.map(groupText).join("; ");
  const link = coordinator_link === null
    ? "The coordinator's own link is assumed to be fast enough for all (--coordinator-link)"
    : `The coordinator receives ${figure(coordinator_link.down_bps / 1e6)} Mbit/s and sends ` +
      `${figure(coordinator_link.up_bps / 1e6)}`;
  return `${workers}. ${link}; it has ${counted(cores, "core")}.`;
}

function groupText({ name, count, threads, step_ms, link }: WorkerGroup): string {
  const where = link === null
    ? "on its machine"
    : `behind ${figure(link.down_bps / 1e6)} Mbit/s down, ${figure(link.up_bps / 1e6)} up, ${
      figure(link.rtt_ms)
    } ms`;
  return `${name}: ${counted(count, "worker")} ${where}, ${counted(threads, "thread")} each, ` +
    `${figure(step_ms.critic)} ms a shard`;
}

function aboutParts({ option, simulated, step_ms }: Row): string {
  const parts = Object.entries(simulated!.parts as Record<Part, number>).filter(([, ms]) => ms > 0)
    .map(([part, ms]) => `${PART_NAMES[part as Part]} ${figure(ms)}`).join(", ");
  return `Of a step of ${figure(step_ms)} ms with ${option}, in ms: ${parts}.`;
}

function aboutWorking(setup: Setup, { num_working, shards, told }: Simulated): string {
  const workers = numWorkers(setup);
  const each = [...shards].map(([name, count]) => `${name} ${figure(count)}`).join(", ");
  if (num_working === workers) return `All workers compute; shards of a step: ${each}.`;
  const reason = told.find((line) => line.startsWith("uneven speeds"))?.replace(/^[^.]*\. /, "");
  return `${
    counted(num_working, "worker")
  } of ${workers} compute, the others are spare; shards of a step: ${each}` +
    `${reason === undefined ? "" : `. ${reason}`}.`;
}

function aboutRing(setup: Setup): string {
  return `A ring all-reduce over the same links would take at least ${
    figure(ringStep(setup))
  } ms a step in float32.`;
}

function aboutBest(rows: readonly [Row, ...Row[]]): string {
  const best = bestMode(rows), [first] = rows;
  if (best === first) return `Use ${first.option}: nothing else makes 10 % more images a second.`;
  const times = figure(best.images_per_second / first.images_per_second);
  const predicted = best.simulated === null ? " (predicted)" : "";
  return `Use ${best.option}: ${times} times the images a second of ${first.option}${predicted}. ` +
    "docs/slow-links.md says how it changes the result.";
}

function notes({ shards }: Setup): string[] {
  return shards > MAX_SHARDS
    ? [`A run has at most ${counted(MAX_SHARDS, "shard")} today: this one could not be started.`]
    : [];
}

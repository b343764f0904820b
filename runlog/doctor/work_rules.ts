/** Rules over where the time goes and who works. */
import { median } from "../../common/median.ts";
import { WIRE_BYTES, WIRE_FORMATS, type WireFormat } from "../../common/wire_format.ts";
import type { Summary } from "../summary/summary.ts";
import { type Evidence, percent, type Rule, short } from "./rule.ts";

/** Shorter steps are bound by the round trip whatever one does, and short in any case. */
const MIN_STEP_MS = 20;
const MIN_STEPS = 100;
/** So long without work, a worker is idle. */
const IDLE_STEPS = 50;
const MOST = 0.5;
const SLOW = 3;
/** Faults per step that are no longer single events. */
const FAULT_RATE = 1e-3;
const MIN_FAULTS = 10;

/** Mean milliseconds by phase, where there are enough steps of a length that matters. */
function meansOf({ timings, steps }: Summary) {
  const of = (phase: keyof typeof timings) => timings[phase].mean_ms ?? 0;
  const total = of("total");
  if (steps < MIN_STEPS || total < MIN_STEP_MS) return null;
  const wait = of("wait");
  return { total, compute: of("compute"), wire: wait - of("compute"), own: total - wait };
}

const wholeRun = ({ steps }: Summary) => ({ first_step: 1, last_step: steps });

const TRAVELS =
  `A mean step takes ${MIN_STEP_MS} ms or more, and during at least ${
    percent(MOST)
  } of it the coordinator waits ` +
  "although no worker is computing.";

/** Workers that `deno task train` starts, all on the coordinator's machine, have such names. */
const OWN_WORKER = /^local-\d+$/;

function travels(summary: Summary, on_one_machine: boolean): Evidence | null {
  const ms = meansOf(summary);
  if (!ms || ms.wire < MOST * ms.total) return null;
  if (summary.workers.every(({ name }) => OWN_WORKER.test(name)) !== on_one_machine) return null;
  const [share, total] = [percent(ms.wire / ms.total), short(ms.total)];
  const gain = largerBatchGain(ms);
  const farthest = on_one_machine ? null : farthestOf(summary);
  return {
    seen: `In ${share} of a step of ${total} ms the coordinator waits although no worker is computing` +
      (farthest ? `; the messages of worker ${farthest.worker} (${farthest.name}) ${farthest.words}` : "") +
      `; with ${LARGER_BATCH} times the --batch, images/s would be about ${short(gain)} times as high`,
    ...wholeRun(summary),
    numbers: {
      share: ms.wire / ms.total,
      total_ms: ms.total,
      larger_batch_gain: gain,
      ...!on_one_machine && gainsOf(summary),
      ...farthest && { worker: farthest.worker, wire_ms: farthest.wire_ms },
    },
  };
}

const LARGER_BATCH = 4;

/** Images per second with a larger batch over those now: it computes for longer and travels no slower. */
function largerBatchGain({ total, compute }: { total: number; compute: number }): number {
  return LARGER_BATCH * total / (total + (LARGER_BATCH - 1) * compute);
}

/** The worker whose answers take longest on the way, in figures; null where the log does not say. */
function farthestOf({ workers }: Summary) {
  const timed = workers.filter(({ wire_ms_per_step }) => (wire_ms_per_step ?? null) !== null);
  if (timed.length === 0) return null;
  const far = timed.reduce((a, b) => b.wire_ms_per_step! > a.wire_ms_per_step! ? b : a);
  const [wire_ms, shard_ms] = [far.wire_ms_per_step!, far.compute_ms_per_shard!];
  const words = `travel for ${short(wire_ms)} ms in each step, and it computes a shard in ${
    short(shard_ms)
  } ms`;
  return { worker: far.worker, name: far.name, wire_ms, words };
}

const NEARER =
  "Use fewer workers, workers with a faster connection, or a larger --batch (which sends no more bytes)";
/** Where there is but one. */
const NEARER_ALONE = "Use a faster connection, or a larger --batch (which sends no more bytes)";

const wire_bound: Rule = {
  code: "wire-bound",
  spoils: "speed",
  condition: `${TRAVELS} Only if a worker was not started by deno task train.`,
  cause:
    "Sending gradients and weights takes longer than computing them: the network is slow, the machines are busy with " +
    "other programs, or there are too many workers",
  change:
    `${NEARER}; or start a new run with --wire int8 or bfloat16, which send about a quarter and half of the bytes, or ` +
    "with --local-steps, which sends them once a round (docs/local-steps.md)",
  find(summary) {
    const evidence = travels(summary, false);
    const nearer = present(summary).length > 1 ? NEARER : NEARER_ALONE;
    return evidence && { ...evidence, change: `${nearer}${fewerBytes(summary)}` };
  },
};

/** Formats that move fewer bytes, those that move least first. */
const FEWER_BYTES = ["int8", "bfloat16"] as const;

/** What a new run would save, and gain at most, whose sums and weights travel rounded, one group of shards a worker. */
function savings(summary: Summary) {
  const { config: { wire = "float32", shards, local_steps = null }, steps, bytes_in, bytes_out } = summary;
  const ms = meansOf(summary);
  if (typeof shards !== "number" || !isWireFormat(wire) || ms === null) return [];
  // Learners' states are not rounded.
  if (local_steps !== null) return [];
  const workers = present(summary).filter(({ shards_computed }) => shards_computed > 0).length;
  let groups = shards;
  while (Number.isInteger(groups / 2) && groups / 2 >= workers) groups /= 2;
  const now_bytes = (bytes_in + bytes_out) / steps;
  return FEWER_BYTES.filter((format) => WIRE_BYTES[format] < WIRE_BYTES[wire]).map((format) => {
    const share = WIRE_BYTES[format] / WIRE_BYTES[wire];
    return {
      format,
      option: groups === shards ? `--wire ${format}` : `--wire ${format} --wire-groups ${groups}`,
      now_bytes,
      then_bytes: now_bytes * share,
      // Round trips and waiting for others are a part of the way, too, and stay.
      gain: ms.total / (ms.total - (1 - share) * ms.wire),
    };
  });
}

/** Images per second by format, at most, over those now. */
function gainsOf(summary: Summary): Record<string, number> {
  return Object.fromEntries(savings(summary).map(({ format, gain }) => [`${format}_gain`, gain]));
}

function isWireFormat(text: unknown): text is WireFormat {
  return (WIRE_FORMATS as readonly unknown[]).includes(text);
}

/** What else sends less. */
function onceARound({ config: { local_steps = null } }: Summary): string {
  return typeof local_steps === "number"
    ? `; or start a new run with longer rounds than --local-steps ${local_steps}`
    : "; or start a new run with --local-steps, which sends once a round (docs/local-steps.md)";
}

function fewerBytes(summary: Summary): string {
  return savings(summary).map(({ option, now_bytes, then_bytes, gain }) =>
    `; or start a new run with ${option}, which would send about ${
      inMegabytes(then_bytes)
    } a step instead of ` +
    `${inMegabytes(now_bytes)} and make at most ${short(gain)} times the images/s`
  ).join("") + onceARound(summary);
}

function inMegabytes(bytes: number): string {
  return `${short(bytes / 1e6)} MB`;
}

const overhead_bound: Rule = {
  code: "overhead-bound",
  spoils: "speed",
  condition: `${TRAVELS} Only if deno task train started all workers, so that no network is involved.`,
  cause:
    "Distributing the work takes longer than the work itself: there are too many workers for these cores, or other programs use them",
  change: "Use fewer --workers or a larger --batch, or stop other programs",
  find: (summary) => travels(summary, true),
};

const starving: Rule = {
  code: "workers-starving",
  spoils: "speed",
  condition: `A mean step takes ${MIN_STEP_MS} ms or more, and the coordinator's own work is at least ` +
    `${percent(MOST)} of it: receiving and adding gradients, updating and sending weights, writing the log.`,
  cause: "The coordinator's machine is too slow or too busy for these networks",
  change: "Move workers to other machines, run the coordinator where a core is free, or use a larger --batch",
  find(summary) {
    const ms = meansOf(summary);
    if (!ms || ms.own < MOST * ms.total) return null;
    return {
      seen: `The coordinator itself takes ${percent(ms.own / ms.total)} of a step of ${short(ms.total)} ms`,
      ...wholeRun(summary),
      numbers: { share: ms.own / ms.total, total_ms: ms.total },
    };
  },
};

/** Workers of the present incarnation that are still in. */
function present({ workers, incarnations }: Summary) {
  const current = Math.max(0, ...workers.map(({ incarnation }) => incarnation), incarnations - 1);
  return workers.filter(({ left, incarnation }) => left === null && incarnation === current);
}

const idle: Rule = {
  code: "worker-idle",
  spoils: "speed",
  condition:
    `A connected worker has computed nothing in the last ${IDLE_STEPS} steps of at least ${MIN_STEPS}.`,
  cause:
    "All workers together have more threads than the run has shards, or steps were shorter without these workers, or " +
    "they answered late: then wagon tries them again from time to time",
  change:
    "Wait whether they are given work, or stop them; with more threads than shards, start a new run with --for-workers " +
    "(its results will differ)",
  find(summary) {
    if (summary.steps < MIN_STEPS) return null;
    // A spare worker computes some steps now and then, which shows whether they are shorter with it.
    const spare = present(summary).filter(({ last_step }) => summary.steps - (last_step ?? 0) >= IDLE_STEPS);
    if (spare.length === 0) return null;
    return {
      seen: `There is no work for ${
        spare.map(({ worker, name }) => `worker ${worker} (${name})`).join(", ")
      }`,
      ...wholeRun(summary),
      numbers: { workers: spare.length },
    };
  },
};

const slow: Rule = {
  code: "worker-slow",
  spoils: "speed",
  condition:
    `A connected worker takes more than ${SLOW} times as long for a shard as the median of the others.`,
  cause:
    "Each step waits for the slowest worker, and this worker's machine is slower or busier than the others",
  change: "Give this worker more --threads, or stop it if the images per second do not fall",
  find(summary) {
    const working = present(summary).filter((worker) => worker.compute_ms_per_shard !== null);
    if (working.length < 2 || summary.steps < MIN_STEPS) return null;
    const slowest = working.reduce((a, b) => b.compute_ms_per_shard! > a.compute_ms_per_shard! ? b : a);
    const others = working.filter((worker) => worker !== slowest);
    const usual = median(Float64Array.from(others, (worker) => worker.compute_ms_per_shard!));
    const found = slowest.compute_ms_per_shard!;
    if (found <= SLOW * usual) return null;
    return {
      seen: `Worker ${slowest.worker} (${slowest.name}) takes ${short(found)} ms for a shard, the ` +
        `others ${short(usual)} ms`,
      first_step: slowest.first_step ?? 1,
      last_step: slowest.last_step ?? summary.steps,
      numbers: { worker: slowest.worker, slowest_ms: found, median_ms: usual },
    };
  },
};

const faults: Rule = {
  code: "faults-often",
  spoils: "speed",
  condition: `There were more than ${MIN_FAULTS} faults, and more than one in ${1 / FAULT_RATE} steps.`,
  cause: "Workers or connections fail often; the results are right, but some work is done twice",
  change: "Read the faults in deno task inspect RUN, and check the machines and the network that they name",
  find(summary) {
    const { num_faults, steps, faults } = summary;
    if (num_faults <= Math.max(MIN_FAULTS, FAULT_RATE * steps)) return null;
    return {
      seen: `${num_faults} faults in ${steps} steps`,
      first_step: faults[0]?.step ?? 1,
      last_step: faults.at(-1)?.step ?? steps,
      numbers: { faults: num_faults, steps },
    };
  },
};

export const WORK_RULES: readonly Rule[] = [wire_bound, overhead_bound, starving, idle, slow, faults];

/** What results and weights of many workers cost the coordinator, beside a copy of memory and bare sockets. */
import type { BenchContext } from "./context.ts";
import type { CostAnswer, CostQuestion } from "./coordinator/cost_meter.ts";
import { PeerProcess } from "./peers/peer_process.ts";
import { digits, type Section, spreadText, type Verdict } from "./report/report.ts";
import { median } from "../common/median.ts";
import { ratios, spreadOf } from "./report/statistics.ts";

const CRITIC = 533_505;
const WORKERS = [1, 4, 16, 64];
/** Numbers of the critic for 16 workers: is the time linear in bytes? */
const SIZES = [CRITIC, 4 * CRITIC];
const MODES = ["workers", "bare", "copy"] as const;
/** At least so much is moved for each sample. */
const SAMPLE_BYTES = 1e9;
const MOST_COPIES = 1.5;

type Mode = typeof MODES[number];
type Setup = Pick<CostQuestion, "num_workers" | "num_gradients">;

interface Cost {
  readonly setup: Setup;
  readonly answers: Readonly<Record<Mode, CostAnswer[]>>;
}

function setups(): Setup[] {
  const many = WORKERS.map((num_workers) => ({ num_workers, num_gradients: CRITIC }));
  const large = SIZES.slice(1).map((num_gradients) => ({ num_workers: 16, num_gradients }));
  return [...many, ...large];
}

/** Each answer from a process of its own, so that none has the other's memory. */
async function ask(question: CostQuestion): Promise<CostAnswer> {
  const coordinator = PeerProcess.deno("coordinator", "coordinator/coordinator_process.ts");
  try {
    return await coordinator.ask<CostAnswer>(question);
  } finally {
    await coordinator.close();
  }
}

async function measure({ run_rounds, say }: BenchContext): Promise<Cost[]> {
  const costs: Cost[] = setups().map((setup) => ({ setup, answers: { workers: [], bare: [], copy: [] } }));
  for (let round = 0; round < run_rounds; round++) {
    for (const { setup, answers } of round % 2 === 0 ? costs : costs.toReversed()) {
      const { num_workers, num_gradients } = setup;
      say(
        `coordinator, round ${
          round + 1
        } of ${run_rounds}: ${num_workers} workers, ${num_gradients} gradients`,
      );
      const steps = Math.max(3, Math.ceil(SAMPLE_BYTES / (8 * num_workers * num_gradients)));
      for (const mode of MODES) answers[mode].push(await ask({ mode, ...setup, steps }));
    }
  }
  return costs;
}

const cpu = (answers: readonly CostAnswer[]) => answers.map(({ cpu_ms }) => cpu_ms);

/** The coordinator's own time, without what bare sockets take, over that of a copy. */
function copies({ answers: { workers, bare, copy } }: Cost): number[] {
  return ratios(workers.map(({ cpu_ms }, i) => cpu_ms - bare[i]!.cpu_ms), cpu(copy));
}

function row(cost: Cost): string[] {
  const { setup: { num_workers, num_gradients }, answers: { workers, bare, copy } } = cost;
  const megabytes = median(workers.map(({ step_bytes }) => step_bytes)) / 1e6;
  return [
    `${num_workers}`,
    digits(4 * num_gradients / 1e6),
    digits(megabytes),
    spreadText(spreadOf(cpu(workers))),
    spreadText(spreadOf(cpu(bare))),
    spreadText(spreadOf(cpu(copy))),
    digits(median(cpu(workers)) / megabytes),
    spreadText(spreadOf(copies(cost))),
    digits(median(workers.map(({ memory_bytes }) => memory_bytes)) / 1e6),
  ];
}

function verdicts(costs: readonly Cost[]): Verdict[] {
  return costs.filter(({ setup }) => setup.num_workers === Math.max(...WORKERS)).map((cost) => {
    const found = spreadOf(copies(cost));
    return {
      requirement:
        `${cost.setup.num_workers} workers: the coordinator's own time at most ${MOST_COPIES} x a copy of the ` +
        "bytes moved",
      found: spreadText(found),
      reached: found.median <= MOST_COPIES,
    };
  });
}

export async function benchCoordinator(context: BenchContext): Promise<Section> {
  const costs = await measure(context);
  return {
    title: "The coordinator's own cost",
    about:
      "Critic steps of scripted workers, all in one process and over real sockets, whose sums are prepared " +
      "beforehand. Time is the processor's, over all threads of the coordinator's process, in a mean step. **bare** moves " +
      "the same bytes in as many messages over the same sockets and does nothing with them; **copy** copies them in memory. " +
      "**own / copy** is the coordinator's time without bare's, over copy's.",
    tables: [{
      title: "A critic step",
      columns: [
        ...["workers", "MB a result", "MB a step", "coordinator, ms", "bare, ms", "copy, ms", "ms for a MB"],
        ...["own / copy", "memory, MB"],
      ],
      rows: costs.map(row),
    }],
    verdicts: verdicts(costs),
    samples: costs,
  };
}

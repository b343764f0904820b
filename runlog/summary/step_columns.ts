/**
 * Steps of a summary, in memory that does not grow with the run: the last 65,536 to 131,072 steps
 * as they were, one column for each number, so that what is said of them is exact and a resume can take steps
 * back; of the steps before, the moments of blocks, which grow wider as the run grows longer.
 */
import { combined, meanOf, type Moments, momentsOf, NO_MOMENTS, shareOf } from "./moments.ts";
import type { StepFacts } from "../log/step_facts.ts";

/** The columns. Times are in milliseconds; what a step does not have is NaN. */
export const COLUMNS = [
  "step",
  "generator_step",
  "epoch",
  /** NaN where the objective estimates no distance. */
  "wasserstein_estimate",
  /** mean D(x) - mean D(G(z)). */
  "score_gap",
  "loss_critic",
  /** NaN in steps without a generator step. */
  "loss_generator",
  "total",
  "wait",
  /** Part of `wait`: what the slowest worker spent computing. */
  "compute",
  "sum",
  "update",
  "send",
  /** Part of `total`: what is in no other. */
  "other",
] as const;
export type Column = typeof COLUMNS[number];
type Row = Readonly<Record<Column, number>>;

/** So many steps are kept as they were at most; then the older half becomes blocks. */
const MAX_ROWS = 1 << 17;
/** Steps of the first blocks. */
const BLOCK_ROWS = 1 << 10;
/** With more, blocks are joined two by two. */
const MAX_BLOCKS = 1 << 11;

/** A stretch of steps. */
export interface Stretch {
  readonly first_step: number;
  readonly last_step: number;
  readonly num_steps: number;
  of(column: Column): Moments;
}

interface Block {
  readonly num_steps: number;
  readonly first_step: number;
  readonly last: Row;
  readonly moments: Readonly<Record<Column, Moments>>;
}

function mapColumns<T>(of: (column: Column) => T): Record<Column, T> {
  return Object.fromEntries(COLUMNS.map((column) => [column, of(column)])) as Record<Column, T>;
}

function joined(a: Block, b: Block): Block {
  return {
    num_steps: a.num_steps + b.num_steps,
    first_step: a.first_step,
    last: b.last,
    moments: mapColumns((column) => combined(a.moments[column], b.moments[column])),
  };
}

/** The block without its steps after `step`, as if all its steps were alike. */
function cutAfter(block: Block, step: number): Block {
  const share = (step - block.first_step + 1) / (block.last.step - block.first_step + 1);
  return {
    num_steps: Math.round(block.num_steps * share),
    first_step: block.first_step,
    last: { ...block.last, step },
    moments: mapColumns((column) => shareOf(block.moments[column], share)),
  };
}

/** Time that the slowest worker of a step spent in ONNX Runtime, its threads side by side. */
function computeTime({ workers, wait }: StepFacts, threadsOf: (worker: number) => number): number {
  let slowest_ms = 0;
  for (const { id, shards, compute_ms } of workers) {
    const side_by_side = Math.max(1, Math.min(threadsOf(id), shards));
    slowest_ms = Math.max(slowest_ms, compute_ms / side_by_side);
  }
  return Math.min(slowest_ms, wait);
}

export class StepColumns {
  #length = 0;
  #columns = mapColumns(() => new Float64Array(1024));
  #blocks: Block[] = [];
  #block_rows: number;
  readonly #max_rows: number;

  /** `max_rows`: a power of two; tests take a small one. */
  constructor(max_rows = MAX_ROWS) {
    this.#max_rows = max_rows;
    this.#block_rows = Math.min(BLOCK_ROWS, max_rows / 4);
  }

  /** Steps that are kept as they were. */
  get length(): number {
    return this.#length;
  }

  /** All steps. */
  get num_steps(): number {
    return this.#blocks.reduce((sum, block) => sum + block.num_steps, this.#length);
  }

  /** The rows begin..end of a column; a view that the next `add` may leave behind. */
  column(name: Column, begin = 0, end = this.#length): Float64Array {
    return this.#columns[name].subarray(begin, Math.min(end, this.#length));
  }

  /** The last step's entry; null before the first. */
  last(name: Column): number | null {
    if (this.#length > 0) return this.#columns[name][this.#length - 1]!;
    return this.#blocks.at(-1)?.last[name] ?? null;
  }

  /** Mean over all steps. */
  mean(name: Column): number | null {
    const before = this.#blocks.reduce((sum, { moments }) => combined(sum, moments[name]), NO_MOMENTS);
    return meanOf(combined(before, momentsOf(this.column(name))));
  }

  /** All steps in stretches of equal length, at most about `count`; the last may be shorter. */
  stretches(count: number): Stretch[] {
    const num_steps = Math.max(1, Math.ceil(this.num_steps / count));
    const stretches: Stretch[] = [];
    let open: Block | null = null;
    for (const block of this.#blocks) {
      open = open ? joined(open, block) : block;
      if (open.num_steps < num_steps) continue;
      stretches.push(stretchOf(open));
      open = null;
    }
    if (open) stretches.push(stretchOf(open));
    for (let begin = 0; begin < this.#length; begin += num_steps) {
      stretches.push(this.#stretch(begin, begin + num_steps));
    }
    return stretches;
  }

  #stretch(begin: number, end: number): Stretch {
    const steps = this.column("step", begin, end);
    return {
      first_step: steps[0]!,
      last_step: steps.at(-1)!,
      num_steps: steps.length,
      of: (column) => momentsOf(this.column(column, begin, end)),
    };
  }

  /** Adds a step. A step that is there already, and all after it, are taken back first. */
  add(facts: StepFacts, threadsOf: (worker: number) => number): void {
    this.takeBackAfter(facts.step - 1);
    if (this.#length === this.#max_rows) this.#foldOlderHalf();
    if (this.#length === this.#columns.step.length) this.#grow();
    const { total, wait, sum, update, send } = facts;
    const at = this.#length++;
    const columns = this.#columns;
    columns.step[at] = facts.step;
    columns.generator_step[at] = facts.generator_step;
    columns.epoch[at] = facts.epoch;
    columns.wasserstein_estimate[at] = facts.wasserstein_estimate;
    columns.score_gap[at] = facts.mean_real - facts.mean_fake;
    columns.loss_critic[at] = facts.loss_critic;
    columns.loss_generator[at] = facts.loss_generator;
    columns.total[at] = total;
    columns.wait[at] = wait;
    columns.compute[at] = computeTime(facts, threadsOf);
    columns.sum[at] = sum;
    columns.update[at] = update;
    columns.send[at] = send;
    columns.other[at] = total - wait - sum - update - send;
  }

  /** Takes back all steps larger than `step`. What lies within a block is then as the block's mean was. */
  takeBackAfter(step: number): void {
    while (this.#length > 0 && this.#columns.step[this.#length - 1]! > step) this.#length--;
    if (this.#length > 0) return;
    while (this.#blocks.length > 0 && this.#blocks.at(-1)!.first_step > step) this.#blocks.pop();
    const last = this.#blocks.at(-1);
    if (last && last.last.step > step) this.#blocks[this.#blocks.length - 1] = cutAfter(last, step);
  }

  #foldOlderHalf(): void {
    const half = this.#length / 2;
    for (let begin = 0; begin < half; begin += this.#block_rows) {
      const end = Math.min(half, begin + this.#block_rows);
      this.#blocks.push({
        num_steps: end - begin,
        first_step: this.#columns.step[begin]!,
        last: mapColumns((column) => this.#columns[column][end - 1]!),
        moments: mapColumns((column) => momentsOf(this.column(column, begin, end))),
      });
    }
    for (const name of COLUMNS) this.#columns[name].copyWithin(0, half, this.#length);
    this.#length -= half;
    if (this.#blocks.length > MAX_BLOCKS) this.#joinBlocks();
  }

  #joinBlocks(): void {
    const pairs: Block[] = [];
    for (let i = 0; i < this.#blocks.length; i += 2) {
      const [a, b] = [this.#blocks[i]!, this.#blocks[i + 1]];
      pairs.push(b ? joined(a, b) : a);
    }
    this.#blocks = pairs;
    this.#block_rows = Math.min(2 * this.#block_rows, this.#max_rows / 2);
  }

  #grow(): void {
    for (const name of COLUMNS) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#columns[name]);
      this.#columns[name] = larger;
    }
  }
}

function stretchOf({ num_steps, first_step, last, moments }: Block): Stretch {
  return { first_step, last_step: last.step, num_steps, of: (column) => moments[column] };
}

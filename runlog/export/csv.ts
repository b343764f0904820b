/** Every series of a run as tables for spreadsheets and programs: one CSV file (RFC 4180) for each kind. */
import { FEATURE_MEASURES } from "../measures.ts";
import type { RecordOf, RunRecord } from "../records.ts";

type Cell = number | string | undefined;

/** Titles of each table, by file name. */
export const TABLES = {
  "steps.csv": [
    "step",
    "generator_step",
    "epoch",
    "batch",
    "wasserstein_estimate",
    "loss_critic",
    "mean_real",
    "mean_fake",
    "loss_generator",
    "total_ms",
    "wait_ms",
    "sum_ms",
    "update_ms",
    "send_ms",
    "bytes_in",
    "bytes_out",
    "time_ms",
  ],
  "workers.csv": ["step", "worker", "shards", "compute_ms", "elapsed_ms"],
  "heldout.csv": ["step", "critic_cost", "mean_real", "mean_training", "mean_fake"],
  "evaluations.csv": [
    "step",
    "sliced_wasserstein",
    "num_samples",
    "modes",
    "modes_covered",
    "high_quality",
    ...FEATURE_MEASURES,
    "raw_sliced_wasserstein",
    "nearest_training_samples",
    "nearest_training_held_out",
  ],
  "samples.csv": ["step", "file", "diversity"],
  "vitals.csv": ["step", "clipped"],
  "gradients.csv": ["step", "network", "tensor", "gradient"],
} as const;
export type TableName = keyof typeof TABLES;

/** A row of a table, without its end. What is missing is empty. */
export interface Row {
  readonly table: TableName;
  readonly text: string;
}

/** One line of titles for each table. */
export function titleRows(): Row[] {
  return (Object.keys(TABLES) as TableName[]).map((table) => ({ table, text: TABLES[table].join(",") }));
}

function row(table: TableName, ...cells: Cell[]): Row {
  return { table, text: cells.map(cellText).join(",") };
}

/** Text that a spreadsheet would compute as a formula; a file of somebody else may have named a tensor so. */
const FORMULA = /^[=+\-@\t\r]/;

function cellText(cell: Cell): string {
  const plain = cell === undefined ? "" : String(cell);
  const text = typeof cell === "string" && FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows that a record adds. */
export function rowsOf(record: RunRecord): Row[] {
  switch (record.type) {
    case "step":
      return stepRows(record);
    case "heldout": {
      const { step, critic_cost, mean_real, mean_training, mean_fake } = record;
      return [row("heldout.csv", step, critic_cost, mean_real, mean_training, mean_fake)];
    }
    case "evaluation": {
      const { step, sliced_wasserstein, num_samples, modes } = record;
      const about_modes = [modes?.count, modes?.covered, modes?.high_quality];
      const figures = FEATURE_MEASURES.map((name) => record[name]);
      const { raw_sliced_wasserstein: raw, nearest_training: near } = record;
      return [
        row(
          "evaluations.csv",
          step,
          sliced_wasserstein,
          num_samples,
          ...about_modes,
          ...figures,
          raw,
          near?.samples,
          near?.held_out,
        ),
      ];
    }
    case "sample":
      return [row("samples.csv", record.step, record.file, record.diversity)];
    case "vitals":
      return [row("vitals.csv", record.step, record.clipped), ...gradientRows(record)];
    default:
      return [];
  }
}

function stepRows(record: RecordOf<"step">): Row[] {
  const { step, ms } = record;
  const all = row(
    "steps.csv",
    step,
    record.generator_step,
    record.epoch,
    record.batch,
    record.wasserstein_estimate,
    record.loss_critic,
    record.mean_real,
    record.mean_fake,
    record.generator?.loss,
    ms.total,
    ms.wait,
    ms.sum,
    ms.update,
    ms.send,
    record.bytes_in,
    record.bytes_out,
    record.time_ms,
  );
  const workers = Object.entries(record.workers).map(([worker, { shards, compute_ms, elapsed_ms }]) =>
    row("workers.csv", step, worker, shards, compute_ms, elapsed_ms)
  );
  return [all, ...workers];
}

function gradientRows({ step, critic_gradients, generator_gradients }: RecordOf<"vitals">): Row[] {
  return Object.entries({ critic: critic_gradients, generator: generator_gradients }).flatMap(
    ([network, gradients]) =>
      Object.entries(gradients).map(([tensor, size]) => row("gradients.csv", step, network, tensor, size)),
  );
}

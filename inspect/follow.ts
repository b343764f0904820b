/** Watching a run while it goes on: its log is read as it grows. */
import { counted } from "../common/text/counted.ts";
import { RunReading } from "../runlog/log/fold_run.ts";
import { noneSkipped } from "../runlog/log/reader.ts";
import { RunFold, type Summary } from "../runlog/summary/summary.ts";
import { count, figure } from "./numbers.ts";
import { isRecent } from "./run_folders.ts";

export interface Watch {
  readonly now_ms: () => number;
  /** Waits until it is time to look again; false: stop watching. */
  readonly again: () => Promise<boolean>;
  /** Shows how the run stands; called only when it has changed. */
  readonly show: (summary: Summary) => void | Promise<void>;
}

/** Watches the run in `folder` until it ends or stands still, or there is no "again". Returns its last sum. */
export async function follow(folder: string, { now_ms, again, show }: Watch): Promise<Summary> {
  const fold = new RunFold();
  const skipped = noneSkipped();
  using reading = await RunReading.open(folder, fold, skipped);
  let shown = "";
  while (true) {
    await reading.readMore();
    const summary = fold.summary(await isRecent(folder, now_ms()), { ...skipped });
    const now = `${summary.state} ${summary.steps} ${summary.workers.length} ${summary.num_faults}`;
    if (now !== shown) await show(summary);
    shown = now;
    if (summary.state !== "running" || !await again()) return summary;
  }
}

/** How a run stands, in a line: where there is no terminal to redraw. */
export function statusLine(summary: Summary): string {
  const { state, steps, config, wasserstein_estimate, loss_critic, loss_generator, workers } = summary;
  const target = typeof config.steps === "number" ? ` of ${count(config.steps)}` : "";
  const present = workers.filter(({ left }) => left === null).length;
  return [
    `${state}: ${count(steps)}${target} steps`,
    `estimate ${figure(wasserstein_estimate)}`,
    `losses ${figure(loss_critic)} and ${figure(loss_generator)}`,
    `${count(summary.images_per_second)} images/s`,
    state === "running" ? counted(present, "worker") : summary.detail,
  ].filter((part) => part).join(", ");
}

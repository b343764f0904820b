/** The parts of the live page at one moment, as JSON. */
import { cleanDeep } from "../../common/text/foreign_text.ts";
import { significant } from "../../common/significant.ts";
import type { Member } from "../fleet/member.ts";
import { missingWorkers, type Standing, waitingReason } from "../fleet/waiting.ts";
import { SHOWN_DIGITS } from "./history.ts";
import type { LiveRun } from "./live_run.ts";
import { shownFigures } from "../../runlog/measures.ts";
import type { RecordOf } from "../../runlog/records.ts";
import type { EvaluationView, HeldOutView, NowView, RunView, View, WorkerView } from "./view.ts";

/** JSON by the name of the part. */
export type Snapshot = ReadonlyMap<string, string>;

/** State of the workers at this moment. */
export interface Crew {
  readonly members: readonly Pick<
    Member,
    "id" | "name" | "device" | "provider" | "threads" | "told_spare" | "channel"
  >[];
  readonly asked: Standing["asked"];
  /** On the clock of the channels. */
  readonly now_ms: number;
}

export interface Moment {
  readonly run: RunView;
  readonly live: LiveRun;
  readonly crew: Crew;
  readonly min_workers: number;
  /** On the incarnation's clock. */
  readonly elapsed_ms: number;
  /** The step that it stands at before this start has made one. */
  readonly step: number;
  readonly generator_step: number;
}

function short(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : significant(value, SHOWN_DIGITS);
}

/** Why the run does not go on; null: it does. */
export function reasonOf(moment: Moment): string | null {
  return waitingReason(standingOf(moment));
}

function standingOf({ live, crew, min_workers }: Moment): Standing {
  const { members, asked, now_ms } = crew;
  return { started: live.started, num_workers: members.length, min_workers, asked, now_ms };
}

function nowView(moment: Moment): NowView {
  const { run, live, elapsed_ms, step, generator_step } = moment;
  const { counters } = live;
  const ended = counters.end !== null;
  const reason = ended ? null : reasonOf(moment);
  const at = counters.last?.step ?? step;
  const speed = ended ? null : counters.speed(elapsed_ms);
  const { gap, loss_critic, loss_generator, step_ms } = counters.means;
  return {
    state: ended ? "ended" : reason !== null ? "waiting" : "training",
    reason,
    missing_workers: ended ? 0 : missingWorkers(standingOf(moment)).missing,
    step: at,
    generator_step: counters.last?.generator_step ?? generator_step,
    seconds: Math.round(elapsed_ms / 1000),
    steps_per_second: short(speed),
    seconds_left: speed !== null && speed > 0 ? Math.round((run.total_steps - at) / speed) : null,
    means: {
      gap: short(gap),
      loss_critic: short(loss_critic),
      loss_generator: short(loss_generator),
      step_ms: short(step_ms),
    },
    bytes_in: counters.bytes_in,
    bytes_out: counters.bytes_out,
    num_faults: counters.faults,
  };
}

function workerViews({ live, crew }: Moment): WorkerView[] {
  return crew.members.map(({ id, name, device, provider, threads, told_spare, channel }) => {
    const counters = live.counters.workers.get(id);
    const split = counters?.split ?? null;
    return {
      worker: id,
      name,
      device,
      provider,
      threads,
      shards: counters?.shards ?? 0,
      split: split && {
        compute_ms: short(split.compute_ms)!,
        wire_ms: short(split.wire_ms)!,
        wait_ms: short(split.wait_ms)!,
      },
      bytes_in: channel.bytes_in,
      bytes_out: channel.bytes_out,
      silent_ms: Math.max(0, Math.round(crew.now_ms - channel.last_heard_ms)),
      spare: told_spare,
    };
  });
}

function heldOutViews({ live }: Moment): HeldOutView[] {
  return live.held_out.entries.map(({ step, critic_cost, mean_real, mean_training, mean_fake }) => ({
    step,
    gap: short(mean_fake === undefined ? null : mean_real - mean_fake),
    training_gap: short(
      mean_fake === undefined || mean_training === undefined ? null : mean_training - mean_fake,
    ),
    cost: short(critic_cost ?? null),
  }));
}

function evaluationView({ step, sliced_wasserstein, ...evaluation }: RecordOf<"evaluation">): EvaluationView {
  const figures = shownFigures(evaluation).map(([name, value]) => [name, short(value)] as const);
  return {
    step,
    sliced_wasserstein: short(sliced_wasserstein),
    ...figures.length > 0 && { figures: Object.fromEntries(figures) },
  };
}

function endedView({ live }: Moment): View["ended"] {
  if (!live.counters.end) return null;
  const { reason, detail, step, seconds, images_per_second, weights_sha256, bits } = live.counters.end;
  return { reason, detail, step, seconds, images_per_second, weights_sha256, bits };
}

/** Everything that the page shows. Costs about a millisecond, and some more when the doctor looks again. */
export function takeSnapshot(moment: Moment): Snapshot {
  const { run, live, crew } = moment;
  const chunks = live.history.chunks;
  const view: View = {
    run,
    now: nowView(moment),
    workers: workerViews(moment),
    heldout: heldOutViews(moment),
    samples: live.samples.entries.map(({ step, diversity }) => ({
      step,
      diversity: short(diversity ?? null),
    })),
    evaluations: live.evaluations.entries.map(evaluationView),
    ...live.diagnosis(crew.now_ms),
    faults: live.faults.map(({ step, what, worker = null, decision, reason }) => {
      return { step, what, worker, decision, reason };
    }),
    checkpoint_step: live.checkpoint?.step ?? null,
    ended: endedView(moment),
    num_chunks: chunks.length,
  };
  return new Map([
    ...Object.entries(view).map(([name, value]) => [name, JSON.stringify(cleanDeep(value))] as const),
    ...chunks.map((text, i) => [`curves-${i}`, text] as const),
  ]);
}

/** A run's records as TensorBoard events. */
import { FEATURE_MEASURES } from "../../measures.ts";
import type { RecordOf, RunRecord } from "../../records.ts";
import type { Event, SummaryValue } from "./event.ts";

function scalars(prefix: string, values: Readonly<Record<string, number | undefined>>): SummaryValue[] {
  return Object.entries(values).flatMap(([name, scalar]) =>
    scalar === undefined ? [] : [{ tag: `${prefix}/${name}`, scalar }]
  );
}

function stepValues(record: RecordOf<"step">): SummaryValue[] {
  const { wasserstein_estimate, loss_critic, generator, mean_real, mean_fake, ms } = record;
  return [
    ...scalars("wasserstein_estimate", { training: wasserstein_estimate }),
    ...scalars("loss", { critic: loss_critic, generator: generator?.loss }),
    ...scalars("mean_score", { real: mean_real, fake: mean_fake }),
    ...scalars("step_ms", { ...ms }),
    ...scalars("step_bytes", { in: record.bytes_in, out: record.bytes_out }),
  ];
}

/** Figures of a record; none for records without. Pictures are left out. */
function valuesOf(record: RunRecord): SummaryValue[] {
  switch (record.type) {
    case "step":
      return stepValues(record);
    case "heldout":
      return [
        ...scalars("wasserstein_estimate", {
          held_out: record.critic_cost === undefined ? undefined : -record.critic_cost,
        }),
        ...scalars("mean_score", { held_out: record.mean_real }),
      ];
    case "evaluation": {
      const { sliced_wasserstein, modes } = record;
      const { covered, high_quality } = modes ?? {};
      return scalars("samples", {
        sliced_wasserstein,
        raw_sliced_wasserstein: record.raw_sliced_wasserstein,
        nearest_training_samples: record.nearest_training?.samples,
        nearest_training_held_out: record.nearest_training?.held_out,
        modes_covered: covered,
        high_quality_share: high_quality,
        ...Object.fromEntries(FEATURE_MEASURES.map((name) => [name, record[name]])),
      });
    }
    case "sample":
      return scalars("samples", { diversity: record.diversity });
    case "vitals":
      return [
        ...scalars("critic", { share_at_clip_bounds: record.clipped }),
        ...scalars("gradients", { ...record.critic_gradients, ...record.generator_gradients }),
      ];
    default:
      return [];
  }
}

/** Turns the records of one run, in order, into events. */
export class RunEvents {
  /** Wall clock at the start of the incarnation, and at the last step. */
  #started_s = 0;
  #now_s = 0;

  /** The event of a record, or null for one that shows nothing. */
  of(record: RunRecord): Event | null {
    if (record.type === "run") this.#start(record.created);
    if (record.type === "resume") this.#start(record.time);
    if (record.type === "step") this.#now_s = this.#started_s + record.time_ms / 1000;
    const values = valuesOf(record);
    if (values.length === 0 || !("step" in record)) return null;
    return { wall_time: this.#now_s, step: record.step, values };
  }

  /** The picture of a sample record. */
  picture(
    { step }: RecordOf<"sample">,
    picture: Omit<Extract<SummaryValue, { png: unknown }>, "tag">,
  ): Event {
    return { wall_time: this.#now_s, step, values: [{ tag: "samples/grid", ...picture }] };
  }

  #start(time: string): void {
    this.#started_s = this.#now_s = Date.parse(time) / 1000 || 0;
  }
}

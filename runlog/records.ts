/**
 * The record types of a run's log. `events.jsonl` (and, past 64 MB, the segments after it: segments.ts) holds one JSON
 * object a line, told apart by `type`, in the order in which things happened. It is only ever appended to.
 *
 *   run            first line: what is trained, on what, with which versions
 *   worker_joined, relay_workers, worker_left
 *   step           one for each committed critic step, with the generator step that followed it, if any
 *   round          the learners of local steps were averaged (--local-steps)
 *   heldout, evaluation, sample, vitals, checkpoint, best, steered, fault
 *   end            the coordinator stopped, and why; missing after a crash
 *   resume         another start of the coordinator on this folder, back at `step`: what came before it with a
 *                  larger step is superseded. Its worker numbers start anew
 *
 * Times: `time` is the wall clock (ISO 8601, UTC); `time_ms` is a monotonic clock that starts with the
 * incarnation, i.e. with each start of the coordinator. Readers skip types that they do not know and ignore
 * fields that they do not know; whatever changes the meaning of these raises RUN_FORMAT.
 */
import {
  anything,
  type Guard,
  list,
  mapOf,
  name,
  nullable,
  num,
  object,
  oneOf,
  optional,
  pair,
  pathWithin,
  text,
  whole,
} from "./shape.ts";
import type { Records } from "./record_types.ts";

/**
 * Version of this file and of the run folder. A folder of a later version, or of one before the oldest, is refused.
 * Format 1 says nothing of objective and optimizer: all its runs are WGANs under RMSProp.
 */
export const RUN_FORMAT = 2;
export const OLDEST_RUN_FORMAT = 1;

/** Name of the log within a run folder. */
export const LOG_NAME = "events.jsonl";

/** Field tables of all records, by type. */
export const RECORDS = {
  run: object({
    type: oneOf("run"),
    /** OLDEST_RUN_FORMAT to RUN_FORMAT in a folder that can be read. */
    format: num,
    /** Its identity among all runs. */
    run: name,
    /** What a person calls it, and says of it. */
    name: optional(text),
    note: optional(text),
    created: text,
    /** The resolved configuration, presets and defaults filled in. */
    config: mapOf(anything),
    versions: object({ wagon: text, deno: text, v8: text, onnxruntime: optional(text) }),
    data: object({
      name: text,
      /** Examples to train on, and those held out of them. */
      num_examples: num,
      held_out: num,
      sha256: text,
      example_shape: list(num),
      encoding: oneOf("uint8", "float32"),
      /** Names of the columns, where the examples are rows of a table. */
      columns: optional(list(text)),
      /** Of a table with categories: its columns, and the names of those of each that has some. */
      table: optional(list(object({ name: text, categories: optional(list(text)) }))),
      /** Axes of an example, where --layout named them (--help). */
      axes: optional(text),
      /** How values were scaled for training (--scale); the numbers are in the artifact scaling.json. */
      scale: optional(text),
      /** Pictures left out because they could not be read (--on-bad-item skip), by reason, with the first names. */
      skipped: optional(list(object({ reason: text, count: num, names: list(text) }))),
      /** Of labels: names of the classes, training examples of each, and SHA-256 of the class of each example (u32). */
      labels: optional(object({ class_names: list(text), class_counts: list(num), sha256: text })),
      /** Range of all values, held-out examples included, as the networks see them; absent before this was recorded. */
      values: optional(object({ min: num, max: num, mean: num, sd: num })),
    }),
    /** SHA-256 of the layouts of the flat buffers. */
    layouts_sha256: text,
    /** SHA-256 of each training artifact, by file name. */
    artifacts: mapOf(text),
    num_parameters: object({ critic: num, generator: num }),
  }),

  resume: object({
    type: oneOf("resume"),
    /** The step of the checkpoint that the run goes on from. */
    step: whole,
    /** Starts of the coordinator on this run; 0 is the first. */
    incarnation: num,
    /** Settings that differ from before: [old, new]. */
    changed: mapOf(pair(anything)),
    /** What a person says of the run from here on. */
    note: optional(text),
    time: text,
  }),

  worker_joined: object({
    type: oneOf("worker_joined"),
    /** Its number, unique within the incarnation. */
    worker: num,
    name: text,
    provider: text,
    device: text,
    platform: text,
    threads: num,
    numeric_class: text,
    time: text,
  }),

  relay_workers: object({
    type: oneOf("relay_workers"),
    /** Number of the relay. */
    worker: num,
    /** Of all workers behind it. */
    num_workers: num,
    threads: num,
    /** The first ones by name. */
    workers: list(object({ name: text, threads: num })),
    time: text,
  }),

  worker_left: object({
    type: oneOf("worker_left"),
    worker: num,
    reason: text,
    shards_computed: num,
    time: text,
  }),

  step: object({
    type: oneOf("step"),
    /** Critic steps so far, this one included. */
    step: whole,
    /** Generator steps so far. */
    generator_step: whole,
    /** Epoch and batch within it, counted from 0, and the batches of an epoch. */
    epoch: num,
    batch: num,
    batches: num,
    /** mean D(G(z)) - mean D(x) for WGAN: lower is better for the critic. */
    loss_critic: num,
    /** mean D(x) and mean D(G(z)), as the critic scores them: for a GAN they are logits. */
    mean_real: num,
    mean_fake: num,
    /** mean D(x) - mean D(G(z)), where the objective makes it one (format 1: always). */
    wasserstein_estimate: optional(num),
    /** Checksum of the critic's weights after the step; of several learners: of their checksums in order. */
    critic_checksum: text,
    /** The generator step that followed. */
    generator: optional(object({ loss: num, checksum: text })),
    /**
     * The coordinator's times, in milliseconds. `wait`: from asking to the last result. `total` also
     * holds what is in none of the others.
     */
    ms: object({ total: num, wait: num, sum: num, update: num, send: num }),
    /**
     * By worker number. `compute_ms` is summed over its shards, `elapsed_ms` is from work to answer by its own clock,
     * `answered_ms` from the asking to its last answer by the coordinator's: what is more in it was on the way.
     */
    workers: mapOf(
      object({ shards: num, compute_ms: num, elapsed_ms: num, answered_ms: optional(num) }),
    ),
    /** Bytes over all connections in this step. */
    bytes_in: num,
    bytes_out: num,
    /** When the step was committed, on the incarnation's clock. */
    time_ms: num,
  }),

  /** The learners of a round of local steps were averaged after its last step. */
  round: object({
    type: oneOf("round"),
    step: whole,
    /** Critic steps of the round, up to `step`. */
    steps: whole,
    learners: whole,
    /** Checksums of both networks' weights, averaged. */
    critic_checksum: text,
    generator_checksum: text,
  }),

  /** The critic's scores of examples that it never trained on, beside others, by the weights of this step. */
  heldout: object({
    type: oneOf("heldout"),
    step: whole,
    /** mean D(G(z)) - mean D(x), x held out; absent where the objective estimates no distance. */
    critic_cost: optional(num),
    /** mean D(x): of held-out examples, of training examples; mean D(G(z)). */
    mean_real: num,
    mean_training: optional(num),
    mean_fake: optional(num),
  }),

  evaluation: object({
    type: oneOf("evaluation"),
    step: whole,
    /** Sliced Wasserstein distance of samples to the data. */
    sliced_wasserstein: num,
    /** Samples drawn for it. */
    num_samples: optional(num),
    /** The distance of samples by the generator's own weights, where samples come from their average (--ema-half-life). */
    raw_sliced_wasserstein: optional(num),
    /** Figures of features that --metrics names, as deno task evaluate has them. */
    frechet_distance: optional(num),
    kernel_distance: optional(num),
    precision: optional(num),
    recall: optional(num),
    density: optional(num),
    coverage: optional(num),
    /**
     * Median distances to the nearest training example, of `searched`: of samples, and of held-out examples. Root mean square
     * per value, as the networks see it; absent where nothing is held out.
     */
    nearest_training: optional(object({ samples: num, held_out: num, searched: num })),
    /** If the data's modes are known: their number, those covered, and the share of samples near one. */
    modes: optional(object({ count: num, covered: num, high_quality: num, per_mode: optional(list(num)) })),
  }),

  /** `file` is relative to the run folder. Of weights: see algorithm.md, "Weights and bits". */
  checkpoint: object({
    type: oneOf("checkpoint"),
    step: whole,
    file: pathWithin,
    sha256: text,
    bytes: num,
    weights_sha256: optional(text),
    averaged_sha256: optional(text),
  }),

  /** A checkpoint that is the best so far by a figure. `file` and `generator` are relative to the run folder. */
  best: object({
    type: oneOf("best"),
    step: whole,
    measure: text,
    value: num,
    file: pathWithin,
    generator: pathWithin,
  }),

  /** A picture of samples. */
  sample: object({
    type: oneOf("sample"),
    step: whole,
    file: pathWithin,
    /**
     * How different the picture's samples are from each other: their mean pairwise distance over that of as many
     * real examples. Near 1 where they vary as the data do, near 0 where they are all alike.
     */
    diversity: optional(num),
  }),

  /** The state of the networks, looked at along with a picture. */
  vitals: object({
    type: oneOf("vitals"),
    step: whole,
    /** Share of the critic's parameters that lie at a clip bound; absent where nothing is clipped. */
    clipped: optional(num),
    /**
     * By tensor: root mean square of its gradient over about the last hundred updates, from the optimizer's
     * running mean of squares, its bias towards 0 at the start taken out.
     */
    critic_gradients: mapOf(num),
    generator_gradients: mapOf(num),
  }),

  /** The run decided something about itself after a step, by a rule that was asked for. */
  steered: object({
    type: oneOf("steered"),
    step: whole,
    /** The option that asked for it: auto-critic, stop-when-flat. */
    rule: text,
    decision: text,
    reason: text,
    /** The evidence, for a program. */
    numbers: mapOf(num),
  }),

  /** Something went wrong and was dealt with. */
  fault: object({
    type: oneOf("fault"),
    step: whole,
    what: text,
    worker: optional(nullable(num)),
    decision: text,
    reason: text,
  }),

  end: object({
    type: oneOf("end"),
    reason: oneOf("finished", "interrupted", "failed"),
    /** The error, or the rule that ended the run before its last step; "" if there is none. */
    detail: text,
    step: whole,
    generator_steps: whole,
    weights_sha256: text,
    averaged_sha256: optional(text),
    /** "exact": all workers were of one numeric class, so that the bits can be had again. */
    bits: oneOf("exact", "tolerance"),
    /** Those that contributed to the weights, over all incarnations. */
    numeric_classes: list(text),
    /** Real examples shown to the critic, over the whole run: steps times batch. */
    examples_used: num,
    /** Since the start of the incarnation. */
    seconds: num,
    /** Seconds of the incarnation, without its start-up. */
    images_per_second: num,
  }),
} satisfies { readonly [T in RecordType]: Guard<RecordOf<T>> };

/**
 * The types of records.
 *
 * @example
 * ```ts
 * import type { RecordType } from "@wagon/wagon/runlog";
 *
 * const shown: ReadonlySet<RecordType> = new Set<RecordType>(["evaluation", "fault"]);
 * console.assert(shown.has("fault"));
 * ```
 */
export type RecordType = keyof Records;
/**
 * The record of one type.
 *
 * @example
 * ```ts
 * import type { RecordOf } from "@wagon/wagon/runlog";
 *
 * const distanceOf = ({ sliced_wasserstein }: RecordOf<"evaluation">) => sliced_wasserstein;
 * console.log(distanceOf.length);
 * ```
 */
export type RecordOf<T extends RecordType> = Records[T];
/**
 * Any record.
 *
 * @example
 * ```ts
 * import type { RunRecord } from "@wagon/wagon/runlog";
 *
 * const lossOf = (record: RunRecord) => record.type === "step" ? record.loss_critic : null;
 * console.log(lossOf.name);
 * ```
 */
export type RunRecord = Records[RecordType];

/** Kinds of decoded lines: a record, a record of an unknown type from a newer wagon, or no record. */
export type Verdict = { readonly record: RunRecord } | "unknown" | "bad";

/** Checks a decoded line. Never throws. */
export function checkRecord(value: unknown): Verdict {
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== "string") return "bad";
  if (!Object.hasOwn(RECORDS, type)) return "unknown";
  return RECORDS[type as RecordType](value) ? { record: value as RunRecord } : "bad";
}

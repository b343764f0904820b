/** The records of a run's log, as types. The checks of their fields are in records.ts, which says what each is for. */

/**
 * Every record by its type.
 *
 * @example
 * ```ts
 * import type { Records } from "@wagon/wagon/runlog";
 *
 * const describe = ({ what, decision }: Records["fault"]) => `${what}: ${decision}`;
 * console.log(describe.length);
 * ```
 */
export interface Records {
  /** The first record: what is trained, on what, with which versions. */
  readonly run: {
    readonly type: "run";
    /** OLDEST_RUN_FORMAT to RUN_FORMAT in a folder that can be read. */
    readonly format: number;
    /** Its identity among all runs. */
    readonly run: string;
    /** What a person calls it, and says of it. */
    readonly name?: string;
    readonly note?: string;
    readonly created: string;
    /** The resolved configuration, presets and defaults filled in. */
    readonly config: Readonly<Record<string, unknown>>;
    readonly versions: {
      readonly wagon: string;
      readonly deno: string;
      readonly v8: string;
      readonly onnxruntime?: string;
    };
    readonly data: {
      readonly name: string;
      /** Examples to train on, and those held out of them. */
      readonly num_examples: number;
      readonly held_out: number;
      readonly sha256: string;
      readonly example_shape: readonly number[];
      readonly encoding: "uint8" | "float32";
      /** Names of the columns, where the examples are rows of a table. */
      readonly columns?: readonly string[];
      /** Of a table with categories: its columns, and the names of those of each that has some. */
      readonly table?: readonly { readonly name: string; readonly categories?: readonly string[] }[];
      /** Axes of an example, e.g. "CT", where an option named them. */
      readonly axes?: string;
      /** How values were scaled for training: "minmax", "standard" or a file. The numbers are in the artifact scaling.json. */
      readonly scale?: string;
      /** Pictures left out because they could not be read, by reason, with the first names. */
      readonly skipped?: readonly {
        readonly reason: string;
        readonly count: number;
        readonly names: readonly string[];
      }[];
      /** Of labels: names of the classes, training examples of each, and SHA-256 of the class of each example (u32). */
      readonly labels?: {
        readonly class_names: readonly string[];
        readonly class_counts: readonly number[];
        readonly sha256: string;
      };
      /** Range of all values, held-out examples included, as the networks see them; absent before this was recorded. */
      readonly values?: {
        readonly min: number;
        readonly max: number;
        readonly mean: number;
        readonly sd: number;
      };
    };
    /** SHA-256 of the layouts of the flat buffers. */
    readonly layouts_sha256: string;
    /** SHA-256 of each training artifact, by file name. */
    readonly artifacts: Readonly<Record<string, string>>;
    readonly num_parameters: { readonly critic: number; readonly generator: number };
  };

  /** Another start of the coordinator on this run, back at `step`. */
  readonly resume: {
    readonly type: "resume";
    /** The step of the checkpoint that the run goes on from. */
    readonly step: number;
    /** Starts of the coordinator on this run; 0 is the first. */
    readonly incarnation: number;
    /** Settings that differ from before: [old, new]. */
    readonly changed: Readonly<Record<string, readonly [unknown, unknown]>>;
    /** What a person says of the run from here on. */
    readonly note?: string;
    readonly time: string;
  };

  /** A worker is in. */
  readonly worker_joined: {
    readonly type: "worker_joined";
    /** Its number, unique within the incarnation. */
    readonly worker: number;
    readonly name: string;
    readonly provider: string;
    readonly device: string;
    readonly platform: string;
    readonly threads: number;
    readonly numeric_class: string;
    readonly time: string;
  };

  /** A relay that has joined tells of the workers behind it, whose threads are its threads; the last one counts. */
  readonly relay_workers: {
    readonly type: "relay_workers";
    /** Number of the relay. */
    readonly worker: number;
    /** Of all workers behind it. */
    readonly num_workers: number;
    readonly threads: number;
    /** The first ones by name. */
    readonly workers: readonly { readonly name: string; readonly threads: number }[];
    readonly time: string;
  };

  /** A worker is gone. */
  readonly worker_left: {
    readonly type: "worker_left";
    readonly worker: number;
    readonly reason: string;
    readonly shards_computed: number;
    readonly time: string;
  };

  /** One committed critic step, with the generator step that followed it, if any. */
  readonly step: {
    readonly type: "step";
    /** Critic steps so far, this one included. */
    readonly step: number;
    /** Generator steps so far. */
    readonly generator_step: number;
    /** Epoch and batch within it, counted from 0, and the batches of an epoch. */
    readonly epoch: number;
    readonly batch: number;
    readonly batches: number;
    /** mean D(G(z)) - mean D(x) for WGAN: lower is better for the critic. */
    readonly loss_critic: number;
    /** mean D(x) and mean D(G(z)), as the critic scores them: for a GAN they are logits. */
    readonly mean_real: number;
    readonly mean_fake: number;
    /** mean D(x) - mean D(G(z)), where the objective makes it one (format 1: always). */
    readonly wasserstein_estimate?: number;
    /** Checksum of the critic's weights after the step; of several learners: of their checksums in order. */
    readonly critic_checksum: string;
    /** The generator step that followed. */
    readonly generator?: { readonly loss: number; readonly checksum: string };
    /**
     * The coordinator's times, in milliseconds. `wait`: from asking to the last result. `total` also
     * holds what is in none of the others.
     */
    readonly ms: {
      readonly total: number;
      readonly wait: number;
      readonly sum: number;
      readonly update: number;
      readonly send: number;
    };
    /**
     * By worker number. `compute_ms` is summed over its shards, `elapsed_ms` is from work to answer by its own clock,
     * `answered_ms` from the asking to its last answer by the coordinator's: what is more in it was on the way.
     */
    readonly workers: Readonly<
      Record<
        string,
        {
          readonly shards: number;
          readonly compute_ms: number;
          readonly elapsed_ms: number;
          readonly answered_ms?: number;
        }
      >
    >;
    /** Bytes over all connections in this step. */
    readonly bytes_in: number;
    readonly bytes_out: number;
    /** When the step was committed, on the incarnation's clock. */
    readonly time_ms: number;
  };

  /** The learners of a round of local steps were averaged after its last step. */
  readonly round: {
    readonly type: "round";
    readonly step: number;
    /** Critic steps of the round, up to `step`. */
    readonly steps: number;
    readonly learners: number;
    /** Checksums of both networks' weights, averaged. */
    readonly critic_checksum: string;
    readonly generator_checksum: string;
  };

  /** The critic's scores of examples that it never trained on, beside others, by the weights of this step. */
  readonly heldout: {
    readonly type: "heldout";
    readonly step: number;
    /** mean D(G(z)) - mean D(x), x held out; absent where the objective estimates no distance. */
    readonly critic_cost?: number;
    /** mean D(x): of held-out examples, of training examples; mean D(G(z)). */
    readonly mean_real: number;
    readonly mean_training?: number;
    readonly mean_fake?: number;
  };

  /** How far samples are from the data. */
  readonly evaluation: {
    readonly type: "evaluation";
    readonly step: number;
    /** Sliced Wasserstein distance of samples to the data. */
    readonly sliced_wasserstein: number;
    /** Samples drawn for it. */
    readonly num_samples?: number;
    /** The distance of samples by the generator's own weights, where samples come from their average (--ema-half-life). */
    readonly raw_sliced_wasserstein?: number;
    /** Figures of features that --metrics names, as deno task evaluate has them. */
    readonly frechet_distance?: number;
    readonly kernel_distance?: number;
    readonly precision?: number;
    readonly recall?: number;
    readonly density?: number;
    readonly coverage?: number;
    /**
     * Median distances to the nearest training example, of `searched`: of samples, and of held-out examples. Root mean square
     * per value, as the networks see it; absent where nothing is held out.
     */
    readonly nearest_training?: {
      readonly samples: number;
      readonly held_out: number;
      readonly searched: number;
    };
    /** If the data's modes are known: their number, those covered, and the share of samples near one. */
    readonly modes?: {
      readonly count: number;
      readonly covered: number;
      readonly high_quality: number;
      readonly per_mode?: readonly number[];
    };
  };

  /**
   * `file` is relative to the run folder. `weights_sha256`, and `averaged_sha256` of the averaged generator if there is one:
   * see algorithm.md, "Weights and bits".
   */
  readonly checkpoint: {
    readonly type: "checkpoint";
    readonly step: number;
    readonly file: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly weights_sha256?: string;
    readonly averaged_sha256?: string;
  };

  /** A checkpoint that is the best so far by a figure (--keep-best). */
  readonly best: {
    readonly type: "best";
    readonly step: number;
    /** The figure, as evaluation records name it, and its value. */
    readonly measure: string;
    readonly value: number;
    /** The checkpoint, and its generator. */
    readonly file: string;
    readonly generator: string;
  };

  /** A picture of samples. */
  readonly sample: {
    readonly type: "sample";
    readonly step: number;
    readonly file: string;
    /**
     * How different the picture's samples are from each other: their mean pairwise distance over that of as many
     * real examples. Near 1 where they vary as the data do, near 0 where they are all alike.
     */
    readonly diversity?: number;
  };

  /** The state of the networks, looked at along with a picture. */
  readonly vitals: {
    readonly type: "vitals";
    readonly step: number;
    /** Share of the critic's parameters that lie at a clip bound; absent where nothing is clipped. */
    readonly clipped?: number;
    /**
     * By tensor: root mean square of its gradient over about the last hundred updates, from the optimizer's
     * running mean of squares, its bias towards 0 at the start taken out.
     */
    readonly critic_gradients: Readonly<Record<string, number>>;
    readonly generator_gradients: Readonly<Record<string, number>>;
  };

  /** The run decided something about itself after a step, by a rule that was asked for. */
  readonly steered: {
    readonly type: "steered";
    readonly step: number;
    /** The option that asked for it: auto-critic, stop-when-flat. */
    readonly rule: string;
    readonly decision: string;
    readonly reason: string;
    /** The evidence, for a program. */
    readonly numbers: Readonly<Record<string, number>>;
  };

  /** Something went wrong and was dealt with. */
  readonly fault: {
    readonly type: "fault";
    readonly step: number;
    readonly what: string;
    readonly worker?: number | null;
    readonly decision: string;
    readonly reason: string;
  };

  /** The coordinator stopped, and why. */
  readonly end: {
    readonly type: "end";
    readonly reason: "finished" | "interrupted" | "failed";
    /** The error, or the rule that ended the run before its last step; "" if there is none. */
    readonly detail: string;
    readonly step: number;
    readonly generator_steps: number;
    readonly weights_sha256: string;
    readonly averaged_sha256?: string;
    /** "exact": all workers were of one numeric class, so that the bits can be had again. */
    readonly bits: "exact" | "tolerance";
    /** Those that contributed to the weights, over all incarnations. */
    readonly numeric_classes: readonly string[];
    /** Real examples shown to the critic, over the whole run: steps times batch. */
    readonly examples_used: number;
    /** Since the start of the incarnation. */
    readonly seconds: number;
    /** Seconds of the incarnation, without its start-up. */
    readonly images_per_second: number;
  };
}

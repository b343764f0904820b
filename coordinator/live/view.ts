/**
 * The coordinator's data for the live page: parts by name, each a JSON value, sent again whenever it has changed.
 * Shared by both sides; nothing here is secret to a holder of the read token.
 */
import type { FeatureMeasureName } from "../../runlog/measures.ts";
import type { ExampleKind } from "../../common/example_kind.ts";
import type { Finding } from "../../runlog/doctor/rule.ts";
import type { RunVerdict } from "../../runlog/doctor/verdict.ts";
import type { RecordOf } from "../../runlog/records.ts";
import type { HistoryRow } from "./history.ts";
import type { WorkerSplit } from "./counters.ts";

/** Constants of a coordinator's lifetime. */
export interface RunView {
  /** Name of the run's folder. */
  readonly name: string;
  /** Settings in words, the weightiest first. */
  readonly facts: readonly string[];
  readonly total_steps: number;
  readonly batch: number;
  readonly epoch_steps: number;
  /** True if the gap between the critic's scores estimates the Wasserstein distance. */
  readonly estimates_distance: boolean;
  /** The kind of the examples, which decides how samples are drawn. */
  readonly kind: ExampleKind;
  /** How a worker joins. */
  readonly join: JoinView;
}

export interface JoinView {
  /** Which command started the coordinator. */
  readonly task: "train" | "coordinator";
  /** True if other machines can reach it. */
  readonly open: boolean;
  /** True if workers of the same user on the same machine find it by themselves. */
  readonly rendezvous: boolean;
  /** The place of the workers' token, in words. */
  readonly token: string;
  /** Port that it listens on. */
  readonly port: number;
  /** An address of its machine, for others; null where only the machine itself reaches it, or has none. */
  readonly reached: string | null;
  /** By which workers connect there. */
  readonly scheme: "ws" | "wss";
  /** Name of the certificate's file that they need to trust it; null: none. */
  readonly tls_ca: string | null;
}

export interface NowView {
  readonly state: "waiting" | "training" | "ended";
  /** Why it waits. */
  readonly reason: string | null;
  /** How many must join before it goes on. */
  readonly missing_workers: number;
  readonly step: number;
  readonly generator_step: number;
  /** Identifier of this start of the coordinator. */
  readonly seconds: number;
  readonly steps_per_second: number | null;
  readonly seconds_left: number | null;
  /** Means over the last steps; `gap`: mean D(x) - mean D(G(z)). */
  readonly means: Readonly<Record<"gap" | "loss_critic" | "loss_generator" | "step_ms", number | null>>;
  /** Over all connections, of this start. */
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly num_faults: number;
}

export interface WorkerView {
  readonly worker: number;
  readonly name: string;
  readonly device: string;
  readonly provider: string;
  readonly threads: number;
  /** Shards computed so far. */
  readonly shards: number;
  /** Times of a mean step; null before its first. */
  readonly split: WorkerSplit | null;
  readonly bytes_in: number;
  readonly bytes_out: number;
  /** Since it was last heard. */
  readonly silent_ms: number;
  /** Waits waiting: other workers have all shards. */
  readonly spare: boolean;
}

export interface HeldOutView {
  readonly step: number;
  /** mean D(x) - mean D(G(z)) by the same weights: x held out, and x of the training examples. */
  readonly gap: number | null;
  readonly training_gap: number | null;
  /** The critic's cost of held-out examples. */
  readonly cost: number | null;
}

export interface SampleView {
  readonly step: number;
  readonly diversity: number | null;
}

export interface EvaluationView {
  readonly step: number;
  /** Sliced Wasserstein distance of samples to the data. */
  readonly sliced_wasserstein: number | null;
  /** Figures of features, as they are shown; absent: none were measured. */
  readonly figures?: Readonly<Partial<Record<FeatureMeasureName, number | null>>>;
}

export interface View {
  readonly run: RunView;
  readonly now: NowView;
  readonly workers: readonly WorkerView[];
  readonly heldout: readonly HeldOutView[];
  readonly samples: readonly SampleView[];
  readonly evaluations: readonly EvaluationView[];
  readonly findings: readonly Finding[];
  /** Is it working? One sentence, with what to do where something is wrong. */
  readonly verdict: RunVerdict;
  /** At the end, of a run whose weights are published: whether these are the same bits. */
  readonly published: string | null;
  readonly faults: readonly Pick<RecordOf<"fault">, "step" | "what" | "worker" | "decision" | "reason">[];
  /** Step of the last checkpoint, with which generator.onnx is written; null before the first. */
  readonly checkpoint_step: number | null;
  readonly ended:
    | Pick<
      RecordOf<"end">,
      "reason" | "detail" | "step" | "seconds" | "images_per_second" | "weights_sha256" | "bits"
    >
    | null;
  /** How many chunks the curves have; the part "curves-3" is the fourth. */
  readonly num_chunks: number;
}

/** The name of a part that holds rows of the curves. */
export type ChunkName = `curves-${number}`;
/** Parts as they are sent: a new page gets all, later only those that have changed. */
export type Parts = Partial<View> & { readonly [chunk: ChunkName]: readonly HistoryRow[] };

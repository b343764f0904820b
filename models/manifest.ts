/**
 * The manifest of a folder of training artifacts (`artifacts.json`): which graphs there are, what each input is
 * fed from, and where each output lies in the flat result buffer. A worker computes with nothing else: it holds
 * no model code.
 */
import { type NetworkName, NETWORKS } from "../common/network_name.ts";

/** A tensor within a flat float32 buffer. `offset` counts elements. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** A flat buffer: `size` elements, the slots in order without gaps. */
export interface Layout {
  readonly size: number;
  readonly slots: readonly Slot[];
}

/** The flat buffers of a run. `statistics`: running mean and variance of the generator's batch normalisation. */
export const STATES = [...NETWORKS, "statistics"] as const;
export type State = typeof STATES[number];

/**
 * Source of a graph input: a user input of the step, or a slot of a state. `mix`: one number an example. `mask`:
 * what is dropped (random/dropout.ts). `augment`: numbers of [0, 1) that examples are augmented by (augment.ts).
 * `label`: the class of each example, a whole number.
 */
export const SOURCES = ["real", "fake", "noise", "mix", "label", "mask", "augment", ...STATES] as const;
export type Source = typeof SOURCES[number];

/** One graph input. `shape[0]` of a user input is the micro-batch, or "N" where the graph takes any number. */
export interface GraphInput {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly source: Source;
  /** Share that a mask drops, above 0 and below 1; of masks only. */
  readonly ratio?: number;
}

/**
 * One graph. Inputs come user inputs first, then trainable parameters, then frozen ones (as in ONNX Runtime
 * training before gradient accumulation), then the masks of dropout and the numbers of augmentations, either of which
 * share one stream in this order. `outputs` of training graphs are the slots of the flat result buffer, in the buffer's
 * order: gradients in parameter order, then the tail. The graph's own first output is the loss.
 */
export interface GraphEntry {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly inputs: readonly GraphInput[];
  /** Slots of the result. Forward graphs have one output whose shape may begin with "N"; then `size` is 0. */
  readonly outputs: readonly { name: string; shape: readonly (number | string)[]; offset: number }[];
  /** Elements of the whole result buffer. */
  readonly size: number;
  /** Elements of the result before the tail: the gradients, in the layout of the trained state. */
  readonly tail_offset: number;
}

/** Each graph also takes `label` behind its other user inputs where the networks take labels. */
export const GRAPH_NAMES = [
  /** real, fake, mix if the objective mixes, critic -> loss, gradients | tail: loss, mean_D_real, mean_D_fake */
  "critic_training_model",
  /** noise, real if the objective pairs, generator, critic (frozen) -> loss, gradients | tail: loss, mean_D_fake, batch statistics */
  "generator_training_model",
  /** noise, generator -> fake; batch statistics of the micro-batch, as in training */
  "generator_forward_model",
  /** real [N, ...], critic -> scores [N, 1] */
  "critic_eval_model",
  /** noise [N, latent], generator, statistics -> samples [N, ...]; running statistics */
  "sampler_model",
] as const;
export type GraphName = typeof GRAPH_NAMES[number];
/** The graph that only runs with lazy penalties have: as `critic_training_model`, for the steps without them. */
export const BETWEEN_GRAPH = "critic_between_model";
/** The graph that only runs with metrics of features have: real [N, ...] -> features [N, num_features]. It takes no labels. */
export const FEATURES_GRAPH = "features_model";
export type AnyGraphName = GraphName | typeof BETWEEN_GRAPH | typeof FEATURES_GRAPH;

/** Something for each graph of a run. */
export type ByGraph<T> =
  & Readonly<Record<GraphName, T>>
  & { readonly [BETWEEN_GRAPH]?: T; readonly [FEATURES_GRAPH]?: T };

/** The graphs of a run. */
export function graphNamesOf(
  { lazy_penalty, num_features }: Pick<Manifest, "lazy_penalty" | "num_features">,
): readonly AnyGraphName[] {
  return [
    ...GRAPH_NAMES,
    ...lazy_penalty === undefined ? [] : [BETWEEN_GRAPH] as const,
    ...num_features === undefined ? [] : [FEATURES_GRAPH] as const,
  ];
}

/** `between`: the critic's steps without its lazy penalties. */
export const TRAINING_GRAPHS = {
  critic: "critic_training_model",
  generator: "generator_training_model",
  between: BETWEEN_GRAPH,
} as const;
export type TrainingKind = keyof typeof TRAINING_GRAPHS;

/** Which training graph a step runs. The noise's counter is the step's. */
export function trainingKindOf(
  { kind, noise_counter: step }: { readonly kind: NetworkName; readonly noise_counter: number },
  { lazy_penalty = 1 }: Pick<Manifest, "lazy_penalty">,
): TrainingKind {
  return kind === "critic" && (step - 1) % lazy_penalty !== 0 ? "between" : kind;
}

/** True if steps of a network compute with real examples: the critic's, and the generator's of an objective that pairs. */
export function takesReal({ graphs }: Pick<Manifest, "graphs">, network: NetworkName): boolean {
  return network === "critic" ||
    graphs.generator_training_model.inputs.some(({ source }) => source === "real");
}

export interface Manifest {
  readonly format: "wagon-artifacts";
  readonly version: 1;
  /** Name of the objective, e.g. "wgan". */
  readonly objective: string;
  readonly opset: number;
  /** Examples of one run of the training graphs. */
  readonly micro_batch: number;
  /** Micro-batches of one shard in one step, a power of two: leaves of the summing tree. Absent: 1. */
  readonly accumulate?: number;
  /**
   * Critic weights that are used divided by their spectral norm: u and v of each in turn end the critic's layout, and
   * have no gradient. `artifacts.json` leaves them out of the layout. Absent: none.
   */
  readonly spectral_norm?: readonly string[];
  /** Critic steps of which the first has the objective's penalties, and the others none. Absent: each has them. */
  readonly lazy_penalty?: number;
  /** Classes of the labels that both networks take; absent: they take none. */
  readonly num_classes?: number;
  /** Examples that the critic scores at a time, 2 or more (packing.ts); absent: 1. */
  readonly pac?: number;
  /** Length of the features that metrics compare; absent: there is no graph for them. */
  readonly num_features?: number;
  readonly latent: number;
  /** Shape of one example as the networks see it, e.g. [784] or [2]. */
  readonly example_shape: readonly number[];
  readonly layouts: Readonly<Record<State, Layout>>;
  readonly graphs: ByGraph<GraphEntry>;
}

/**
 * Graphs that every provider computes: all training artifacts of every preset, at small widths and batch 2, and
 * the gradients of every rule and every expansion, of first and second order, each in the form that artifacts have.
 */
import { withClasses } from "../../coordinator/config/conditional.ts";
import { isConditional, type PresetName, PRESETS } from "../../coordinator/config/presets.ts";
import { buildArtifacts } from "../../models/artifacts.ts";
import { decompose, type ExpandedOp, EXPANSIONS } from "../../autodiff/decompose.ts";
import { withProviderWorkarounds } from "../../autodiff/provider_workarounds.ts";
import { type DifferentiableOp, GRADIENT_RULES } from "../../autodiff/rules.ts";
import { simplify } from "../../autodiff/simplify.ts";
import { GRAPH_NAMES } from "../../models/manifest.ts";
import { buildNetworks, type Networks } from "../../models/nets/networks.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import { decodeModel } from "../../onnx/codec.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { OpName } from "../../onnx/shapes.ts";
import { type Feeds, firstOrder, firstOrderExpanded, secondOrder } from "../autodiff/checking.ts";
import { EXPANSION_CASES } from "../autodiff/expansion_cases.ts";
import { RULE_CASES } from "../autodiff/rule_cases.ts";
import { OPERATOR_CASES } from "../reference/operator_cases.ts";
import { operatorProblem } from "../reference/operator_problem.ts";
import { refTensor, sizeOf } from "../reference/ref_tensor.ts";
import { seededNumbers } from "../reference/seeded.ts";

/** A graph with numbers for its inputs. `name`: e.g. "wgan critic_training_model", "Conv 3 second". */
export interface ProviderProblem {
  readonly name: string;
  readonly graph: Graph;
  readonly feeds: Feeds;
}

export const GROUPS = ["artifacts", "rules", "expansions", "operators"] as const;
export type Group = typeof GROUPS[number];

const BATCH = 2;
/** Widest layer, and feature maps next to the image. */
const WIDTH = 16, MAPS = 4;
const LATENT = 3;
const SIDE = 16;

/** Of the presets that take labels. */
const NUM_CLASSES = 3;

/** The same layers, narrow. */
function narrow({ generator, critic }: Networks): Networks {
  const narrowed = <C extends Networks["generator"] | Networks["critic"]>(config: C): C =>
    "widths" in config
      ? { ...config, widths: config.widths.map((width, i) => i === 0 ? width : Math.min(width, WIDTH)) }
      : { ...config, width: MAPS };
  const [small, scored] = [narrowed(generator), narrowed(critic)];
  if (!("widths" in small && "widths" in scored)) return { generator: small, critic: scored };
  // What the generator makes is what the critic scores.
  const features = small.widths.at(-1)!;
  return { generator: small, critic: { ...scored, widths: scored.widths.with(0, features) } };
}

/** What `--dropout` and `--spectral-norm` make of a critic. */
const SHAPINGS = {
  dropout: { dropout: 0.3 },
  spectral_norm: { spectral_norm: true, batch_norm: false },
} as const;

async function* artifacts(): AsyncGenerator<ProviderProblem> {
  for (const name of Object.keys(PRESETS) as PresetName[]) yield* artifactsOf(name, name, {});
  // One of first and one of second order; one of layers, one of convolutions.
  for (const [how, change] of Object.entries(SHAPINGS)) {
    for (const name of ["wgan-gp", "dcgan"] as const) yield* artifactsOf(`${name} ${how}`, name, change);
  }
}

async function* artifactsOf(
  label: string,
  name: PresetName,
  change: Partial<Networks["critic"]>,
): AsyncGenerator<ProviderProblem> {
  const preset = PRESETS[name];
  const shape = "series" in preset ? [SIDE] : "sides" in preset ? [SIDE, SIDE] : [4, 4];
  const plain = preset.networks(LATENT, shape);
  const { generator, critic } = narrow(isConditional(name) ? withClasses(plain, NUM_CLASSES) : plain);
  const { manifest, files } = await buildArtifacts({
    ...buildNetworks({ generator, critic: { ...critic, ...change } as Networks["critic"] }),
    objective: objectiveOf(preset),
    micro_batch: BATCH,
  });
  for (const graph_name of GRAPH_NAMES) {
    const { graph } = decodeModel(files.get(manifest.graphs[graph_name].file)!);
    yield { name: `${label} ${graph_name}`, graph, feeds: feedsOf(graph) };
  }
}

/** Numbers of either sign; variances and the like stay positive, since none is below 0.1 in size. */
function feedsOf(graph: Graph): Feeds {
  return new Map(graph.inputs.map((name, i) => {
    const { shape } = graph.types.get(name)!;
    const fixed = shape.map((dim) => typeof dim === "number" ? dim : BATCH);
    if (name === "label") {
      return [
        name,
        refTensor(
          "float32",
          fixed,
          [...Array(fixed[0]).keys()].map((n) => n % NUM_CLASSES),
        ),
      ];
    }
    const [low, high] = name.endsWith("running_var") || name === "mix" ? [0.1, 0.9] : [-0.9, 0.9];
    return [name, refTensor("float32", fixed, seededNumbers(i + 1, sizeOf(fixed), low, high))];
  }));
}

/** First and second derivatives, as `buildArtifacts` would leave them. */
function* gradientsOf(
  name: string,
  first: ReturnType<typeof firstOrder>,
): Generator<ProviderProblem> {
  for (const [order, { graph, feeds }] of [["first", first], ["second", secondOrder(first)]] as const) {
    yield { name: `${name} ${order}`, graph: simplify(withProviderWorkarounds(graph)), feeds };
  }
}

function* rules(): Generator<ProviderProblem> {
  for (const op of Object.keys(GRADIENT_RULES) as DifferentiableOp[]) {
    for (const i of RULE_CASES[op].keys()) yield* gradientsOf(`${op} ${i}`, firstOrder(op, i, "float32"));
  }
}

function* expansions(): Generator<ProviderProblem> {
  for (const op of Object.keys(EXPANSIONS) as ExpandedOp[]) {
    for (const i of EXPANSION_CASES[op].keys()) {
      const [first, second] = gradientsOf(`${op} ${i}`, firstOrderExpanded(op, i, "float32"));
      yield first!;
      // Made of rules, each of which has its second derivatives in all its cases.
      if (i === 0) yield second!;
    }
  }
}

/** Operators by themselves, as they stand in forward graphs. */
function* operators(): Generator<ProviderProblem> {
  for (const op of Object.keys(OPERATOR_CASES) as OpName[]) {
    for (const [i, operatorCase] of OPERATOR_CASES[op].entries()) {
      const { graph, feeds } = operatorProblem(op, operatorCase, 100 * i + 1);
      yield { name: `${op} ${i}`, graph: withProviderWorkarounds(decompose(graph)), feeds };
    }
  }
}

const SOURCES: Readonly<Record<Group, () => Iterable<ProviderProblem> | AsyncIterable<ProviderProblem>>> = {
  artifacts,
  rules,
  expansions,
  operators,
};

/** The problems of a group, always in the same order. */
export async function problemsOf(group: Group): Promise<ProviderProblem[]> {
  return await Array.fromAsync(SOURCES[group]());
}

/** Gradients against central differences: graphs of one operator, their losses, and the error measure. */
import { decompose, type ExpandedOp } from "../../autodiff/decompose.ts";
import { gradients } from "../../autodiff/gradients.ts";
import type { Rules } from "../../autodiff/rule.ts";
import { type DifferentiableOp, GRADIENT_RULES } from "../../autodiff/rules.ts";
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { ElementType, Graph, Node } from "../../onnx/graph.ts";
import { elementCode, tensorOf } from "../../onnx/tensor.ts";
import { interpret } from "../reference/interpreter.ts";
import { type RefTensor, refTensor, sizeOf } from "../reference/ref_tensor.ts";
import { seededNumbers, uniform } from "../reference/seeded.ts";
import { EXPANSION_CASES } from "./expansion_cases.ts";
import type { Operand, RuleCase } from "./rule_case.ts";
import { RULE_CASES } from "./rule_cases.ts";

export type Feeds = ReadonlyMap<string, RefTensor>;

/** A graph with the output "loss", a value for each input, and the inputs to differentiate by. */
export interface Problem {
  readonly graph: Graph;
  readonly feeds: Feeds;
  readonly wrt: readonly string[];
}

/** loss = sum of w y^2 over the operator's outputs y: its second derivatives do not vanish. */
function ruleProblem(op: string, ruleCase: RuleCase, element: ElementType, seed: number): Problem {
  const b = new GraphBuilder(`${op}_loss`);
  const feeds = new Map<string, RefTensor>();
  const inputs: (Value | null)[] = [];
  for (const [i, operand] of ruleCase.inputs.entries()) {
    const isCopy = ruleCase.repeated && i > 0;
    inputs.push(isCopy ? inputs[0]! : declare(b, operand, element, `x${i}`, feeds, seed + i));
  }
  const wrt = [...feeds].filter(([, tensor]) => tensor.element === element).map(([name]) => name);
  const outputs = b.ops(op, inputs, ruleCase.attributes ?? {}, ruleCase.num_outputs ?? 1);
  b.output(weightedSum(b, outputs.map((y) => b.op("Mul", [y, y])), "w", feeds, seed + 10), "loss");
  return { graph: b.build(), feeds, wrt };
}

/** A graph with gradients and their weighted sum, the output "second_loss". */
function secondProblem({ graph, feeds, wrt }: Problem, seed: number): Problem {
  const b = GraphBuilder.from({ ...graph, outputs: graph.outputs.filter((name) => name !== "loss") });
  const more = new Map(feeds);
  const sum = weightedSum(b, wrt.map((name) => b.value(`${name}_grad`)), "v", more, seed + 20);
  b.output(sum, "second_loss");
  return { graph: b.build(), feeds: more, wrt };
}

function declare(
  b: GraphBuilder,
  operand: Operand,
  element: ElementType,
  name: string,
  feeds: Map<string, RefTensor>,
  seed: number,
): Value | null {
  if (operand === null) return null;
  if ("ints" in operand) return b.ints(operand.ints);
  if ("indices" in operand) {
    const { indices, shape, fed } = operand;
    if (!fed) return b.constant(tensorOf("int64", shape, indices));
    feeds.set(name, refTensor("int64", shape, indices));
    return b.input(name, "int64", shape);
  }
  if ("bools" in operand) return b.constant(tensorOf("bool", [operand.bools.length], operand.bools));
  if ("scales" in operand) return b.constant(tensorOf("float32", [operand.scales.length], operand.scales));
  const { shape, low, high, signs } = operand;
  const next = uniform(seed + 1000);
  const values = seededNumbers(seed, sizeOf(shape), low, high).map((value) =>
    signs && next() < 0.5 ? -value : value
  );
  feeds.set(name, refTensor(element, shape, values));
  return b.input(name, element, shape);
}

/** Sum over the values of their products with fed weights; values of another element type are cast. */
function weightedSum(
  b: GraphBuilder,
  values: readonly Value[],
  stem: string,
  feeds: Map<string, RefTensor>,
  seed: number,
): Value {
  return values.map((value, i) => {
    const { element, shape } = value.type;
    const numbers = seededNumbers(seed + i, sizeOf(shape as number[]), 0.5, 1.5);
    feeds.set(`${stem}${i}`, refTensor(element, shape as number[], numbers));
    const weights = b.input(`${stem}${i}`, element, shape);
    const part = b.op("ReduceSum", [b.op("Mul", [weights, value])], { keepdims: 0 });
    const sum = values[0]!.type.element;
    return element === sum ? part : b.op("Cast", [part], { to: elementCode(sum) });
  }).reduce((sum, part) => b.op("Add", [sum, part]));
}

/** Step of the differences. Inputs are at least twice as far from every kink. */
const STEP = 1e-3;

/** What a graph computes one of its outputs by, without the gradients beside it. All inputs stay. */
function onlyFor(graph: Graph, output: string): Graph {
  const needed = new Set([output]);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    nodes.unshift(node);
  }
  return { ...graph, nodes, outputs: [output] };
}

/** d output / d input by central differences of fourth order, for each of `wrt`. */
function centralDifferences({ graph, feeds, wrt }: Problem, output: string): Feeds {
  const forward = onlyFor(graph, output);
  const at = (name: string, i: number, by: number) => {
    const { element, shape, data } = feeds.get(name)!;
    const moved = { element, shape, data: data.with(i, data[i]! + by) };
    return interpret(forward, new Map([...feeds, [name, moved]])).get(output)!.data[0]!;
  };
  return new Map(wrt.map((name) => {
    const x = feeds.get(name)!;
    const slope = (_: number, i: number) => {
      const near = at(name, i, STEP) - at(name, i, -STEP);
      const far = at(name, i, 2 * STEP) - at(name, i, -2 * STEP);
      return (8 * near - far) / (12 * STEP);
    };
    return [name, { ...x, data: x.data.map(slope) }];
  }));
}

export function norm(...tensors: readonly RefTensor[]): number {
  return Math.hypot(...tensors.map(({ data }) => Math.hypot(...data)));
}

/**
 * The largest ||found - expected|| / max(||expected||, 1e-6 x norm of all expected) over the tensors of `names`,
 * which are called name + suffix in `found`. NaN counts as infinite.
 */
export function gradientError(
  found: Feeds,
  expected: Feeds,
  names: readonly string[],
  suffix = "",
): number {
  const whole = norm(...names.map((name) => expected.get(name)!));
  const errors = names.map((name) => {
    const a = found.get(name + suffix)!, b = expected.get(name)!;
    if (a.shape.join() !== b.shape.join()) return Infinity;
    const difference = norm({ ...b, data: b.data.map((value, i) => a.data[i]! - value) });
    return difference / Math.max(norm(b), 1e-6 * whole, Number.MIN_VALUE);
  });
  return errors.some(Number.isNaN) ? Infinity : Math.max(...errors);
}

/** A case of a rule with the gradients of its loss, as `_grad`. */
export function firstOrder(
  op: DifferentiableOp,
  index: number,
  element: ElementType,
  rules: Rules = GRADIENT_RULES,
): Problem {
  const problem = ruleProblem(op, RULE_CASES[op][index]!, element, 100 * index + 1);
  return { ...problem, graph: gradients(problem.graph, { loss: "loss", wrt: problem.wrt, rules }) };
}

/** A case of an expansion with the gradients of its loss, as `_grad`. */
export function firstOrderExpanded(op: ExpandedOp, index: number, element: ElementType): Problem {
  const problem = ruleProblem(op, EXPANSION_CASES[op][index]!, element, 100 * index + 1);
  const graph = gradients(decompose(problem.graph), { loss: "loss", wrt: problem.wrt });
  return { ...problem, graph };
}

/** The gradients of a weighted sum of first gradients, as `_grad2`. */
export function secondOrder(first: Problem): Problem {
  const problem = secondProblem(first, 7);
  const graph = gradients(problem.graph, { loss: "second_loss", wrt: problem.wrt, suffix: "_grad2" });
  return { ...problem, graph };
}

/** Error of gradients against central differences of what they are gradients of. */
export function differenceError(problem: Problem, loss: string, suffix: string): number {
  const found = interpret(problem.graph, problem.feeds);
  return gradientError(found, centralDifferences(problem, loss), problem.wrt, suffix);
}

/**
 * The backward pass (reverse-mode automatic differentiation) from graph to graph.
 *
 * The walk goes over the nodes from the loss back to what is asked for, and only over those that lie between. It
 * asks the table of rules for the gradient of each input, undoes broadcasting, and adds up what reaches a value
 * over several ways. What comes out is again a graph of standard operators, which can be differentiated again.
 */
import { GraphBuilder, type Value } from "../onnx/builder.ts";
import { formatShape, formatType, isFixed, sameShape, sameType } from "../onnx/dims.ts";
import type { ElementType, Graph, Node, TensorType } from "../onnx/graph.ts";
import { GraphError } from "../onnx/graph_error.ts";
import { describeNode } from "../onnx/operator.ts";
import { isOpName } from "../onnx/shapes.ts";
import { tensorOf } from "../onnx/tensor.ts";
import { EXPANSIONS } from "./decompose.ts";
import { type GradientRule, inputRule, type Rules, RuleSite } from "./rule.ts";
import { FLAT, GRADIENT_RULES, WITHOUT_RULE } from "./rules.ts";
import { numElements } from "../common/shape.ts";

export interface GradientOptions {
  /** Name of the value to differentiate: one element, unless there is a seed. */
  readonly loss: string;
  /** Names of the values to differentiate by, inputs or not. The loss must depend on each. */
  readonly wrt: readonly string[];
  /** Names of values that count as constants: no gradient flows through them. */
  readonly constants?: readonly string[];
  /** Name of a value of the loss's type that stands for its gradient; without it, that is 1. */
  readonly seed?: string;
  /** Suffix that makes the name of a value's gradient; default `_grad`. */
  readonly suffix?: string;
  /** Rules to use in place of {@linkcode GRADIENT_RULES}, for tests. */
  readonly rules?: Rules;
}

/**
 * The graph with gradients: its own outputs, then the gradient of the loss by each value of `wrt` in turn, of that
 * value's type, called `<name>_grad`. Shapes must be fixed on the way from `wrt` to the loss, and its element types
 * float32 or float64.
 *
 * Throws {@linkcode GraphError} where a name is unknown, the loss does not depend on a value of `wrt`, a shape on
 * the way is not fixed, or an operator on the way has no rule.
 */
export function gradients(graph: Graph, options: GradientOptions): Graph {
  const b = GraphBuilder.from(graph);
  const { wrt, suffix = "_grad" } = options;
  walkBack(graph, b, options).forEach((gradient, i) => b.output(gradient, wrt[i]! + suffix));
  return b.build();
}

/**
 * The same within a graph that is being built: the gradients of `loss` by each value of `wrt` in turn, for use in
 * what follows.
 */
export function gradientValues(b: GraphBuilder, loss: Value, wrt: readonly Value[]): Value[] {
  return walkBack(b.soFar(loss), b, { loss: loss.name, wrt: wrt.map(({ name }) => name) });
}

/** Adds to `b`, which holds the nodes of `graph`, what computes the gradients. */
function walkBack(graph: Graph, b: GraphBuilder, options: GradientOptions): Value[] {
  checkOptions(graph, options);
  const { loss, wrt, constants = [], seed, rules = GRADIENT_RULES } = options;
  const reached = new Cotangents(b);
  reached.add(loss, seed === undefined ? ones(b, b.value(loss)) : b.value(seed));
  const active = dependents(graph, wrt, constants, rules);
  for (const node of graph.nodes.toReversed()) {
    const dys = node.outputs.map((name) => active.has(name) ? reached.total(name) : undefined);
    if (dys.some((dy) => dy !== undefined)) {
      differentiateNode(graph, b, node, dys, { active, reached, rules });
    }
  }
  return wrt.map((name) =>
    reached.total(name) ??
      refuse(graph, `loss "${loss}" must depend on "${name}", found no path between them`)
  );
}

/** Gradients that reached each value so far. */
class Cotangents {
  readonly #parts = new Map<string, Value>();

  constructor(private readonly b: GraphBuilder) {}

  add(name: string, part: Value): void {
    const sum = this.#parts.get(name);
    this.#parts.set(name, sum === undefined ? part : this.b.op("Add", [sum, part]));
  }

  /** The gradient of a value, once all nodes that read it have been walked over. */
  total(name: string): Value | undefined {
    return this.#parts.get(name);
  }
}

/** State of the walk: values that depend on `wrt`, gradients so far, the rules. */
interface Walk {
  readonly active: ReadonlySet<string>;
  readonly reached: Cotangents;
  readonly rules: Rules;
}

function differentiateNode(
  graph: Graph,
  b: GraphBuilder,
  node: Node,
  dys: readonly (Value | undefined)[],
  { active, reached, rules }: Walk,
): void {
  const rule = ruleOf(rules, node) ??
    refuseNode(graph, node, `${node.op} has no gradient rule: ${advice(node)}`);
  const site = new RuleSite(graph, b, node, dys);
  for (const [i, name] of node.inputs.entries()) {
    const differentiate = inputRule(rule, i);
    if (!active.has(name) || differentiate === null) continue;
    checkWay(graph, node, [name, ...node.outputs]);
    const gradient = differentiate(site, i);
    if (gradient !== null) reached.add(name, unbroadcast(b, gradient, b.value(name).type));
  }
}

/** The gradient of a value from that of the value broadcast: summed over the repeated axes. */
function unbroadcast(b: GraphBuilder, gradient: Value, { shape }: TensorType): Value {
  const from = gradient.type.shape;
  if (sameShape(from, shape)) return gradient;
  const num_leading = from.length - shape.length;
  const axes = [...from.keys()].filter((axis) =>
    axis < num_leading || (shape[axis - num_leading] === 1 && from[axis] !== 1)
  );
  const only_leading = axes.length === num_leading;
  const sum = b.op("ReduceSum", [gradient, b.ints(axes)], { keepdims: only_leading ? 0 : 1 });
  return sameShape(sum.type.shape, shape) ? sum : b.op("Reshape", [sum, b.ints(shape as readonly number[])]);
}

/** Every value that depends on one of `wrt` in a way that a gradient can flow. */
function dependents(
  graph: Graph,
  wrt: readonly string[],
  constants: readonly string[],
  rules: Rules,
): ReadonlySet<string> {
  const active = new Set(wrt);
  for (const node of graph.nodes) {
    if (FLAT.includes(node.op)) continue;
    const rule = ruleOf(rules, node);
    const depends = node.inputs.some((name, i) =>
      active.has(name) && (rule === undefined || inputRule(rule, i) !== null)
    );
    if (!depends) continue;
    for (const name of node.outputs) {
      if (name !== "" && isReal(graph.types.get(name)!) && !constants.includes(name)) active.add(name);
    }
  }
  return active;
}

function ones(b: GraphBuilder, { type: { element, shape } }: Value): Value {
  return b.constant(tensorOf(element, shape as readonly number[], [1]));
}

function ruleOf(rules: Rules, { op }: Node): GradientRule | undefined {
  return isOpName(op) ? rules[op] : undefined;
}

/** Advice on an operator without a rule. */
function advice({ op }: Node): string {
  if (Object.hasOwn(EXPANSIONS, op)) {
    return "decompose the graph first (autodiff/decompose.ts), which writes it with operators that have rules";
  }
  const own = Object.hasOwn(WITHOUT_RULE, op)
    ? `${WITHOUT_RULE[op as keyof typeof WITHOUT_RULE]}, or `
    : "write it with operators that have one, or ";
  return `${own}remove it from the path from the parameters to the loss, or add a rule (autodiff/rules.ts)`;
}

const REAL: readonly ElementType[] = ["float16", "bfloat16", "float32", "float64"];
const DIFFERENTIABLE: readonly ElementType[] = ["float32", "float64"];

/** Element types that stand for real numbers: the others carry no gradient. */
function isReal({ element }: TensorType): boolean {
  return REAL.includes(element);
}

function checkWay(graph: Graph, node: Node, names: readonly string[]): void {
  for (const name of names) {
    const type = graph.types.get(name);
    if (type === undefined || !isReal(type)) continue;
    if (!isFixed(type.shape)) {
      refuseNode(
        graph,
        node,
        `"${name}" must have a fixed shape, found ${formatShape(type.shape)}: set its batch`,
      );
    }
    if (!DIFFERENTIABLE.includes(type.element)) {
      refuseNode(graph, node, `"${name}" must be of float32 or float64: found ${type.element}`);
    }
  }
}

function checkOptions(graph: Graph, { loss, wrt, constants = [], seed }: GradientOptions): void {
  for (const name of constants) typeOf(graph, name);
  for (const name of [loss, ...wrt]) {
    const type = typeOf(graph, name);
    if (!DIFFERENTIABLE.includes(type.element) || !isFixed(type.shape)) {
      refuse(graph, `"${name}" must be of float32 or float64 and a fixed shape: found ${formatType(type)}`);
    }
  }
  const before = new Set<string>();
  const twice = wrt.find((name) => before.has(name) || !before.add(name));
  if (twice !== undefined) {
    refuse(graph, `values to differentiate by must be distinct: found "${twice}" twice`);
  }
  const type = typeOf(graph, loss);
  if (seed === undefined && numElements(type.shape as readonly number[]) !== 1) {
    refuse(graph, `loss "${loss}" must have one element, unless a seed is given: found ${formatType(type)}`);
  }
  if (seed !== undefined && !sameType(typeOf(graph, seed), type)) {
    const found = formatType(typeOf(graph, seed));
    refuse(graph, `seed "${seed}" must be of the loss's type ${formatType(type)}: found ${found}`);
  }
}

function typeOf(graph: Graph, name: string): TensorType {
  return graph.types.get(name) ??
    refuse(graph, `"${name}" must be the name of a value: no input, initializer or node has this name`);
}

function refuse(graph: Graph, reason: string): never {
  throw new GraphError(`Cannot differentiate graph ${graph.name}: ${reason}`);
}

function refuseNode(graph: Graph, node: Node, reason: string): never {
  throw new GraphError(`Cannot differentiate ${describeNode(graph.name, node)}: ${reason}`);
}

/** Small networks in the float64 interpreter against PyTorch's float64, with one thing wrong at a time if wanted. */
import assert from "node:assert/strict";
import { inputRule, type Rules, type RuleSite } from "../../autodiff/rule.ts";
import { GRADIENT_RULES } from "../../autodiff/rules.ts";
import type { Graph } from "../../onnx/graph.ts";
import { OPERATORS, type OpName } from "../../onnx/shapes.ts";
import {
  criticTrainingGraph,
  generatorForwardGraph,
  generatorTrainingGraph,
} from "../../models/training_graphs.ts";
import type { TrainingGolden } from "../goldens/golden.ts";
import { interpret } from "../reference/interpreter.ts";
import { norm } from "./norm.ts";
import {
  type Execute,
  type FloatArray,
  pairOf,
  STEPS,
  train,
  type UpdateRule,
  withAugmentInputs,
} from "./wgan_training.ts";

function prepareInInterpreter(graph: Graph): Execute {
  return (given) => {
    const inputs = withAugmentInputs(graph, given);
    const feeds = graph.inputs.map((name) => {
      const { element, shape } = graph.types.get(name)!;
      const data = inputs.get(name) as Float64Array;
      return [name, { element, shape: shape as readonly number[], data }] as const;
    });
    const outputs = interpret(graph, new Map(feeds));
    return Promise.resolve(new Map([...outputs].map(([name, { data }]) => [name, data])));
  };
}

/** A wrong gradient shows in the first step, and a wrong update in the losses of the second. */
const FIRST_STEPS = 2;

/** What can be wrong with a training. */
export interface Fault {
  readonly rules?: Rules;
  readonly update?: Partial<UpdateRule>;
  readonly graph?: (graph: Graph) => Graph;
}

/** Trains for so many steps; for none, the graphs are made and nothing is computed. */
export function trainWith(
  { settings }: TrainingGolden,
  { rules, update, graph = (same) => same }: Fault,
  steps?: number,
) {
  const pair = pairOf(settings, "float64");
  const executors = {
    critic: prepareInInterpreter(graph(criticTrainingGraph(pair, rules))),
    generator: prepareInInterpreter(graph(generatorTrainingGraph(pair, rules))),
    forward: prepareInInterpreter(graph(generatorForwardGraph(pair))),
  };
  return train(settings, pair, executors, update, steps);
}

/** What was found and is further off than the tolerance: losses by the largest one, a tensor by its norm or a millionth of all. */
export function differences(
  found: ReadonlyMap<string, FloatArray>,
  { results }: TrainingGolden,
  tolerance: number,
): string[] {
  return [...results].filter(([name]) => found.has(name)).filter(([name, exact]) => {
    const values = found.get(name)!;
    if (name !== "losses" && values.length !== exact.length) return true;
    const difference = Array.from(values, (value, i) => exact[i]! - value);
    if (name === "losses") {
      return !(Math.max(...difference.map(Math.abs)) <= tolerance * Math.max(...exact.map(Math.abs)));
    }
    const network = name.split(".").slice(0, 2).join(".");
    const whole = norm(
      [...results].filter(([other]) => other.startsWith(network)).map(([, all]) => norm(all)),
    );
    return !(norm(difference) <= tolerance * Math.max(norm(exact), 1e-6 * whole));
  }).map(([name]) => name);
}

/** The training reaches every tensor of the golden, and has no others. */
export async function assertReached(golden: TrainingGolden, tolerance: number): Promise<void> {
  const trained = await trainWith(golden, {});
  assert.deepEqual([...trained.keys()].sort(), [...golden.results.keys()].sort());
  assert.deepEqual(differences(trained, golden, tolerance), []);
}

/** True if a training with something wrong in it goes elsewhere: most do so in their first steps. */
export async function seesFault(golden: TrainingGolden, fault: Fault, tolerance: number): Promise<boolean> {
  for (const steps of [FIRST_STEPS, STEPS]) {
    if (differences(await trainWith(golden, fault, steps), golden, tolerance).length > 0) return true;
  }
  return false;
}

/** The rules with one of them, for one input, changed. */
export function rulesWith(change: (op: OpName, index: number) => number | undefined): Rules {
  const operators = Object.keys(GRADIENT_RULES) as (keyof typeof GRADIENT_RULES)[];
  return Object.fromEntries(operators.map((op) => {
    const [, most] = OPERATORS[op].inputs;
    const rules = Array.from({ length: Math.min(most, 8) }, (_, index) => {
      const rule = inputRule(GRADIENT_RULES[op], index);
      if (rule === null) return null;
      return (site: RuleSite, at: number) => {
        const gradient = rule(site, at);
        const factor = gradient && change(op, index);
        return factor ? site.mul(gradient, site.number(factor)) : gradient;
      };
    });
    return [op, rules];
  }));
}

/** Constants of a graph that have this value. */
export function replaceConstant(value: number, by: number): (graph: Graph) => Graph {
  return (graph) => ({
    ...graph,
    initializers: new Map(
      [...graph.initializers].map(([name, tensor]) => {
        if (!(tensor.data instanceof Float64Array)) return [name, tensor];
        return [name, { ...tensor, data: tensor.data.map((item) => item === value ? by : item) }];
      }),
    ),
  });
}

/**
 * A process that computes problems on a device, without any node on the processor, and on the processor, and prints
 * how far they are apart: a JSON line with the names of each group's, then one for each. Drivers crash, and take their
 * process along; so it is one of its own.
 *
 * `provider_process.ts PROVIDER probe`: whether there is such a device.
 * `provider_process.ts PROVIDER FIRST`: the problems of all groups, from number FIRST on.
 */
import type { InferenceSession } from "onnxruntime-node";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { CPU, type Device, type ProviderName } from "../../worker/runtime/device.ts";
import { Engine } from "../../worker/compute/engine.ts";
import type { SumTask } from "../../worker/compute/sum_task.ts";
import { compileGraphs } from "../../worker/compute/graph_runner.ts";
import { createSession } from "../../worker/runtime/node_session.ts";
import { encodeGraph, fromOrt, toOrt } from "../reference/onnxruntime.ts";
import { type RefTensor, refTensor } from "../reference/ref_tensor.ts";
import { exampleBytes, MICRO_BATCH, SEED, testRun } from "../worker/test_run.ts";
import { type Group, GROUPS, problemsOf, type ProviderProblem } from "./problems.ts";

/** What is printed of a problem. `failure`: what was thrown. */
export interface Finding {
  readonly group: Asked;
  readonly name: string;
  readonly error?: number;
  readonly failure?: string;
}

/** What is asked of a provider. `engine`: what a worker sums up, its graphs compiled as a worker compiles them. */
export type Asked = Group | "engine";
export const ASKED: readonly Asked[] = ["engine", ...GROUPS];
/** The names of a group's problems, in their order. */
export type Names = Readonly<Record<Asked, readonly string[]>>;

/** A tensor with less than this share of the norm of all is compared with that share: it may be 0 but for rounding. */
const SMALL: Readonly<Record<Asked, number>> = {
  artifacts: 1e-2,
  engine: 1e-2,
  rules: 1e-6,
  expansions: 1e-6,
  operators: 1e-6,
};

/** What is found of an engine. */
const ENGINE_NAMES = ["critic sum", "generator sum"];

type Results = ReadonlyMap<string, RefTensor>;

async function run(session: InferenceSession, { graph, feeds }: ProviderProblem): Promise<Results> {
  const inputs = graph.inputs.map((name) => [name, toOrt(feeds.get(name)!)] as const);
  const results = await session.run(Object.fromEntries(inputs));
  return new Map(graph.outputs.map((name) => [name, fromOrt(results[name]!)]));
}

async function compute(problem: ProviderProblem, device: Device): Promise<Results> {
  const session = await createSession(encodeGraph(problem.graph), device, { may_fall_back: false });
  try {
    return await run(session, problem);
  } finally {
    await session.release();
  }
}

/** The largest ||found - expected|| / max(||expected||, `small` x the norm of all expected). NaN counts as infinite. */
function largestError(found: Results, expected: Results, small: number): number {
  const norm = (numbers: Iterable<number>) => Math.hypot(...numbers);
  const whole = norm([...expected.values()].map(({ data }) => norm(data)));
  const errors = [...expected].map(([name, { shape, data }]) => {
    const other = found.get(name)!;
    if (other.shape.join() !== shape.join()) return Infinity;
    const apart = norm(data.map((value, i) => Object.is(value, other.data[i]) ? 0 : value - other.data[i]!));
    return apart / Math.max(norm(data), small * whole, Number.MIN_VALUE);
  });
  return errors.some(Number.isNaN) ? Infinity : Math.max(0, ...errors);
}

async function findingOf(problem: ProviderProblem, device: Device, group: Group): Promise<Finding> {
  const { name } = problem;
  const expected = await compute(problem, CPU);
  try {
    return { group, name, error: largestError(await compute(problem, device), expected, SMALL[group]) };
  } catch (error) {
    return { group, name, failure: (error as Error).message.split("\n")[0]! };
  }
}

/**
 * The sums of a worker's engine, its graphs compiled as a worker compiles them, weights and gradients going to the
 * device and back.
 */
async function* engineFindings(device: Device, first: number): AsyncGenerator<Finding> {
  const { manifest, graphs, weights } = await testRun();
  const [ours, theirs] = await Promise.all([device, CPU].map(async (on) => {
    const runners = await compileGraphs(manifest, graphs, on);
    const engine = new Engine(manifest, runners, { seed: SEED, encoding: "uint8", num_shards: 1 });
    for (const network of ["critic", "generator"] as const) engine.setWeights(network, weights[network]);
    return engine;
  })) as [Engine, Engine];
  for (const kind of (["critic", "generator"] as const).slice(first)) {
    const task: SumTask = {
      kind,
      node: { begin: 0, end: 1 },
      leaves: [{ shard: 0, examples: kind === "critic" ? exampleBytes(MICRO_BATCH * 10, 0) : null }],
      noise_purpose: `${kind}_noise`,
      noise_counter: 1,
    };
    const sums = [];
    for (const engine of [ours, theirs]) {
      const { sum } = await engine.sum(task);
      sums.push(new Map([["sum", refTensor("float32", [sum.length], [...sum])]]));
    }
    yield { group: "engine", name: `${kind} sum`, error: largestError(sums[0]!, sums[1]!, SMALL.engine) };
  }
}

/** y = -x: what every provider computes. */
function leastGraph(): Graph {
  const b = new GraphBuilder("least");
  b.output(b.op("Neg", [b.input("x", "float32", [1])]), "y");
  return b.build();
}

async function main([provider, first]: readonly string[]): Promise<void> {
  const device = { provider: provider as ProviderName, index: 0 };
  // Held until the end: what drivers compile for one session serves the next ones as long as there is one. A session
  // that nobody holds is collected, and every problem then opens the device anew: ten times as long.
  const held = await createSession(encodeGraph(leastGraph()), device, { may_fall_back: false });
  if (first === "probe") return;
  const print = (line: unknown) => console.log(JSON.stringify(line));
  const problems = await Promise.all(GROUPS.map(problemsOf));
  const names = problems.map((group) => group.map(({ name }) => name));
  print({ engine: ENGINE_NAMES, ...Object.fromEntries(GROUPS.map((group, i) => [group, names[i]])) });
  let skip = Number(first);
  if (skip < ENGINE_NAMES.length) {
    for await (const finding of engineFindings(device, skip)) {
      print(finding);
    }
  }
  skip -= ENGINE_NAMES.length;
  for (const [i, group] of GROUPS.entries()) {
    for (const problem of problems[i]!.slice(Math.max(0, skip))) {
      print(await findingOf(problem, device, group));
    }
    skip -= problems[i]!.length;
  }
  await held.release();
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error((error as Error).message.split("\n")[0]);
    Deno.exit(1);
  }
  Deno.exit();
}

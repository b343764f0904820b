/** Results of a device on real training graphs: time, error against the processor, nodes that ran elsewhere. */
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { fillNormal } from "../../random/philox.ts";
import { CPU, type Device } from "../runtime/device.ts";
import type { CheckGraph } from "./check_graph.ts";
import { CHECK_GRAPHS } from "./check_graphs.ts";
import { openSession } from "../runtime/open_session.ts";
import { createSession } from "../runtime/node_session.ts";
import type { TensorView } from "../runtime/runtime.ts";
import { numElements } from "../../common/shape.ts";

export interface DeviceCheck {
  /** Shortest time of the first graph. */
  readonly step_ms: number;
  /** Largest error of an output against the processor, over all graphs. */
  readonly error: number;
  /** Operators that ran on the processor, since the device has no kernel for them. */
  readonly on_processor: readonly string[];
}

const RUNS = 5;
/** A tensor with less than this share of the norm of all is measured by that share: it may be 0 but for rounding. */
const SMALL = 1e-2;
/** Standard deviation of what is fed: small, so that tanh does not saturate. */
const SCALE = 0.1;

function fed(graph: CheckGraph): TensorView[] {
  return graph.inputs.map(({ name, shape }, counter) => {
    const data = new Float32Array(numElements(shape));
    fillNormal(data, { seed: 0, purpose: "probe", counter, shard: 0 });
    return { name, shape, data: data.map((value) => value * SCALE) };
  });
}

/** Runs a graph as a worker does. */
async function run(graph: CheckGraph, device: Device, runs: number) {
  const session = await openSession(Uint8Array.fromBase64(graph.base64), device);
  const outputs = graph.outputs.map(({ name, shape }) => ({
    name,
    shape,
    data: new Float32Array(numElements(shape)),
  }));
  const bound = session.bind(fed(graph), outputs);
  let shortest_ms = Infinity;
  await bound.run();
  for (let i = 0; i < runs; i++) shortest_ms = Math.min(shortest_ms, await bound.run());
  bound.release();
  session.release();
  return { shortest_ms, outputs };
}

function norm(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) sum += number * number;
  return Math.sqrt(sum);
}

/** The largest ||found - expected|| / ||expected|| of a tensor. NaN counts as infinite. */
export function largestError(found: readonly TensorView[], expected: readonly TensorView[]): number {
  const whole = norm(expected.map(({ data }) => norm(data)));
  const errors = expected.map(({ data }, i) => {
    const apart = norm(data.map((value, at) => value - found[i]!.data[at]!));
    return apart / Math.max(norm(data), SMALL * whole);
  });
  return errors.some(Number.isNaN) ? Infinity : Math.max(...errors);
}

interface ProfileEvent {
  readonly cat: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** Operators of the profile that ran on the processor. */
export function operatorsOnProcessor(profile: string): string[] {
  const events = JSON.parse(profile) as readonly ProfileEvent[];
  const nodes = events.filter(({ cat, args }) =>
    cat === "Node" && args?.provider === "CPUExecutionProvider" && args.op_name !== undefined
  );
  return [...new Set(nodes.map(({ args }) => args!.op_name!))].sort();
}

/** Runs a graph once, with a profile. */
async function onProcessor(graph: CheckGraph, device: Device, folder: string): Promise<string[]> {
  const bytes = Uint8Array.fromBase64(graph.base64);
  const session = await createSession(bytes, device, { profile: join(folder, "profile") });
  const feeds = fed(graph).map(({ name, data, shape }) => [name, new ort.Tensor("float32", data, shape)]);
  await session.run(Object.fromEntries(feeds));
  session.endProfiling();
  await session.release();
  const [file] = [...Deno.readDirSync(folder)];
  const profile = Deno.readTextFileSync(join(folder, file!.name));
  Deno.removeSync(join(folder, file!.name));
  return operatorsOnProcessor(profile);
}

/** Examines a device. Throws what ONNX Runtime throws where it has none, or where a graph does not run. */
export async function checkDevice(device: Device): Promise<DeviceCheck> {
  const folder = Deno.makeTempDirSync({ prefix: "wagon-devices-" });
  let step_ms = Infinity, error = 0;
  const on_processor = new Set<string>();
  try {
    for (const [i, graph] of CHECK_GRAPHS.entries()) {
      const { shortest_ms, outputs } = await run(graph, device, i === 0 ? RUNS : 0);
      if (i === 0) step_ms = shortest_ms;
      if (device.provider === "cpu") continue;
      error = Math.max(error, largestError(outputs, (await run(graph, CPU, 0)).outputs));
      for (const op of await onProcessor(graph, device, folder)) on_processor.add(op);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  return { step_ms, error, on_processor: [...on_processor].sort() };
}

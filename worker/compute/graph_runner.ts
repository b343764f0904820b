/**
 * One graph in ONNX Runtime, fed and read by the manifest. Parameters are views of a state's flat buffer and
 * outputs are views of a flat result buffer, so nothing is copied tensor by tensor.
 */
import {
  type AnyGraphName,
  type ByGraph,
  type GraphEntry,
  graphNamesOf,
  type Manifest,
  type Source,
  type State,
} from "../../models/manifest.ts";
import type { Device } from "../runtime/device.ts";
import { FLAT, withFlatOutput } from "../runtime/flat_output.ts";
import { type OpenSession, openSession } from "../runtime/open_session.ts";
import type { BoundGraph, Session, TensorView } from "../runtime/runtime.ts";
import { numElements } from "../../common/shape.ts";

/** Flat buffers by what they hold. User inputs ("real", "fake", "noise", "mix") hold whole rows, "mask" and "augment" those of all inputs. */
export type Sources = Readonly<Partial<Record<Source, Float32Array>>>;

/** Every graph of a run, compiled. */
export type Runners = ByGraph<GraphRunner>;
/** Every graph of a run, as bytes. */
export type GraphBytes = ByGraph<Uint8Array>;

/** Compiles every graph for one device. Throws what `open` and {@linkcode GraphRunner} throw. */
export async function compileGraphs(
  manifest: Manifest,
  graphs: GraphBytes,
  device: Device,
  open: OpenSession = openSession,
): Promise<Runners> {
  const runners: Partial<Record<AnyGraphName, GraphRunner>> = {};
  for (const name of graphNamesOf(manifest)) {
    const entry = manifest.graphs[name]!, graph = graphs[name]!;
    // Measured on an H200: WebGPU fetches a step's gradients in half the time, CUDA in one and a half of it.
    const is_flat = device.provider === "webgpu" && entry.outputs.length > 1;
    const outputs = entry.outputs.map(({ name }) => name);
    const bytes = is_flat ? withFlatOutput(graph, outputs, entry.size) : graph;
    runners[name] = new GraphRunner(manifest, entry, await open(bytes, device), is_flat);
  }
  return runners as unknown as Runners;
}

/** `shape` with its batch axis, if free, bound to `rows`. */
function bound(shape: readonly (number | string)[], rows: number): number[] {
  return shape.map((dim) => typeof dim === "string" ? rows : dim);
}

/** A graph that is ready to run. */
export class GraphRunner {
  /** Throws where the graph's names are not those of the manifest: ONNX Runtime ignores unknown feeds silently. */
  constructor(
    private readonly manifest: Manifest,
    readonly entry: GraphEntry,
    private readonly session: Session,
    /** True if all outputs are fetched as one, which {@linkcode withFlatOutput} added. */
    private readonly is_flat = false,
  ) {
    checkNames(entry, "inputs", session.input_names);
    checkNames(entry, "outputs", session.output_names.filter((name) => !is_flat || name !== FLAT));
  }

  /**
   * The graph over these buffers. `result`: a flat result, or the rows of a forward graph's only output. `rows` binds
   * a free batch axis. Throws where a source is missing or too short.
   */
  bind(sources: Sources, result: Float32Array, rows: number): BoundGraph {
    const drawn = { mask: 0, augment: 0 };
    const inputs = this.entry.inputs.map(({ name, shape, source }) => {
      const buffer = sources[source];
      if (buffer === undefined) throw new Error(`Graph ${this.entry.file} needs ${source}`);
      const { layouts } = this.manifest;
      if (source === "mask" || source === "augment") {
        const view = tensorView(name, buffer, drawn[source], bound(shape, rows));
        drawn[source] += view.data.length;
        return view;
      }
      const offset = source in layouts
        ? layouts[source as State].slots.find((slot) => slot.name === name)!.offset
        : 0;
      return tensorView(name, buffer, offset, bound(shape, rows));
    });
    const outputs = this.is_flat
      ? [tensorView(FLAT, result, 0, [this.entry.size])]
      : this.entry.outputs.map(({ name, shape, offset }) =>
        tensorView(name, result, offset, bound(shape, rows))
      );
    return this.session.bind(inputs, outputs);
  }

  /** Frees the compiled graph. */
  release(): void {
    this.session.release();
  }
}

function tensorView(name: string, buffer: Float32Array, offset: number, shape: number[]): TensorView {
  const size = numElements(shape);
  if (offset + size > buffer.length) {
    throw new RangeError(
      `A tensor of ${size} elements at ${offset} must lie within the ${buffer.length} elements of ` +
        `its buffer`,
    );
  }
  return { name, data: buffer.subarray(offset, offset + size), shape };
}

function checkNames(entry: GraphEntry, side: "inputs" | "outputs", found: readonly string[]): void {
  const wanted = entry[side].map(({ name }) => name);
  const odd = wanted.find((name) => !found.includes(name)) ?? found.find((name) => !wanted.includes(name));
  if (odd !== undefined || wanted.length !== found.length) {
    throw new Error(
      `Graph ${entry.file} must have the ${side} that artifacts.json names: ${odd ?? "one more"} differs`,
    );
  }
}

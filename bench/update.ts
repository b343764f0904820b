/** The fused update over flat buffers, beside a copy of memory and a plain loop. */
import { Kernels, type RmspropStep } from "../kernels/kernels.ts";
import { fillUniform } from "../random/philox.ts";
import type { BenchContext } from "./context.ts";
import { type Contender, interleave, type Samples, samplesOf, timed } from "./report/measure.ts";
import { digits, type Section, spreadText } from "./report/report.ts";
import { median } from "../common/median.ts";
import { ratios, spreadOf } from "./report/statistics.ts";

/** As large as the DCGAN generator of the authors, which fills a third-level cache, and as the critic of the WGAN. */
const SIZES = [
  { name: "", num_parameters: 3_576_704, repeats: 1 },
  { name: ", WGAN critic", num_parameters: 533_505, repeats: 8 },
] as const;
type Size = typeof SIZES[number];
const MAX_GRADIENTS = 4;
const CONSTANTS = { lr: 5e-5, alpha: 0.99, eps: 1e-8, clip: 0.01 };
const FLOAT_BYTES = 4;

/** Passes over one buffer, reading and writing counted: two gradients, w and v are read, w and v written. */
const FUSED_PASSES = 6;
const ADD_PASSES = 3;

interface Buffers {
  readonly kernels: Kernels;
  readonly gradients: readonly Float32Array[];
  readonly w: Float32Array;
  readonly v: Float32Array;
}

function allocate(of: typeof Kernels, num_parameters: number): Buffers {
  const kernels = of.create((MAX_GRADIENTS + 2) * (num_parameters * FLOAT_BYTES + 64));
  const filled = (shard: number) => {
    const buffer = kernels.allocate(num_parameters);
    fillUniform(buffer, { seed: 1, purpose: "dataset", counter: 3, shard }, -1e-3, 1e-3);
    return buffer;
  };
  const gradients = Array.from({ length: MAX_GRADIENTS }, (_, i) => filled(i));
  return { kernels, gradients, w: filled(MAX_GRADIENTS), v: kernels.allocate(num_parameters) };
}

/** The coordinator's work on the gradients of two halves of the tree, each of one or two parts. */
function fusedUpdate({ kernels, gradients, w, v }: Buffers, num_gradients: number): void {
  const [a, b, ...others] = gradients.slice(0, num_gradients);
  others.forEach((other, i) => {
    const into = i === 0 ? a! : b!;
    kernels.add(into, into, other);
  });
  const step: RmspropStep = { a: a!, b: b!, scale: 1 / num_gradients, w, v, ...CONSTANTS };
  kernels.rmsprop(step);
}

/** The same without the checksum, as one would first write it. */
function plainUpdate({ gradients, w, v }: Buffers, num_gradients: number): void {
  const { lr, alpha, eps, clip } = CONSTANTS;
  const parts = gradients.slice(0, num_gradients);
  for (let i = 0; i < w.length; i++) {
    let g = 0;
    for (let k = 0; k < parts.length; k++) g += parts[k]![i]!;
    g /= num_gradients;
    const square = v[i] = alpha * v[i]! + (1 - alpha) * g * g;
    w[i] = Math.min(clip, Math.max(-clip, w[i]! - lr * g / (Math.sqrt(square) + eps)));
  }
}

function passes(num_gradients: number): number {
  return FUSED_PASSES + (num_gradients - 2) * ADD_PASSES;
}

/** Copies as many bytes as the update reads and writes together: each byte copied is read once and written once. */
function memoryCopy(num_parameters: number, num_gradients: number): () => void {
  const floats = passes(num_gradients) / 2 * num_parameters;
  const from = new Float32Array(floats).fill(1), to = new Float32Array(floats);
  return () => to.set(from);
}

function contenders(size: Size, other: typeof Kernels | null, num_gradients: number): Contender[] {
  const { num_parameters, repeats } = size;
  const [own, others] = [Kernels, other].map((of) => of && allocate(of, num_parameters));
  const contender = (name: string, call: () => void) => ({ name, sample: timed(repeats, call) });
  return [
    contender("fused", () => fusedUpdate(own!, num_gradients)),
    ...others ? [contender("other", () => fusedUpdate(others, num_gradients))] : [],
    contender("copy", memoryCopy(num_parameters, num_gradients)),
    contender("plain loop", () => plainUpdate(own!, num_gradients)),
  ];
}

function row(samples: Samples, { name, num_parameters }: Size, num_gradients: number): string[] {
  const [fused, copy, plain] = ["fused", "copy", "plain loop"].map((name) => samplesOf(samples, name));
  const bytes = passes(num_gradients) * num_parameters * FLOAT_BYTES;
  return [
    `${num_gradients} gradients${name}`,
    spreadText(spreadOf(fused!)),
    spreadText(spreadOf(copy!)),
    spreadText(spreadOf(plain!)),
    digits(bytes / median(fused!) / 1e6),
    digits(median(ratios(fused!, copy!))),
    digits(median(ratios(plain!, fused!))),
  ];
}

/** Ours beside that of another checkout. The shortest times are those that nothing disturbed. */
function rowAgainst(samples: Samples, { name }: Size, num_gradients: number): string[] {
  const [fused, other] = ["fused", "other"].map((name) => samplesOf(samples, name));
  return [
    `${num_gradients} gradients${name}`,
    spreadText(spreadOf(other!)),
    digits(median(ratios(fused!, other!))),
    digits(Math.min(...fused!) / Math.min(...other!)),
  ];
}

export async function benchUpdate({ rounds, say, other_kernels }: BenchContext): Promise<Section> {
  const rows: string[][] = [], rows_against: string[][] = [];
  const all: Record<string, unknown> = {};
  for (const size of SIZES) {
    say(`update of ${size.num_parameters} parameters`);
    for (const num_gradients of [2, MAX_GRADIENTS]) {
      const samples = await interleave(contenders(size, other_kernels, num_gradients), rounds);
      rows.push(row(samples, size, num_gradients));
      if (other_kernels) rows_against.push(rowAgainst(samples, size, num_gradients));
      all[`${num_gradients}${size.name}`] = Object.fromEntries(samples);
    }
  }
  const columns = ["", "fused ms", "copy ms", "plain loop ms", "fused GB/s", "fused / copy", "plain / fused"];
  const against = {
    title: "Beside the other checkout's",
    columns: ["", "other ms", "ours / other", "of the shortest"],
  };
  return {
    title: "Update of the weights",
    about: "Mean of gradients, RMSProp, clip and checksum, of " +
      `${SIZES.map(({ num_parameters }) => num_parameters).join(" and ")} parameters, as the ` +
      "coordinator does it: a WebAssembly SIMD pass. Copy: a copy of memory that reads and " +
      "writes as many bytes. Plain loop: JavaScript without checksum.",
    tables: [
      { title: "Milliseconds: median [quartiles], and medians of ratios", columns, rows },
      ...rows_against.length > 0 ? [{ ...against, rows: rows_against }] : [],
    ],
    samples: all,
  };
}

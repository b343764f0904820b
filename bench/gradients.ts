/** Whole gradient steps on one thread: bare in ONNX Runtime, as a worker computes them, and in PyTorch. */
import type { NetworkName } from "../common/network_name.ts";
import { openSession } from "../worker/runtime/open_session.ts";
import { openNodeSession } from "../worker/runtime/node_session.ts";
import { bareShard } from "./step/bare_step.ts";
import { engineOf, engineStep } from "./step/engine_step.ts";
import type { BenchContext } from "./context.ts";
import { gemm, GEMM_FLOPS } from "./step/gemm.ts";
import { type Contender, interleave, type Samples, samplesOf, timed } from "./report/measure.ts";
import type { PeerProcess } from "./peers/peer_process.ts";
import { pythonPeer } from "./peers/python.ts";
import { digits, type Section, spreadText } from "./report/report.ts";
import { median } from "../common/median.ts";
import { ratios, spreadOf } from "./report/statistics.ts";
import { buildModel, gradientFlops, MODEL_NAMES, type ModelName, networksOf } from "./step/wgan_model.ts";

const MICRO_BATCHES: Readonly<Record<ModelName, readonly number[]>> = {
  wgan: [8, 16, 32, 64],
  "wgan-dcgan": [16, 64],
};
const KINDS: readonly NetworkName[] = ["critic", "generator"];
/** Calls that make a sample: some milliseconds. */
const REPEATS = 4;
const GEMM = "GEMM";

/**
 * PyTorch's step: real and fake through the critic in one pass or in two, whichever is faster here; in two alone
 * where batch normalisation would mix them.
 */
function torchContenders(
  peer: PeerProcess,
  model: ModelName,
  kind: NetworkName,
  micro_batch: number,
): Contender[] {
  const ways = kind === "generator"
    ? ["one pass"]
    : model === "wgan"
    ? ["one pass", "two passes"]
    : ["two passes"];
  return ways.map((way) => ({
    name: `${kind} PyTorch, ${way}`,
    sample: async () => {
      const question = { model, kind, micro_batch, joined: way === "one pass", repeats: REPEATS };
      return (await peer.ask<{ ms: number }>(question)).ms;
    },
  }));
}

async function contenders(
  name: ModelName,
  micro_batch: number,
  peer: PeerProcess | null,
): Promise<Contender[]> {
  const model = await buildModel(name, micro_batch, openSession);
  const bare = bareShard(await buildModel(name, micro_batch, openNodeSession));
  const engine = engineOf(model);
  const ours = KINDS.flatMap((kind): Contender[] => [
    { name: `${kind} bare`, sample: timed(REPEATS, () => bare(kind)) },
    { name: `${kind} worker`, sample: timed(REPEATS, engineStep(engine, kind)) },
  ]);
  const theirs = peer ? KINDS.flatMap((kind) => torchContenders(peer, name, kind, micro_batch)) : [];
  return [{ name: GEMM, sample: timed(REPEATS, await gemm()) }, ...ours, ...theirs];
}

/** The faster of PyTorch's ways. */
function bestTorch(samples: Samples, kind: NetworkName): readonly number[] | null {
  const ways = [...samples].filter(([name]) => name.startsWith(`${kind} PyTorch`)).map(([, times]) => times);
  return ways.toSorted((a, b) => median(a) - median(b))[0] ?? null;
}

function row(samples: Samples, model: ModelName, kind: NetworkName, micro_batch: number): string[] {
  const bare = samplesOf(samples, `${kind} bare`);
  const worker = samplesOf(samples, `${kind} worker`);
  const torch = bestTorch(samples, kind);
  const share = gradientFlops(kind, networksOf(model), micro_batch) / GEMM_FLOPS;
  const equal_gemm = samplesOf(samples, GEMM).map((ms) => ms * share);
  return [
    `${model}, ${kind}, ${micro_batch}`,
    spreadText(spreadOf(bare)),
    spreadText(spreadOf(worker)),
    digits(median(equal_gemm)),
    torch ? spreadText(spreadOf(torch)) : "-",
    digits(median(ratios(bare, equal_gemm))),
    digits(median(ratios(worker, bare))),
    torch ? digits(median(ratios(torch, worker))) : "-",
  ];
}

const COLUMNS = [
  "preset, step, micro-batch",
  "bare ms",
  "worker ms",
  "GEMM ms",
  "PyTorch ms",
  "bare / GEMM",
  "worker / bare",
  "PyTorch / worker",
];

export async function benchGradients({ rounds, python, say }: BenchContext): Promise<Section> {
  const peer = python ? pythonPeer(python, "torch_gradients.py") : null;
  const rows: string[][] = [];
  const all: Record<string, unknown> = {};
  let gemm_ms: readonly number[] = [];
  try {
    for (const model of MODEL_NAMES) {
      for (const micro_batch of MICRO_BATCHES[model]) {
        say(`gradient steps of ${model}, micro-batch ${micro_batch}`);
        const samples = await interleave(await contenders(model, micro_batch, peer), rounds);
        gemm_ms = samplesOf(samples, GEMM);
        rows.push(...KINDS.map((kind) => row(samples, model, kind, micro_batch)));
        all[`${model} ${micro_batch}`] = Object.fromEntries(samples);
      }
    }
  } finally {
    await peer?.close();
  }
  const speed = GEMM_FLOPS / median(gemm_ms) / 1e6;
  return {
    title: "Gradient steps, one thread",
    about:
      "One shard's step of a preset: `wgan` for 28 x 28 pixels, `wgan-dcgan` for 32 x 32. Bare: `session.run` alone (for the critic the generator's " +
      "forward pass, then the training graph). Worker: the engine of a compute thread over bound buffers, with " +
      "noise and decoding. GEMM: a plain 512 x 512 product in ONNX Runtime, scaled to the step's FLOPs. PyTorch: eager, the " +
      "faster of joining real and fake in one pass or not.",
    tables: [{ title: "Milliseconds: median [quartiles], and medians of ratios", columns: COLUMNS, rows }],
    notes: [
      `The plain GEMM runs at ${digits(speed)} GFLOP/s`,
      ...(python ? [] : ["PyTorch is left out: no Python with torch was found"]),
    ],
    samples: all,
  };
}

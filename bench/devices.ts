/** Whole gradient steps on every device that this machine has, as a worker computes them, and in PyTorch on CUDA. */
import type { NetworkName } from "../common/network_name.ts";
import { adapterOf } from "../worker/devices/adapters.ts";
import { CPU, type Device } from "../worker/runtime/device.ts";
import { openSession } from "../worker/runtime/open_session.ts";
import { candidates, nameOf } from "../worker/devices/providers.ts";
import type { BenchContext } from "./context.ts";
import { engineOf, engineStep } from "./step/engine_step.ts";
import { type Contender, interleave, type Samples, samplesOf, timed } from "./report/measure.ts";
import type { PeerProcess } from "./peers/peer_process.ts";
import { pythonPeer } from "./peers/python.ts";
import { digits, type Section, spreadText } from "./report/report.ts";
import { median } from "../common/median.ts";
import { ratios, spreadOf } from "./report/statistics.ts";
import { buildModel, type ModelName } from "./step/wgan_model.ts";

const MODELS: readonly (readonly [ModelName, number])[] = [["wgan", 64], ["wgan-dcgan", 64], [
  "wgan-dcgan",
  256,
]];
const KINDS: readonly NetworkName[] = ["critic", "generator"];
const REPEATS = 4;
const TORCH = "PyTorch";

/** The processor, and device 0 of every provider that ONNX Runtime gets here; why not of the others. */
async function findDevices(say: (line: string) => void): Promise<Device[]> {
  Deno.env.set("NVIDIA_TF32_OVERRIDE", "0");
  const found: Device[] = [];
  for (const provider of candidates(Deno.build.os)) {
    const device = { provider, index: 0 };
    try {
      await buildModel("wgan", 8, openSession, device);
      found.push(device);
    } catch (error) {
      say(`${nameOf(device)} is left out: ${(error as Error).message}`);
    }
  }
  return [...found, CPU];
}

async function contenders(
  model: ModelName,
  micro_batch: number,
  devices: readonly Device[],
  peer: PeerProcess | null,
): Promise<Contender[]> {
  const all: Contender[] = [];
  for (const device of devices) {
    const engine = engineOf(await buildModel(model, micro_batch, openSession, device));
    for (const kind of KINDS) {
      all.push({ name: `${kind} ${nameOf(device)}`, sample: timed(REPEATS, engineStep(engine, kind)) });
    }
  }
  if (peer === null) return all;
  const theirs = KINDS.map((kind) => ({
    name: `${kind} ${TORCH}`,
    sample: async () => {
      const question = { model, kind, micro_batch, joined: false, repeats: REPEATS };
      return (await peer.ask<{ ms: number }>(question)).ms;
    },
  }));
  return [...all, ...theirs];
}

function rowsOf(samples: Samples, title: string): string[][] {
  return KINDS.flatMap((kind) => {
    const torch = samples.get(`${kind} ${TORCH}`);
    const cpu = samplesOf(samples, `${kind} ${nameOf(CPU)}`);
    return [...samples].filter(([name]) => name.startsWith(kind)).map(([name, times]) => [
      `${title}, ${kind}`,
      name.slice(kind.length + 1),
      spreadText(spreadOf(times)),
      digits(median(ratios(cpu, times))),
      torch ? digits(median(ratios(torch, times))) : "-",
    ]);
  });
}

/** A PyTorch that has CUDA, or null. */
async function cudaPeer({ python, say }: BenchContext): Promise<PeerProcess | null> {
  if (python === null) return null;
  const script = "import torch; assert torch.cuda.is_available()";
  const { success } = await new Deno.Command(python.command, { args: ["-c", script], stderr: "null" })
    .output();
  if (success) return pythonPeer(python, "torch_gradients.py", "cuda");
  say("PyTorch is left out: it has no CUDA here");
  return null;
}

export async function benchDevices(context: BenchContext): Promise<Section> {
  const { rounds, say } = context;
  const devices = await findDevices(say);
  const peer = await cudaPeer(context);
  const rows: string[][] = [];
  const all: Record<string, unknown> = {};
  try {
    for (const [model, micro_batch] of MODELS) {
      say(`gradient steps of ${model}, micro-batch ${micro_batch}`);
      const samples = await interleave(await contenders(model, micro_batch, devices, peer), rounds);
      rows.push(...rowsOf(samples, `${model}, ${micro_batch}`));
      all[`${model} ${micro_batch}`] = Object.fromEntries(samples);
    }
  } finally {
    await peer?.close();
  }
  return {
    title: "Gradient steps on every device",
    about:
      "One shard's step as the engine of a compute thread computes it, noise, decoding, weights to the " +
      "device and gradients from it included; the CPU with one thread. PyTorch: eager on CUDA, float32 without " +
      "TF32, its weights staying on the device and its gradients brought from it.",
    tables: [{
      title: "Milliseconds: median [quartiles], and medians of ratios",
      columns: ["preset, micro-batch, step", "device", "ms", "CPU / device", "PyTorch / device"],
      rows,
    }],
    notes: devices.flatMap((device) => {
      const adapter = adapterOf(device);
      return adapter === null ? [] : [`${nameOf(device)}: ${adapter.name}`];
    }),
    samples: all,
  };
}

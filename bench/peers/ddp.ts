/** The peer of whole steps: PyTorch, data-parallel by DistributedDataParallel over gloo. */
import type { BenchContext } from "../context.ts";
import { type Python, pythonEnvironment, scriptPath } from "./python.ts";
import { median } from "../../common/median.ts";

export interface DdpSetup {
  readonly world: number;
  /** Memory of each process. */
  readonly threads: number;
}

/** One variant's figures from one run, or why there are none. */
export type DdpResult =
  | {
    readonly variant: string;
    readonly images_per_second: number;
    readonly critic_ms: number;
    readonly critic_p95_ms: number;
    /** Time of steps with a generator step after them. */
    readonly generator_ms: number;
    readonly error?: undefined;
  }
  | { readonly variant: string; readonly error: string };
export type DdpFigures = Exclude<DdpResult, { error: string }>;

/** Runs all variants, one after the other. Throws with what Python said where that fails. */
export async function ddpRun(python: Python, setup: DdpSetup, context: BenchContext): Promise<DdpResult[]> {
  const options = {
    data: context.data_file,
    world: setup.world,
    threads: setup.threads,
    steps: context.steps - context.warmup_steps,
    warmup: context.warmup_steps,
  };
  const { success, stdout, stderr } = await new Deno.Command(python.command, {
    args: [scriptPath("ddp_peer.py"), ...Object.entries(options).flatMap(([k, v]) => [`--${k}`, String(v)])],
    env: pythonEnvironment(setup.threads),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`PyTorch failed: ${decoder.decode(stderr).trim()}`);
  return JSON.parse(decoder.decode(stdout).trim().split("\n").at(-1)!);
}

/** The variant with the most images per second at the median of the rounds; its figures, one for each round. */
export function bestVariant(rounds: readonly (readonly DdpResult[])[]): readonly DdpFigures[] {
  const by_variant = new Map<string, DdpFigures[]>();
  for (const result of rounds.flat()) {
    if (result.error !== undefined) continue;
    by_variant.set(result.variant, [...(by_variant.get(result.variant) ?? []), result]);
  }
  const speed = (figures: DdpFigures[]) => median(figures.map((result) => result.images_per_second));
  const whole = [...by_variant.values()].filter((figures) => figures.length === rounds.length);
  const best = whole.toSorted((a, b) => speed(b) - speed(a))[0];
  if (best === undefined) {
    throw new Error(`No variant of PyTorch ran: ${rounds.flat().map((result) => result.error).join("; ")}`);
  }
  return best;
}

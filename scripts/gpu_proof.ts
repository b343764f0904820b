/**
 * `deno task gpu-proof`: trains presets on this machine's GPU with one worker and with two, and on the processor. Says
 * whether the bits are the same, how far the losses are from the processor's, and how fast each is.
 */
import { join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import type { Command } from "../common/cli/options.ts";
import { summarize } from "../inspect/run_folders.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import { taskCommand } from "../tasks/task_command.ts";

const OPTIONS = {
  presets: {
    kind: "string",
    value: "NAME,NAME…",
    default: "wgan,wgan-gp,wgan-dcgan,wgan-gp-dcgan,dcgan",
    about: "Presets to train, as in deno task train --help",
  },
  steps: {
    kind: "number",
    integer: true,
    min: 1,
    default: 40,
    unit: "critic steps",
    about: "Length of each run",
  },
  gpu: { kind: "number", integer: true, min: 0, max: 63, default: 0, about: "Number of the GPU" },
  cpu: { kind: "boolean", about: "Compare the processor with itself instead" },
  out: { kind: "string", value: "DIR", default: "runs/gpu-proof", about: "The folder to make the runs in" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task gpu-proof",
  about:
    "Trains presets on the drawn strokes with one worker and two on this machine's GPU, and two on the " +
    "processor, and compares bits, losses and speed. Takes some minutes.",
  options: OPTIONS,
  examples: [{ line: "deno task gpu-proof", about: "all presets on the first GPU" }],
};

/** Outcome of a preset. */
export interface Proof {
  readonly preset: string;
  readonly provider: string;
  /** True if one worker and two ended in the same weights. */
  readonly same_bits: boolean;
  /** Tolerance of the mean critic loss, relative to that of the processor. */
  readonly loss_error: number;
  readonly images_per_second: number;
  /** Those of the processor. */
  readonly cpu_images_per_second: number;
}

type Runs = Readonly<Record<"one" | "two" | "cpu", Summary>>;

/** Compares the runs of a preset, all of which have ended. */
export function proofOf(preset: string, { one, two, cpu }: Runs): Proof {
  const [found, expected] = [one.loss_critic!, cpu.loss_critic!];
  return {
    preset,
    provider: [...new Set(one.workers.map(({ provider }) => provider))].join(),
    same_bits: one.weights_sha256 === two.weights_sha256,
    loss_error: Math.abs(found - expected) / Math.abs(expected),
    images_per_second: one.images_per_second ?? 0,
    cpu_images_per_second: cpu.images_per_second ?? 0,
  };
}

/** One line. */
export function describeProof(proof: Proof): string {
  const { preset, provider, same_bits, loss_error, images_per_second, cpu_images_per_second } = proof;
  return `${preset} on ${provider}: ${same_bits ? "the same bits" : "other bits"} with two workers; ` +
    `critic loss off by ${loss_error.toExponential(1)} of the processor's; ` +
    `${Math.round(images_per_second)} images/s, processor ${Math.round(cpu_images_per_second)}`;
}

/** Trains to the end. Says nothing but why it failed: there are many runs. */
async function train(out: string, args: readonly string[]): Promise<Summary> {
  const fixed = ["--no-exact", "--sample-every", "0", "--checkpoint-every", "0", "--out", out];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...taskCommand("train"), ...fixed, ...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return await summarize(out, Date.now());
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new UserError(`Cannot go on: the run in ${out} must train to its end, found that it failed: ${said}`);
}

async function main(args: readonly string[]): Promise<void> {
  const { presets, steps, gpu, cpu, out } = parseOptions(COMMAND, args).values;
  const device = cpu ? ["--cpu"] : ["--gpu", `${gpu}`];
  for (const preset of presets.split(",")) {
    const data = preset.startsWith("toy-") ? "8gaussians" : "strokes";
    const run = (name: keyof Runs, workers: number, on: readonly string[]) => {
      const what = ["--preset", preset, "--dataset", data, "--steps", `${steps}`, "--workers", `${workers}`];
      return train(join(out, `${preset}-${name}`), [...what, ...on]);
    };
    const one = await run("one", 1, device);
    if (!cpu && one.workers.some(({ provider }) => provider === "cpu")) {
      throw new UserError(
        "Cannot prove anything of a GPU: none can be used here; see deno task worker --devices",
      );
    }
    const runs = { one, two: await run("two", 2, device), cpu: await run("cpu", 2, ["--cpu"]) };
    console.log(describeProof(proofOf(preset, runs)));
  }
}

if (import.meta.main) await runMain(main);

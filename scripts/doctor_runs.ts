/**
 * `deno task doctor-runs`: makes the five named runs that the doctor's table is tried on, and compares what it
 * finds with what it should. The same runs are a test.
 */
import { join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command } from "../common/cli/options.ts";
import { examine } from "../runlog/doctor/doctor.ts";
import { summarize } from "../inspect/run_folders.ts";
import type { Summary } from "../runlog/summary/summary.ts";

/** Common settings: points in the plane, so that they take seconds. */
const COMMON =
  "--dataset 8gaussians --batch 64 --decay-steps 0 --steps 3000 --sample-every 250 --checkpoint-every 0";

/** Each with what sets it apart, and the codes that the doctor must find, in its order. */
export const DOCTOR_RUNS = {
  healthy: { options: "", codes: [] },
  "wide-clip": {
    options: "--clip 1.0",
    codes: [
      "critic-far-from-optimum",
      "clip-not-reached",
      "critic-gradients-explode",
      "mode-collapse",
      "generator-stalled",
    ],
  },
  "weak-critic": {
    options: "--n-critic 1 --lr 5e-3",
    codes: ["learning-rate-too-high", "estimate-dips", "critic-far-from-optimum", "critic-gradients-vanish"],
  },
  collapsed: {
    options: "--n-critic 1 --clip 0.2",
    codes: ["critic-far-from-optimum", "clip-not-reached", "mode-collapse", "generator-stalled"],
  },
  lagging: {
    options: "--preset toy-wgan-gp --n-critic 1 --lr 2e-4 --penalty 100",
    codes: ["estimate-negative", "critic-far-from-optimum", "mode-collapse", "generator-stalled"],
  },
} as const satisfies Record<string, { options: string; codes: readonly string[] }>;
export type DoctorRun = keyof typeof DOCTOR_RUNS;

/** The options of `deno task train` for a named run into `out`. */
export function optionsOf(name: DoctorRun, out: string): string[] {
  const { options } = DOCTOR_RUNS[name];
  return [...`${COMMON} ${options}`.trim().split(" "), "--out", out];
}

const OPTIONS = {
  out: { kind: "string", value: "DIR", default: "runs/doctor", about: "Folder for the runs" },
  keep: {
    kind: "string",
    value: "DIR",
    about: "Write the summary of each run as NAME.json, for the tests",
  },
  seed: { kind: "number", integer: true, min: 0, default: 1, about: "Seed of all runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task doctor-runs",
  about:
    "Trains the five runs of docs/doctor.md, about ten seconds each, and compares what the doctor finds with that page.",
  options: OPTIONS,
  examples: [{
    line: "deno task doctor-runs",
    about: "then look at one: deno task inspect runs/doctor/collapsed",
  }],
};

async function train(name: DoctorRun, out: string, seed: number): Promise<void> {
  const args = ["task", "--quiet", "train", ...optionsOf(name, out), "--seed", String(seed)];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) throw new Error(`The run ${name} must train to its end, found that it failed`);
}

/** The sum of a run as JSON, four significant digits, without what no rule reads. */
export function compact(summary: Summary): string {
  const { checkpoints: _, weights_sha256: __, ...rest } = summary;
  const round = (_key: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return JSON.stringify({ ...rest, estimate_curve: [] }, round) + "\n";
}

async function main(args: readonly string[]): Promise<number> {
  const { out, keep, seed } = parseOptions(COMMAND, args).values;
  const wrong: string[] = [];
  for (const name of Object.keys(DOCTOR_RUNS) as DoctorRun[]) {
    const folder = join(out, name);
    await train(name, folder, seed);
    const summary = await summarize(folder, Date.now());
    if (keep !== undefined) await Deno.writeTextFile(join(keep, `${name}.json`), compact(summary));
    // How fast a machine is, and what else it does, is no matter of the run.
    const found = examine(summary).filter(({ spoils }) => spoils !== "speed").map(({ code }) => code);
    const required: readonly string[] = DOCTOR_RUNS[name].codes;
    const agrees = found.join() === required.join();
    console.log(
      `${name}: ${found.join(", ") || "nothing"}${agrees ? "" : `; expected ${required.join(", ")}`}`,
    );
    if (!agrees) wrong.push(name);
  }
  return wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) await runMain(main);

/**
 * Makes test/goldens/losses/PRESET.txt: the losses of 30 steps of each preset, as `deno task train` of a checkout
 * logs them. Each file names its commit, its options and the numeric class of the processor.
 *
 *     git worktree add ../base fe127ed
 *     deno run --allow-read --allow-write --allow-run --allow-env scripts/goldens/make_loss_goldens.ts ../base
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const GOLDENS = fileURLToPath(new URL("../../test/goldens/losses/", import.meta.url));
const STEPS = 30;

/** 192 images of 6 x 6; the convolutional presets pad them to 32 x 32. */
const IMAGES = ["--batch", "16"];
const PLANE = ["--dataset", "8gaussians", "--batch", "32"];
const NARROW = ["--batch", "8", "--width", "4"];
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "wgan": IMAGES,
  "wgan-dcgan": NARROW,
  "toy-wgan": PLANE,
  "gan": IMAGES,
  "dcgan": NARROW,
  "toy-gan": PLANE,
  "wgan-gp": IMAGES,
  "wgan-gp-dcgan": NARROW,
  "toy-wgan-gp": PLANE,
  "strokes": IMAGES,
};

/** What of the log's records a golden needs. */
interface Logged {
  readonly type: string;
  readonly step: number;
  readonly loss_critic: number;
  readonly generator?: { readonly loss: number };
  readonly numeric_classes: readonly string[];
}

async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

/** Trains in a new folder, and returns the golden's text. */
async function losses(checkout: string, commit: string, preset: string): Promise<string> {
  const options = ["--preset", preset, ...OPTIONS[preset]!, "--steps", `${STEPS}`];
  const data = options.includes("--dataset") ? [] : ["--data", join(GOLDENS, "images-idx3-ubyte")];
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "run");
    const quiet = ["--sample-every", "0", "--workers", "1", "--out", out];
    await output(Deno.execPath(), ["task", "train", ...options, ...data, ...quiet], checkout);
    const lines = (await Deno.readTextFile(join(out, "events.jsonl"))).trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as Logged);
    const steps = records.filter(({ type }) => type === "step");
    const [numeric_class] = records.find(({ type }) => type === "end")!.numeric_classes;
    return [
      `# Made by scripts/goldens/make_loss_goldens.ts from commit ${commit}`,
      `# options ${options.join(" ")}`,
      `# numeric class ${numeric_class}`,
      "# step loss_D loss_G",
      ...steps.map(({ step, loss_critic, generator }) => `${step} ${loss_critic} ${generator?.loss ?? "-"}`),
      "",
    ].join("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const [checkout] = Deno.args;
if (checkout === undefined) throw new Error("The folder of a checkout is required");
const commit = await output("git", ["rev-parse", "HEAD"], resolve(checkout));
for (const preset of Object.keys(OPTIONS)) {
  await Deno.writeTextFile(join(GOLDENS, `${preset}.txt`), await losses(resolve(checkout), commit, preset));
}

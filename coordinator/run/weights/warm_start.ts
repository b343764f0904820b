/** Weights of another run, to begin with (--warm-start). */
import { UserError } from "../../../common/errors.ts";
import { readRegular } from "../../../common/files/regular_file.ts";
import { decodeInitial } from "../../../models/initial_file.ts";
import { type InitialState, initialState } from "../../../models/initialise.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { findRun, RUNS } from "../../../runlog/log/find_run.ts";
import type { RunConfig } from "../../config/config.ts";
import { newestSound } from "../checkpoints/checkpoint.ts";
import { RunFolder } from "../run_folder.ts";

/** The weights that a new run begins with. Throws as {@linkcode warmWeights} does. */
export async function firstWeights(
  { warm_start, seed }: Pick<RunConfig, "warm_start" | "seed">,
  networks: Parameters<typeof initialState>[0],
  manifest: Manifest,
): Promise<InitialState> {
  return warm_start === null ? initialState(networks, seed) : await warmWeights(warm_start, manifest);
}

/**
 * The weights of both networks, and the generator's statistics, in a checkpoint: a file, or the newest good one of a run
 * (its folder, its name in the folder of runs, or "latest"). Throws {@linkcode UserError} where it cannot be read, or has
 * other networks.
 */
async function warmWeights(wanted: string, manifest: Manifest): Promise<InitialState> {
  const refuse = (error: unknown): never => {
    throw new UserError(
      `Cannot start from the weights of ${wanted}: a checkpoint of the same networks is required, found ` +
        `${(error as Error).message}; check --warm-start, and give the preset and the sizes of that run`,
    );
  };
  const is_file = (await Deno.stat(wanted).catch(() => null))?.isFile ?? false;
  const bytes = is_file
    ? await readRegular(wanted).catch(refuse)
    : await newestCheckpoint(new RunFolder(await findRun(wanted, RUNS)).checkpoints).catch(refuse);
  try {
    const weights = decodeInitial(manifest, new Uint8Array(bytes));
    const bad = Object.values(weights).some((buffer: Float32Array) => !buffer.every(Number.isFinite));
    if (bad) throw new Error("an infinity or NaN in it");
    return weights;
  } catch (error) {
    return refuse(error);
  }
}

/** The newest checkpoint in the folder that is as it was written. Throws where there is none. */
async function newestCheckpoint(folder: string): Promise<Uint8Array> {
  const bytes = await newestSound(folder);
  if (bytes === null) throw new Error(`none in ${folder}`);
  return bytes;
}

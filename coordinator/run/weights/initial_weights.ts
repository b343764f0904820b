/** The weights that a run begins with. */
import { UserError } from "../../../common/errors.ts";
import { decodeInitial, encodeInitial } from "../../../models/initial_file.ts";
import { type InitialState, initialState } from "../../../models/initialise.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { buildNetworks } from "../../../models/nets/networks.ts";
import type { RunConfig } from "../../config/config.ts";
import { areFromFiles } from "../../config/own_networks.ts";
import type { ArtifactFile } from "../../fleet/admission/join.ts";
import type { ModelState } from "../../training/model_state.ts";

/** Beside the artifacts of a run whose first weights do not follow from its seed: those weights. */
export const INITIAL_FILE = "initial.safetensors";

/** Content of that file. */
export function initialFile(
  manifest: Manifest,
  initial: InitialState,
  seed: number,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeInitial(manifest, initial, seed));
}

/** The weights that a recorded run began with. */
export function recordedInitial(
  { networks, seed, warm_start }: RunConfig,
  manifest: Manifest,
  artifacts: readonly ArtifactFile[],
): InitialState {
  const kept = artifacts.find(({ file }) => file === INITIAL_FILE);
  if (kept) return decodeInitial(manifest, kept.bytes);
  if (!areFromFiles(networks) && warm_start === null) return initialState(buildNetworks(networks), seed);
  throw new UserError(
    `Cannot resume: artifact ${INITIAL_FILE} with the initial weights is required, found none; restore it`,
  );
}

export function fillInitial(state: ModelState, first: InitialState): void {
  state.critic.weights.set(first.critic);
  state.generator.weights.set(first.generator);
  state.statistics.set(first.statistics);
  state.averaged?.parameters.set(state.generator.parameters);
  state.giveWhole();
  state.refreshChecksums();
}

/**
 * Checkpoints: the whole trained state in one safetensors file, with a small JSON beside it that holds its
 * SHA-256 and one of itself (checkpoint_info.ts). Both are written to a temporary name, synced, and renamed, the JSON
 * last: a checkpoint counts only if its JSON is there and the hashes agree, so a crash or a full disk never costs the
 * one before.
 */
import type { NetworkName } from "../../../common/network_name.ts";
import { join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { readRegular } from "../../../common/files/regular_file.ts";
import { trainedLayout, views } from "../../../models/layout.ts";
import type { Layout, Manifest } from "../../../models/manifest.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsTensor,
} from "../../../common/files/safetensors.ts";
import { sha256 } from "../../../common/sha256.ts";
import { explainWriteFailure } from "../../../runlog/log/write_failure.ts";
import {
  CHECKPOINT_FORMAT,
  type CheckpointInfo,
  checkpointStem,
  decodeInfo,
  encodeInfo,
} from "./checkpoint_info.ts";
import type { ModelState, Network } from "../../training/model_state.ts";
import { OPTIMIZER_BUFFERS } from "../../../algorithm/optimizer.ts";

/** Good checkpoints kept; older ones are removed. */
const KEEP = 3;

/** Names of JSON files of checkpoints. */
const INFO_NAME = /^step-(\d+)\.json$/;
/** Longer ones are not ours. */
const MAX_INFO_BYTES = 1 << 20;

/** The few operations on files that are needed, so that a test can make them fail. */
export interface CheckpointFiles {
  write(path: string, bytes: Uint8Array): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
}

/** Writes through to the disk before it returns. */
async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let offset = 0; offset < bytes.length;) offset += await file.write(bytes.subarray(offset));
  await file.sync();
}

export const DISK: CheckpointFiles = {
  write: writeSynced,
  read: readRegular,
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
  list: async (folder) => {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(folder)) if (isFile) names.push(name);
    return names;
  },
};

type Part = [prefix: string, layout: Layout, buffer: Float32Array];

/**
 * Each buffer of the state with its layout and the prefix of its tensors' names in the file: none for weights and
 * statistics, `given.` for what the workers hold where that is rounded (--wire), `rmsprop.square_average.`,
 * `adam.average.` and so on for the optimizer's, `outer.` for the momentum of the outer step, `averaged.` for the averaged
 * generator. So a checkpoint of another optimizer lacks tensors that this one needs.
 */
function parts(state: ModelState, manifest: Manifest): Part[] {
  const { kind } = state.optimizer;
  const network = (of: NetworkName, network: Network): Part[] => [
    ["", manifest.layouts[of], network.weights],
    ...(network.given === network.weights ? [] : [["given.", manifest.layouts[of], network.given]]) as Part[],
    ...OPTIMIZER_BUFFERS[kind].map((name): Part => [
      `${kind}.${name}.`,
      trainedLayout(manifest, of),
      network[name]!,
    ]),
    ...(state.velocity ? [["outer.", trainedLayout(manifest, of), state.velocity[of]]] : []) as Part[],
  ];
  return [
    ...network("critic", state.critic),
    ...network("generator", state.generator),
    ["", manifest.layouts.statistics, state.statistics],
    ...(state.averaged
      ? [["averaged.", trainedLayout(manifest, "generator"), state.averaged.parameters]]
      : []) as Part[],
  ];
}

/** The first tensor of the state with an infinity or NaN, by its name in the file; null if there is none. */
export function nonFiniteTensor(state: ModelState, manifest: Manifest): string | null {
  for (const [prefix, layout, buffer] of parts(state, manifest)) {
    const index = state.firstNonFinite(buffer);
    if (index >= 0) return prefix + layout.slots.findLast(({ offset }) => offset <= index)!.name;
  }
  return null;
}

function encodeState(state: ModelState, manifest: Manifest, metadata: Map<string, string>) {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [prefix, layout, buffer] of parts(state, manifest)) {
    const by_name = views(layout, buffer);
    for (const { name, shape } of layout.slots) {
      tensors.set(prefix + name, { shape, data: by_name.get(name)! });
    }
  }
  return encodeSafetensors({ tensors, metadata });
}

/**
 * Writes one checkpoint and removes the ones that are too many, but none of the steps in `kept`. Throws
 * {@linkcode UserError} on a full disk, and before anything is written for a state that no run can go on from: then those before stay.
 */
export async function writeCheckpoint(
  folder: string,
  state: ModelState,
  manifest: Manifest,
  about: Pick<CheckpointInfo, "run" | "run_record_sha256" | "numeric_classes" | "seconds">,
  files: CheckpointFiles = DISK,
  kept: ReadonlySet<number> = new Set(),
): Promise<CheckpointInfo> {
  const bad = nonFiniteTensor(state, manifest);
  if (bad !== null) {
    throw new UserError(
      `Cannot save step ${state.step}: every number of the state must be finite, found an infinity or NaN in ${bad}; ` +
        "the checkpoints before are kept",
    );
  }
  const stem = checkpointStem(state.step);
  const file = `${stem}.safetensors`;
  const metadata = new Map([
    ["format", "wagon-checkpoint"],
    ["version", String(CHECKPOINT_FORMAT)],
    ["run", about.run],
    ["step", String(state.step)],
  ]);
  const bytes = encodeState(state, manifest, metadata);
  const info: CheckpointInfo = {
    format: CHECKPOINT_FORMAT,
    ...about,
    file,
    sha256: sha256(bytes),
    bytes: bytes.length,
    step: state.step,
    generator_step: state.generator_step,
    steering: state.run_control,
  };
  const text = new TextEncoder().encode(encodeInfo(info));
  await replace(files, join(folder, file), bytes);
  await replace(files, join(folder, `${stem}.json`), text);
  // Freed now: left to the garbage collector, a few of them would be held at a time.
  bytes.buffer.transfer(0);
  await removeOld(folder, state.step, kept, files);
  return info;
}

async function replace(files: CheckpointFiles, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.part`;
  try {
    await files.write(temporary, bytes);
    await files.rename(temporary, path);
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    throw explainWriteFailure(path, error);
  }
}

async function removeOld(
  folder: string,
  step: number,
  kept: ReadonlySet<number>,
  files: CheckpointFiles,
): Promise<void> {
  const stepOf = (name: string) => Number(INFO_NAME.exec(name)![1]);
  // Later ones were skipped by a resume: they must not cost the good ones that the run makes now.
  const names = (await infoNames(folder, files)).filter((name) => stepOf(name) <= step);
  for (const name of names.slice(0, -KEEP).filter((name) => !kept.has(stepOf(name)))) {
    // The JSON first: without it the tensors no longer count.
    await files.remove(join(folder, name)).catch(() => {});
    await files.remove(join(folder, name.replace(/json$/, "safetensors"))).catch(() => {});
  }
}

/** Names of the JSON files in the folder, oldest first; none where there is no such folder. */
async function infoNames(folder: string, files: CheckpointFiles): Promise<string[]> {
  try {
    return (await files.list(folder)).filter((name) => INFO_NAME.test(name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A checkpoint that was skipped, and why. */
export interface BadCheckpoint {
  readonly file: string;
  readonly reason: string;
}

/**
 * Throws {@linkcode UserError} where the newest JSON that can be read says that the run had another record, i.e. other
 * settings, when it was written.
 */
export async function checkRunRecord(
  folder: string,
  run: string,
  run_record_sha256: string,
  files: CheckpointFiles = DISK,
): Promise<void> {
  for (const name of (await infoNames(folder, files)).reverse()) {
    const info = await readInfo(folder, name, run, files).catch(() => null);
    if (info === null) continue;
    const required = info.run_record_sha256;
    if (required === null || required === run_record_sha256) return;
    throw new UserError(
      `Cannot resume: the run record must be that of checkpoint ${name}, of SHA-256 ` +
        `${required.slice(0, 12)}…, found another in the first line of the log, ` +
        `${run_record_sha256.slice(0, 12)}…; restore that line`,
    );
  }
}

/**
 * Loads the newest good checkpoint into the state. Null where there is none: the run starts at step 0 again, to
 * the same bits. `passed_over` collects the ones that were not good.
 */
export async function loadNewest(
  folder: string,
  run: string,
  state: ModelState,
  manifest: Manifest,
  passed_over: BadCheckpoint[],
  files: CheckpointFiles = DISK,
): Promise<CheckpointInfo | null> {
  for (const name of (await infoNames(folder, files)).reverse()) {
    try {
      const { info, bytes } = await readSound(folder, name, run, files);
      decodeState(bytes, info, state, manifest);
      state.commit(info.step);
      state.generator_step = info.generator_step;
      state.run_control = info.steering;
      return info;
    } catch (error) {
      passed_over.push({ file: name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return null;
}

/** The newest checkpoint of whatever run in the folder whose file is as it was written; null where there is none. */
export async function newestSound(
  folder: string,
  files: CheckpointFiles = DISK,
): Promise<Uint8Array<ArrayBuffer> | null> {
  for (const name of (await infoNames(folder, files)).reverse()) {
    const sound = await readSound(folder, name, null, files).catch(() => null);
    if (sound !== null) return sound.bytes;
  }
  return null;
}

/** A checkpoint whose file is as it was written. `run`: the one that it must belong to; null: any. */
async function readSound(folder: string, name: string, run: string | null, files: CheckpointFiles) {
  const info = await readInfo(folder, name, run, files);
  const bytes = new Uint8Array(await files.read(join(folder, info.file)));
  const found = sha256(bytes);
  if (found !== info.sha256) throw new Error(`its SHA-256 must be ${info.sha256}, found ${found}`);
  return { info, bytes };
}

async function readInfo(
  folder: string,
  name: string,
  run: string | null,
  files: CheckpointFiles,
): Promise<CheckpointInfo> {
  const bytes = await files.read(join(folder, name));
  if (bytes.length > MAX_INFO_BYTES) {
    throw new Error(`it must have at most ${MAX_INFO_BYTES} bytes, found ${bytes.length}`);
  }
  const info = decodeInfo(name, new TextDecoder().decode(bytes));
  if (run !== null && info.run !== run) throw new Error(`it belongs to run ${JSON.stringify(info.run)}`);
  return info;
}

/** Fills the state if all is well, and leaves it as it is if not. */
function decodeState(bytes: Uint8Array, info: CheckpointInfo, state: ModelState, manifest: Manifest): void {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { format, run, step } = info;
  // Format 1 does not say its version here.
  const said = { run, step: String(step), version: format === 1 ? undefined : String(format) };
  for (const [key, required] of Object.entries(said)) {
    const found = metadata.get(key);
    if (found !== required) {
      throw new Error(`its tensors must be of ${key} ${required}, found ${JSON.stringify(found)}`);
    }
  }
  const found = parts(state, manifest).flatMap(([prefix, layout, buffer]) =>
    [...views(layout, buffer)].map(([name, view]) => {
      const data = tensors.get(prefix + name)?.data;
      if (!(data instanceof Float32Array) || data.length !== view.length) {
        throw new Error(`tensor ${prefix + name} must have ${view.length} float32 values`);
      }
      if (!data.every(Number.isFinite)) {
        throw new Error(`tensor ${prefix + name} must be finite, found an infinity or NaN`);
      }
      return { view, data };
    })
  );
  for (const { view, data } of found) view.set(data);
  state.refreshChecksums();
}

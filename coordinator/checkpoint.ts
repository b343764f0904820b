/**
 * Checkpoints: the whole trained state in one safetensors file, with a small JSON beside it that holds its
 * SHA-256. Both are written to a temporary name, synced, and renamed, the JSON last: a checkpoint counts only if
 * its JSON is there and its hash agrees, so a crash or a full disk never costs the one before.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { trainedLayout, views } from "../models/layout.ts";
import type { Layout, Manifest } from "../models/manifest.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from "../models/safetensors.ts";
import { explainWriteFailure } from "../runlog/write_failure.ts";
import type { ModelState, Network } from "./model_state.ts";
import { OPTIMIZER_BUFFERS } from "./optimizer.ts";
import { FIRST_STEERING, type SteeringState } from "./steering.ts";

/** Good checkpoints kept; older ones are removed. */
const KEEP = 3;

export const CHECKPOINT_FORMAT = 1;

/** What stands beside the tensors. */
export interface CheckpointInfo {
  readonly format: number;
  readonly run: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly step: number;
  readonly generator_step: number;
  /** What the run remembers for its decisions about itself; absent in older ones, which decided nothing. */
  readonly steering?: SteeringState;
  /** Numeric classes that have contributed. */
  readonly numeric_classes: readonly string[];
  /** Training time so far, over all incarnations. */
  readonly seconds: number;
}

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
  read: (path) => Deno.readFile(path),
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
  list: async (folder) => {
    const names: string[] = [];
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
    return names;
  },
};

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/**
 * Each buffer of the state with its layout and the prefix of its tensors' names in the file: none for weights and
 * statistics, `rmsprop.square_average.`, `adam.average.` and so on for the optimizer's. So a checkpoint of another
 * optimizer lacks tensors that this one needs.
 */
function parts(state: ModelState, manifest: Manifest): [string, Layout, Float32Array][] {
  const { kind } = state.optimizer;
  const network = (of: "critic" | "generator", network: Network): [string, Layout, Float32Array][] => [
    ["", manifest.layouts[of], network.kept],
    ...OPTIMIZER_BUFFERS[kind].map((name): [string, Layout, Float32Array] => [
      `${kind}.${name}.`,
      trainedLayout(manifest, of),
      network[name]!,
    ]),
  ];
  return [
    ...network("critic", state.critic),
    ...network("generator", state.generator),
    ["", manifest.layouts.statistics, state.statistics],
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
 * Writes one checkpoint and removes the ones that are too many. Throws {@linkcode UserError} on a full disk, and before
 * anything is written for a state that no run can go on from: then those before stay.
 */
export async function writeCheckpoint(
  folder: string,
  state: ModelState,
  manifest: Manifest,
  about: Pick<CheckpointInfo, "run" | "numeric_classes" | "seconds">,
  files: CheckpointFiles = DISK,
): Promise<CheckpointInfo> {
  const bad = nonFiniteTensor(state, manifest);
  if (bad !== null) {
    throw new UserError(
      `Cannot save step ${state.step}: every number of the state must be finite, found an infinity or NaN in ${bad}; ` +
        "the checkpoints before are kept",
    );
  }
  const stem = `step-${String(state.step).padStart(9, "0")}`;
  const file = `${stem}.safetensors`;
  const metadata = new Map([["format", "wagon-checkpoint"], ["run", about.run], [
    "step",
    String(state.step),
  ]]);
  const bytes = encodeState(state, manifest, metadata);
  const info: CheckpointInfo = {
    format: CHECKPOINT_FORMAT,
    ...about,
    file,
    sha256: sha256(bytes),
    bytes: bytes.length,
    step: state.step,
    generator_step: state.generator_step,
    steering: state.steering,
  };
  const text = new TextEncoder().encode(JSON.stringify(info, null, 2) + "\n");
  await replace(files, join(folder, file), bytes);
  await replace(files, join(folder, `${stem}.json`), text);
  // Freed now: left to the garbage collector, a few of them would be held at a time.
  bytes.buffer.transfer(0);
  await removeOld(folder, files);
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

async function removeOld(folder: string, files: CheckpointFiles): Promise<void> {
  const names = (await files.list(folder)).filter((name) => /^step-\d+\.json$/.test(name)).sort();
  for (const name of names.slice(0, -KEEP)) {
    // The JSON first: without it the tensors no longer count.
    await files.remove(join(folder, name)).catch(() => {});
    await files.remove(join(folder, name.replace(/json$/, "safetensors"))).catch(() => {});
  }
}

/** A checkpoint that was passed over, and why. */
export interface BadCheckpoint {
  readonly file: string;
  readonly reason: string;
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
  const names = (await files.list(folder)).filter((name) => /^step-\d+\.json$/.test(name)).sort().reverse();
  for (const name of names) {
    try {
      const info = parseInfo(new TextDecoder().decode(await files.read(join(folder, name))));
      if (info.run !== run) throw new Error(`it belongs to run ${info.run}`);
      const bytes = new Uint8Array(await files.read(join(folder, info.file)));
      const found = sha256(bytes);
      if (found !== info.sha256) throw new Error(`its SHA-256 must be ${info.sha256}, found ${found}`);
      decodeState(bytes, state, manifest);
      state.commit(info.step);
      state.generator_step = info.generator_step;
      state.steering = info.steering ?? FIRST_STEERING;
      return info;
    } catch (error) {
      passed_over.push({ file: name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return null;
}

function parseInfo(text: string): CheckpointInfo {
  const info = JSON.parse(text) as CheckpointInfo;
  if (info.format !== CHECKPOINT_FORMAT) {
    throw new Error(`its format must be ${CHECKPOINT_FORMAT}, found ${info.format}`);
  }
  return info;
}

function decodeState(bytes: Uint8Array, state: ModelState, manifest: Manifest): void {
  const { tensors } = decodeSafetensors(bytes);
  const found: [Float32Array, Float32Array][] = [];
  for (const [prefix, layout, buffer] of parts(state, manifest)) {
    for (const [name, view] of views(layout, buffer)) {
      const data = tensors.get(prefix + name)?.data;
      if (!(data instanceof Float32Array) || data.length !== view.length) {
        throw new Error(`tensor ${prefix + name} must have ${view.length} float32 values`);
      }
      if (!data.every(Number.isFinite)) {
        throw new Error(`tensor ${prefix + name} must be finite, found an infinity or NaN`);
      }
      found.push([view, data]);
    }
  }
  // Only now: what is not good leaves nothing in the state.
  for (const [view, data] of found) view.set(data);
  state.refreshChecksums();
}

/** Everything a run needs before its first worker: configuration, data, graphs, state, folder, log. */
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { readRegular } from "../../common/files/regular_file.ts";
import { keepFolderPrivate } from "../../common/process/private_files.ts";
import { scalingText } from "../../common/values/scaling.ts";
import { sha256 } from "../../common/sha256.ts";
import { MANIFEST_FILE } from "../../models/artifacts.ts";
import type { Manifest } from "../../models/manifest.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import type { Objective } from "../../models/objectives/objective.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import { findRun, RUNS } from "../../runlog/log/find_run.ts";
import { openLog } from "../../runlog/log/log_file.ts";
import type { RecordOf } from "../../runlog/records.ts";
import { upTo } from "../../runlog/summary/entries.ts";
import { LogText } from "../../runlog/log/segments.ts";
import type { ValueRange } from "../../runlog/value_range.ts";
import type { ArtifactFile, RunFacts } from "../fleet/admission/join.ts";
import { runRecord } from "./records/run_record.ts";
import { type AboutRun, checkAbout } from "../config/about_run.ts";
import { type BadCheckpoint, checkRunRecord, loadNewest, nonFiniteTensor } from "./checkpoints/checkpoint.ts";
import type { CheckpointInfo } from "./checkpoints/checkpoint_info.ts";
import { type GivenConfig, resolveConfig, type RunConfig, wholeConfig } from "../config/config.ts";
import { wantedLabels } from "../config/conditional.ts";
import { evaluationInterval, requireMetrics } from "../config/evaluation_config.ts";
import { checkRoundBytes, checkRounds, localStepsOf, wholeRounds } from "../config/local_config.ts";
import type { DataSet } from "../data/data_set.ts";
import { requireAugmentable } from "../config/networks/augmentation.ts";
import { flipColumns } from "../data/pictures/flip.ts";
import { ShardPlan } from "../data/plan.ts";
import { padImages } from "../data/pad.ts";
import type { DataSource, Reading } from "../data/data_source.ts";
import type { ReadAs } from "../data/read_as.ts";
import { openDataSource } from "../data/resolve.ts";
import { scaleForRun, SCALING_FILE, scalingOf } from "../data/run_scaling.ts";
import { requireScalable, scaleData } from "../data/scaling.ts";
import { differenceFrom } from "../data/same_data.ts";
import { valuesOf } from "../data/values.ts";
import type { ModelState } from "../training/model_state.ts";
import { openOwnNetworks, type OwnOptions, ownOptions } from "../config/own_networks.ts";
import { presetForObjective } from "../config/presets.ts";
import { wireOf } from "../config/wire_config.ts";
import { configChanges, resumeConfig } from "../config/resume_config.ts";
import { allocate, type Allocated, buildRunGraphs } from "./run_graphs.ts";
import {
  createRunFolder,
  fillRunFolder,
  nowhere,
  readRecorded,
  requireNewFolder,
  RunFolder,
  runName,
  type RunPlace,
  runRecordSha256,
} from "./run_folder.ts";
import { lockTools, RunLock } from "./run_lock.ts";
import { fillInitial, INITIAL_FILE, initialFile, recordedInitial } from "./weights/initial_weights.ts";
import { firstWeights } from "./weights/warm_start.ts";
import { ShardedData } from "../data/sharded_data.ts";

/** Values that a program passes and a command line can only name. */
export interface HandedOver {
  /** In place of the data and the files that `given` names. */
  readonly source?: DataSource;
  readonly networks?: OwnOptions;
  /** In place of the preset's. Such a run cannot be resumed. */
  readonly objective?: Objective;
  /** Nothing is written: no folder, no log, no checkpoints. */
  readonly in_memory?: boolean;
}

export interface PrepareOptions extends HandedOver, AboutRun {
  readonly given: GivenConfig;
  /** Default of --exact. */
  readonly exact: boolean;
  readonly out: string | null;
  /** A run folder, the name of one in the folder of runs, or "latest". */
  readonly resume: string | null;
  /** True if a resumed run may get another learning rate. */
  readonly amend?: boolean;
  /** True if other users of this machine may look at the run folder. */
  readonly readable: boolean;
  readonly now: Date;
  /** How the reading of the data is watched. */
  readonly reading: Reading;
}

export interface Prepared extends RunPlace, Allocated {
  readonly config: RunConfig;
  /** True if the objective's gap between the scores estimates a distance. */
  readonly estimates_distance: boolean;
  readonly data: ShardedData;
  readonly facts: RunFacts;
  /** The first record of its log; settings and note as they are now. Where the run goes on, also the record of that. */
  readonly record: RecordOf<"run">;
  readonly resume: RecordOf<"resume"> | null;
  /** Hash of the run record, i.e. of the settings. */
  readonly run_record_sha256: string;
  /** The checkpoint that a resumed run goes on from; null: from step 0. */
  readonly checkpoint: CheckpointInfo | null;
  readonly passed_over: readonly BadCheckpoint[];
  /** The best checkpoint so far (--keep-best), and whether the samples of the one that the run goes on from were evaluated. */
  readonly best: RecordOf<"best"> | null;
  readonly evaluated: boolean;
  /** Range of the data's values. */
  readonly values: ValueRange;
  /** Notes on own networks, one line each. */
  readonly notes: readonly string[];
}

/** Prepares a new run, or the next incarnation of one. Throws {@linkcode UserError}. */
export function prepare(options: PrepareOptions): Promise<Prepared> {
  checkAbout(options, options.resume !== null);
  return options.resume === null ? prepareNew(options) : prepareResumed(options, options.resume);
}

/** Calls `go`; where that fails, the folder is nobody's again. */
async function owning<T>(lock: RunLock, go: () => Promise<T>): Promise<T> {
  try {
    return await go();
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepareNew(options: PrepareOptions): Promise<Prepared> {
  const { given } = options;
  const seed = given.seed ?? 1;
  const options_of_own = options.networks ?? ownOptions(given);
  const own = options_of_own && openOwnNetworks(options_of_own);
  // Tables are read when they are opened, which can take a minute.
  if (options.out !== null) await requireNewFolder(options.out);
  const labels = wantedLabels(given, own);
  const source = options.source ??
    await openDataSource({ ...readAs(given), ...sourceOf(given), labels, seed }, options.reading);
  const dataset = given.data === undefined && !options.source ? given.dataset ?? "strokes" : null;
  const { example_shape, axes, table, labels: read_labels } = source;
  const examples = {
    dataset,
    example_shape,
    ...axes !== undefined && { axes },
    ...table && own === null && { table },
    // Own networks take labels by themselves.
    ...read_labels && own === null && { labels: read_labels },
  };
  const preset = presetForObjective(given.objective, examples);
  // What does not fit together is said before the data are read, which can take minutes.
  const resolved = resolveConfig({ exact: options.exact, ...given, dataset }, preset, source, own);
  const planned = withSteps(resolved, source, given);
  checkRounds(planned);
  checkSource(source, planned);
  // Throws where the data do not suffice, before graphs are built.
  planOf(planned, source);
  const { objective = objectiveOf(planned), in_memory } = options;
  const { manifest, files, networks } = await buildRunGraphs(planned, source, own, undefined, objective);
  const path = options.out ?? join(RUNS, runName(planned.preset, options.now, options.name));
  if (!in_memory) await requireNewFolder(path);
  const allocated = allocate(manifest, planned), { state } = allocated;
  const whole = padImages(await source.read(), planned);
  const data = await scaleForRun(whole, planned.scale, planOf(planned, whole));
  const config = whole.num_examples === source.num_examples ? planned : withSteps(resolved, whole, given);
  const initial = await firstWeights(config, networks, manifest);
  fillInitial(state, initial);
  requireFinite(state, manifest);
  const kept = new Map<string, Uint8Array<ArrayBuffer>>(files);
  if (own || config.warm_start !== null) kept.set(INITIAL_FILE, initialFile(manifest, initial, seed));
  if (data.scaling) kept.set(SCALING_FILE, new TextEncoder().encode(scalingText(data.scaling)));
  const artifacts = [...kept].map(([file, bytes]) => ({ file, bytes, sha256: sha256(bytes) }));
  const run = crypto.randomUUID();
  const parts = await partsOf({ run, incarnation: 0, config, manifest, artifacts, data }, allocated);
  const record = await runRecord(parts, artifacts, options);
  const place = in_memory ? nowhere() : await newPlace(path, kept, record, options);
  return {
    ...parts,
    ...place,
    estimates_distance: objective.estimates_distance,
    record,
    resume: null,
    run_record_sha256: runRecordSha256(record),
    checkpoint: null,
    passed_over: [],
    ...{ best: null, evaluated: false },
    notes: own?.notes(config.objective) ?? [],
  };
}

/** The folder of a new run, with what it begins with. */
async function newPlace(
  path: string,
  artifacts: ReadonlyMap<string, Uint8Array>,
  record: RecordOf<"run">,
  { reading, readable }: PrepareOptions,
): Promise<RunPlace> {
  const lock = await createRunFolder(path, (path) => RunLock.take(path, lockTools(reading.say)));
  return await owning(lock, async () => {
    const folder = await fillRunFolder(path, artifacts);
    if (!readable) await keepFolderPrivate(path);
    const log = await openLog(folder.log);
    log.append(record);
    await log.sync();
    return { folder, log, lock };
  });
}

function requireFinite(state: ModelState, manifest: Manifest): void {
  const bad = nonFiniteTensor(state, manifest);
  if (bad === null) return;
  throw new UserError(
    `Cannot start: every initial weight must be finite, found an infinity or NaN in ${bad}; give networks whose ` +
      "weights are numbers",
  );
}

async function prepareResumed(options: PrepareOptions, wanted: string): Promise<Prepared> {
  if (options.out !== null) {
    throw new UserError(`Cannot resume into another folder: leave --out out, found ${options.out}`);
  }
  // Nothing is written where there is no run.
  const path = await findRun(wanted, RUNS);
  (await LogText.open(path))[Symbol.dispose]();
  const lock = await RunLock.take(path, lockTools(options.reading.say));
  return await owning(lock, () => resumeOwned(options, new RunFolder(path), lock));
}

async function resumeOwned(options: PrepareOptions, folder: RunFolder, lock: RunLock): Promise<Prepared> {
  const { given } = options;
  const { run: recorded, sha256: run_record_sha256, incarnations, ...before_it } = await readRecorded(folder);
  if (!options.readable) await keepFolderPrivate(folder.path);
  await checkRunRecord(folder.checkpoints, recorded.run, run_record_sha256);
  const before = wholeConfig(recorded.config);
  const chosen = given.data === undefined && given.dataset === undefined ? before : given;
  const merged = resumeConfig(before, {
    ...given,
    dataset: chosen.data ? null : chosen.dataset ?? null,
    data: chosen.data ?? null,
  }, options.amend);
  const labels = given.labels ?? before.labels;
  const choice = { ...readAs(before), ...sourceOf(chosen), labels, seed: before.seed };
  const source = options.source ?? await openDataSource(choice, options.reading);
  const config = given.epochs === undefined ? merged : withSteps(merged, source);
  checkRounds(config);
  requireMetrics(config, source.num_examples);
  const artifacts = await readArtifacts(folder, recorded);
  const { bytes } = artifacts.find(({ file }) => file === MANIFEST_FILE)!;
  const manifest = parseManifest(JSON.parse(new TextDecoder().decode(bytes)));
  const allocated = allocate(manifest, config), { state } = allocated;
  const passed_over: BadCheckpoint[] = [];
  const checkpoint = await loadNewest(folder.checkpoints, recorded.run, state, manifest, passed_over);
  if (!checkpoint) fillInitial(state, recordedInitial(config, manifest, artifacts));
  requireStepsLeft(config, state);
  const whole = padImages(await source.read(), before);
  await checkSameData(whole, recorded);
  const scaling = scalingOf(before, artifacts);
  const data = scaling ? await scaleData(whole, scaling) : whole;
  const run = { run: recorded.run, incarnation: incarnations, config, manifest, artifacts, data };
  const parts = await partsOf(run, allocated);
  const log = await openLog(folder.log);
  const about = { ...options.note !== undefined && { note: options.note } };
  const resume: RecordOf<"resume"> = {
    type: "resume",
    step: state.step,
    incarnation: incarnations,
    changed: configChanges(before, config),
    ...about,
    time: options.now.toISOString(),
  };
  log.append(resume);
  const { estimates_distance } = objectiveOf(config),
    record = { ...recorded, config: { ...config }, ...about };
  const place = { folder, log, lock, record, resume, run_record_sha256, estimates_distance };
  const best = upTo(state.step, before_it.bests).at(-1) ?? null;
  const evaluated = before_it.evaluated.includes(state.step);
  return { ...parts, ...place, checkpoint, passed_over, best, evaluated, notes: [] };
}

type Parts = Allocated & Pick<Prepared, "config" | "data" | "facts" | "values">;

interface Run extends Pick<RunFacts, "run" | "incarnation" | "manifest"> {
  readonly config: RunConfig;
  readonly artifacts: readonly ArtifactFile[];
  readonly data: DataSet;
}

/** Steps that a new run and a resumed one share. */
async function partsOf(
  { config, artifacts, data, ...known }: Run,
  allocated: Allocated,
): Promise<Parts> {
  checkRoundBytes(config, data.example_bytes);
  const plan = planOf(config, data), sharded = await ShardedData.of(data, plan);
  const facts = {
    ...known,
    seed: config.seed,
    files: artifacts.filter(isForWorkers),
    wire: wireOf(config),
    local: localStepsOf(config, plan.steps_per_epoch),
    flip_columns: flipColumns(config.flip, data),
  };
  return { ...allocated, config, data: sharded, facts, values: valuesOf(data) };
}

/** A run that is done was to be resumed. */
export class NoStepsLeft extends UserError {}

/** A run that is done cannot go on as it is. */
function requireStepsLeft(config: RunConfig, { step, run_control }: ModelState): void {
  if (step >= config.steps) {
    throw new NoStepsLeft(
      `Cannot resume up to step ${config.steps}: --steps must be more than ${step}, where the last checkpoint is`,
    );
  }
  if (config.stop_when_flat && run_control.flat_at === step) {
    throw new NoStepsLeft(
      `Cannot resume: the run stopped at step ${step}, where its estimate had stopped falling ` +
        `(--early-stopping); give --no-early-stopping to continue anyway`,
    );
  }
}

function checkSource(source: DataSource, config: RunConfig): void {
  const { scale, flip, augment } = config;
  requireMetrics(config, source.num_examples);
  requireScalable(source, scale);
  requireAugmentable(augment, source);
  flipColumns(flip, source);
}

function sourceOf(given: { readonly dataset?: string | null; readonly data?: string | null }) {
  return { dataset: given.dataset ?? undefined, data: given.data ?? undefined };
}

function readAs(given: Partial<ReadAs>): Partial<ReadAs> {
  const { image_size, channels, fit, ground, on_bad_item, layout, categories } = given;
  const named = { image_size, channels, fit, ground, on_bad_item, layout, categories };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

type Counted = Pick<DataSet, "num_examples">;

function planOf({ shards: num_shards, batch, holdout, seed }: RunConfig, data: Counted): ShardPlan {
  return new ShardPlan({ num_examples: data.num_examples, num_shards, batch, holdout, seed });
}

/** Turns --epochs into steps; of a new run, `given`, the steps between evaluations follow. */
function withSteps(config: RunConfig, data: Counted, given?: GivenConfig): RunConfig {
  if (config.epochs === null) return config;
  const steps = wholeRounds(config.epochs * planOf(config, data).steps_per_epoch, config);
  const follows = given && given.evaluate_every === undefined;
  return { ...config, steps, ...follows && { evaluate_every: evaluationInterval(steps) } };
}

function isForWorkers({ file }: ArtifactFile): boolean {
  return file !== INITIAL_FILE && file !== SCALING_FILE;
}

async function checkSameData(data: DataSet, { data: recorded }: RecordOf<"run">): Promise<void> {
  const difference = await differenceFrom(recorded, data);
  if (difference === null) return;
  throw new UserError(
    `Cannot resume with other data: the run's data ${recorded.name} have ${difference}; name the same data with --data`,
  );
}

/** The graphs of a run are those in its folder, also for a later version of wagon: their hashes must agree. */
async function readArtifacts(folder: RunFolder, recorded: RecordOf<"run">): Promise<ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const [file, required] of Object.entries(recorded.artifacts)) {
    const path = join(folder.artifacts, file);
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await readRegular(path);
    } catch (error) {
      throw new UserError(`Cannot resume: artifact ${path} cannot be read (${(error as Error).message})`);
    }
    const found = sha256(bytes);
    if (found !== required) {
      throw new UserError(
        `Cannot resume: artifact ${path} must have SHA-256 ${required.slice(0, 12)}…, found ` +
          `${found.slice(0, 12)}…; restore the original file`,
      );
    }
    files.push({ file, sha256: found, bytes });
  }
  return files;
}

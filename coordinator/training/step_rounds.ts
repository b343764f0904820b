/** The rounds of a step: asked for, summed, applied and published, and what each of that took. */
import { sumTree, type TreeNode } from "../../kernels/tree.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { RunConfig } from "../config/config.ts";
import type { RoundRequest } from "../fleet/fence.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { BadResult } from "../fleet/judge.ts";
import type { RoundOutcome } from "../fleet/open_round.ts";
import { graphOf } from "../fleet/result_check.ts";
import type { NodeResult } from "../fleet/round.ts";
import { addShares, type WorkerShares } from "../fleet/worker_share.ts";
import type { TreeSum } from "./averaging.ts";
import type { ModelState } from "./model_state.ts";
import { explainBadResult, explainDamage, explainOverflow, explainOverwritten } from "./non_finite.ts";
import { DamagedState, meanAt, type NodeSum, type UpdateOptions } from "../../algorithm/optimizer.ts";
import { learningRate } from "../../algorithm/schedule.ts";
import type { StreamedUpdate } from "./streamed_update.ts";

/**
 * Times of a step. `wait`: from asking to the last result, without what it took to take results in,
 * which is a part of `sum`.
 */
export interface StepTimes {
  total: number;
  wait: number;
  sum: number;
  update: number;
  send: number;
}

/** A round's dependencies on its run. */
export interface Rounds {
  readonly config: RunConfig;
  readonly manifest: Manifest;
  readonly state: ModelState;
  readonly fleet: Pick<Fleet, "round" | "publish" | "handled_ms">;
  readonly tree: TreeSum;
  /** Makes updates of results that come in chunks; absent: all are taken whole. */
  readonly streamed?: StreamedUpdate | null;
  now_ms(): number;
}

/** A step under way. */
export interface StepTaken {
  readonly at: { readonly step: number; readonly epoch: number; readonly batch: number };
  /** True if a generator step follows the critic's. */
  readonly is_due: boolean;
  readonly ms: StepTimes;
  readonly shares: WorkerShares;
}

/** Leaves of the summing tree: a shard's micro-batches are one or more of them. */
function numLeaves({ shards, accumulate }: RunConfig): number {
  return shards * accumulate;
}

/** What is known of an update beside the learning rate, which the schedule says. */
export type AboutUpdate = Omit<UpdateOptions, "lr">;

/** A round that is being computed. */
export interface Asked {
  readonly request: RoundRequest;
  readonly about: AboutUpdate;
  readonly asked_ms: number;
  readonly handled_before_ms: number;
  readonly answers: Promise<{ readonly outcome: RoundOutcome; readonly arrived_ms: number }>;
}

/** Has all shards computed. `about`: the update that follows. */
export function ask(run: Rounds, request: RoundRequest, about: AboutUpdate): Asked {
  const asked_ms = run.now_ms(), handled_before_ms = run.fleet.handled_ms;
  const { streamed = null } = run;
  streamed?.begin(request.kind, { ...about, lr: learningRate(run.config, request.kind, request.step) });
  const answers = (async () => {
    const outcome = await run.fleet.round(
      request,
      streamed && ((index, parts) => streamed.take(index, parts)),
    );
    return { outcome, arrived_ms: run.now_ms() };
  })().catch((error: unknown) => {
    throw error instanceof BadResult ? explainBadResult(request, error, run.config) : error;
  });
  // A round that fails is an error for who gathers it, and for nobody if the training has ended meanwhile.
  answers.catch(() => {});
  return { request, about, asked_ms, handled_before_ms, answers };
}

/** Waits for a round and updates the network that it is about. Resolves to the means of the tail over the shards. */
export async function update(
  run: Rounds,
  { ms, shares }: StepTaken,
  asked: Asked,
): Promise<Float32Array> {
  const { sum, means, areWhole } = await gather(run, ms, shares, asked);
  const started_ms = run.now_ms();
  apply(run, asked, sum);
  if (!areWhole()) {
    run.state.spoil(asked.request.kind);
    throw explainOverwritten(asked.request);
  }
  ms.update += run.now_ms() - started_ms;
  return means;
}

/** Waits for a round and adds its results in tree order. `sum`: null if it is in an update already, but for its tail. */
async function gather(
  run: Rounds,
  ms: StepTimes,
  shares: WorkerShares,
  { request, asked_ms, handled_before_ms, answers }: Asked,
): Promise<{ readonly sum: NodeSum | null; readonly means: Float32Array; readonly areWhole: () => boolean }> {
  const { outcome, arrived_ms } = await answers;
  // Less than before where a worker has left.
  const handled_ms = Math.max(0, run.fleet.handled_ms - handled_before_ms);
  const { sum, means } = summed(run, outcome, request.kind);
  addShares(shares, outcome.shares);
  if (!means.every(Number.isFinite)) throw explainDamage(request, "tail");
  ms.wait += arrived_ms - asked_ms - handled_ms;
  ms.sum += run.now_ms() - arrived_ms + handled_ms;
  if (sum === null) {
    // Made while results came, which was counted as handling them.
    const { update, send } = run.streamed!.times;
    ms.sum -= update + send;
    ms.update += update;
    ms.send += send;
  }
  return { sum, means, areWhole: outcome.areWhole };
}

function summed(run: Rounds, { results, streamed = false }: RoundOutcome, kind: NetworkName) {
  if (!streamed) {
    const sum = run.tree.sum(results, kind);
    return { sum, means: tailMeans(run, sum, kind) };
  }
  return { sum: null, means: meansOfTails(run, results, kind) };
}

/** Means of the tail over the shards. */
function tailMeans({ manifest, config }: Rounds, sum: NodeSum, kind: NetworkName): Float32Array {
  const { tail_offset, size } = graphOf(manifest, kind);
  const scale = 1 / numLeaves(config);
  return Float32Array.from({ length: size - tail_offset }, (_, i) => meanAt(sum, tail_offset + i, scale));
}

/** {@linkcode tailMeans} of results of which the tails are left, or all: added in the order of the tree. */
function meansOfTails(
  { manifest, config }: Rounds,
  results: readonly NodeResult[],
  kind: NetworkName,
): Float32Array {
  const { tail_offset, size } = graphOf(manifest, kind);
  const length = size - tail_offset;
  const known = ({ begin, end }: TreeNode) => {
    const result = results.find((one) => one.begin === begin && one.end === end);
    return result && result.values.subarray(result.values.length - length);
  };
  const add = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]!);
  const sum = sumTree({ begin: 0, end: config.shards }, known, add);
  const scale = Math.fround(1 / numLeaves(config));
  return sum.map((value) => scale * value);
}

function apply(run: Rounds, { request, about }: Asked, sum: NodeSum | null): void {
  const { config, state, streamed } = run;
  const options = { ...about, lr: learningRate(config, request.kind, request.step) };
  try {
    const is_finite = sum === null
      ? streamed!.commit()
      : state.update(state[request.kind], sum, 1 / numLeaves(config), options);
    if (!is_finite) throw explainOverflow(request, config);
  } catch (error) {
    throw error instanceof DamagedState ? explainDamage(request, "gradients") : error;
  }
}

/** Gives the workers a network as it is. */
export function publish(run: Rounds, { ms }: StepTaken, name: NetworkName, step: number): void {
  const started_ms = run.now_ms();
  run.fleet.publish(name, step, run.state[name]);
  ms.send += run.now_ms() - started_ms;
}

/** Learners on the threads of a worker: each is trained by one thread, which trains one at a time. */
import type { InnerStep } from "../../../algorithm/local_steps.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import type { TreeNode } from "../../../kernels/tree.ts";
import type { Leaf } from "../sum_task.ts";
import type { ThreadClient } from "../thread_client.ts";

/** A learner's round. */
export interface LearnerRound {
  /** Its shards. */
  readonly node: TreeNode;
  /** What it begins with, as algorithm/learner_layout.ts has it. */
  readonly states: Readonly<Record<NetworkName, Float32Array>>;
  readonly steps: readonly InnerStep[];
  /** Shards with their examples of the step at this index. */
  readonly leavesAt: (index: number) => readonly Leaf[];
  /** Asked before each step: false ends the round without a result. */
  readonly isWanted: () => boolean;
}

/** `result`: as algorithm/learner_layout.ts has it. `compute_ms`: time in ONNX Runtime. */
export interface Learned {
  readonly result: Float32Array<ArrayBuffer>;
  readonly compute_ms: number;
}

type Client = Pick<ThreadClient, "call">;

interface Lane {
  readonly client: Client;
  /** Rounds that it has not ended. */
  waiting: number;
  tail: Promise<unknown>;
}

export class LearnerQueue {
  readonly #lanes: readonly Lane[];

  constructor(clients: readonly Client[]) {
    this.#lanes = clients.map((client) => ({ client, waiting: 0, tail: Promise.resolve() }));
  }

  /** Has the thread train that has the fewest learners to train. Throws {@linkcode ComputeError}. */
  async run(round: LearnerRound): Promise<Learned | null> {
    const lane = this.#lanes.reduce((best, lane) => lane.waiting < best.waiting ? lane : best);
    lane.waiting++;
    const learned = lane.tail.then(() => train(lane.client, round));
    lane.tail = learned.catch(() => {});
    return await learned.finally(() => lane.waiting--);
  }
}

/** One call for each step, so that a job's rows come in between. */
async function train(client: Client, round: LearnerRound): Promise<Learned | null> {
  const { node, states, steps, leavesAt, isWanted } = round;
  if (!isWanted()) return null;
  let compute_ms = 0;
  await client.call("begin_learner", { node, states });
  for (const [index, inner] of steps.entries()) {
    if (!isWanted()) return null;
    compute_ms += await client.call("step_learner", { inner, leaves: leavesAt(index) });
  }
  return { result: await client.call("end_learner", null), compute_ms };
}

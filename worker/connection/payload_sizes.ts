/** What a coordinator may send at most. */
import { LearnerLayout } from "../../algorithm/learner_layout.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { MessageOf } from "../../wire/messages.ts";

/** As the coordinator cuts shards and jobs (coordinator/fleet/member.ts, coordinator/fleet/jobs.ts). */
const CHUNK_BYTES = 1 << 20;
const JOB_BYTES = 64 * 1024 * 1024;

/** Bytes of the largest payload that a coordinator has to send before the training. */
export function largestArtifact({ artifacts }: Pick<MessageOf<"welcome">, "artifacts">): number {
  return Math.max(0, ...artifacts.map(({ bytes }) => bytes));
}

/**
 * Bytes of the largest payload of the training: weights, or with local steps a network's state, a job with weights and
 * examples, the examples of all shards.
 */
export function largestPayload(
  manifest: Manifest,
  { shards, example_bytes, local_steps }: Pick<
    MessageOf<"welcome">,
    "shards" | "example_bytes" | "local_steps"
  >,
): number {
  const { layouts, micro_batch, accumulate = 1 } = manifest;
  const weights = 4 * (Math.max(layouts.critic.size, layouts.generator.size) + layouts.statistics.size);
  const examples = shards * micro_batch * accumulate * example_bytes;
  const sizes = [CHUNK_BYTES, weights + JOB_BYTES];
  if (local_steps === null) return Math.max(...sizes, examples);
  const { state_sizes } = new LearnerLayout(manifest, local_steps.optimizer.kind, local_steps.steps);
  const learner_examples = examples / local_steps.learners * local_steps.steps;
  return Math.max(...sizes, 4 * state_sizes.critic, 4 * state_sizes.generator, learner_examples);
}

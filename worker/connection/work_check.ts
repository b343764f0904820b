/** What work must be like, whatever is computed for it. */
import { checksumBytes } from "../../kernels/kernels.ts";
import { isNode } from "../../kernels/tree.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";

/**
 * Throws {@linkcode Refusal} `bad_message` where the shards are no node of the summing tree, no wire group or no learner,
 * `hash_mismatch` where the examples are not those that were sent.
 */
export function checkWork(
  { begin, end, checksum }: MessageOf<"work">,
  payload: Uint8Array,
  { shards, wire: { group_shards }, local_steps }: MessageOf<"welcome">,
): void {
  const found = `[${begin}, ${end})`;
  if (!isNode(begin, end, shards)) {
    throw new Refusal("bad_message", `Work must be a node of the summing tree: found ${found}`);
  }
  const [unit, size] = local_steps
    ? ["the learner", shards / local_steps.learners]
    : ["a wire group", group_shards];
  if (size !== null && (begin % size !== 0 || end - begin !== size)) {
    throw new Refusal("bad_message", `Work must be ${unit} of ${size} shards: found ${found}`);
  }
  if (payload.length === 0) return;
  const sent = checksumBytes(payload);
  if (sent === checksum) return;
  throw new Refusal("hash_mismatch", `Examples must have checksum ${checksum}: found ${sent}`);
}

/** What a result says again of the work that it answers. */
export function computationOf(work: MessageOf<"work">) {
  const { type: _type, inline: _inline, checksum: _checksum, next_noise_counter: _next, ...computation } =
    work;
  return computation;
}

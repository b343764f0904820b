/** Says why a training cannot go on: where a number came from that is none, and what to try. */
import { UserError } from "../../common/errors.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { RunConfig } from "../config/config.ts";
import type { RoundRequest } from "../fleet/fence.ts";
import type { BadResult } from "../fleet/judge.ts";

type Settings = Pick<RunConfig, "lr" | "clip"> & Partial<Pick<RunConfig, "lr_critic" | "lr_generator">>;

function advice({ lr, clip, lr_critic = null, lr_generator = null }: Settings, kind: NetworkName): string {
  const own = kind === "critic" ? lr_critic : lr_generator;
  const rate = own === null ? `--lr (now ${lr})` : `--lr-${kind} (now ${own})`;
  return `The state before this step is kept; try a smaller ${rate}` +
    (clip === null ? "" : ` or --clip (now ${clip})`);
}

/** A node has no good result, whoever computes it. */
export function explainBadResult(
  { kind, step }: RoundRequest,
  { node, flaw }: BadResult,
  config: Settings,
): UserError {
  const { part, required, found, tensor } = flaw;
  return new UserError(
    `Training cannot continue: the ${kind}'s ${part} must be ${required}, found ${found} at step ` +
      `${step} (shards ${node.begin} to ${node.end - 1}, first bad tensor ${tensor}). ` +
      `${advice(config, kind)}, and check the data for values that are not numbers`,
  );
}

/** The rate is so large that weights leave the numbers. */
export function explainOverflow({ kind, step }: RoundRequest, config: Settings): UserError {
  return new UserError(
    `Training cannot continue: the ${kind}'s weights must be finite, and this learning rate makes them overflow at ` +
      `step ` +
      `${step}. ${advice(config, kind)}`,
  );
}

/**
 * A sum is not what its workers looked at. Its tail (losses, means, statistics) is looked at before the update; gradients
 * are by the update itself, when they are in the state.
 */
export function explainDamage({ kind, step }: RoundRequest, part: "gradients" | "tail"): UserError {
  const what = part === "gradients" ? "gradients" : "losses, means and statistics";
  const state = part === "gradients"
    ? "the state in memory is lost. Continue from the last checkpoint with --resume"
    : "the state before this step is kept. Continue with --resume";
  return new UserError(
    `Training cannot continue: the ${kind}'s ${what} of step ${step} must not change in shared memory after ` +
      `workers have written them, but an infinity or NaN was found there; ${state}, and check this machine's memory if it ` +
      `happens again`,
  );
}

/** A worker wrote over a result in shared memory before it was all used: what the update made of it is no result. */
export function explainOverwritten({ kind, step }: RoundRequest): UserError {
  return new UserError(
    `Training cannot continue: the ${kind}'s results of step ${step} must stay in shared memory until they are used, ` +
      "and a worker wrote over one; the state in memory is lost. Continue from the last checkpoint with --resume, " +
      "and " +
      "with worker --no-share if it happens again",
  );
}

/** A learner's round has no good result, whoever computes it. */
export function explainBadRound(
  { step }: RoundRequest,
  { node, flaw }: BadResult,
  config: Settings,
): UserError {
  const { part, required, found, tensor } = flaw;
  return new UserError(
    `Training cannot continue: a learner's ${part} must be ${required}, found ${found} in the round that begins with ` +
      `step ${step} (shards ${node.begin} to ${node.end - 1}, ${tensor}). ${
        roundAdvice(config)
      }, and check the data for ` +
      "values that are not numbers",
  );
}

/** The outer step leaves the numbers. */
export function explainOuterOverflow(first_step: number, config: Settings): UserError {
  return new UserError(
    "Training cannot continue: the averaged weights must be finite, and the outer step makes them overflow in the " +
      "round " +
      `that begins with step ${first_step}. ${roundAdvice(config)}, --outer-lr or --outer-momentum`,
  );
}

function roundAdvice(config: Settings): string {
  return advice(config, "critic").replace("before this step", "before this round");
}

/** Local steps, as a run's configuration has them (docs/local-steps.md). */
import type { LocalSteps } from "../../algorithm/local_steps.ts";
import type { OuterSettings } from "../../algorithm/outer_step.ts";
import { UserError } from "../../common/errors.ts";
import { nullable, num } from "../../runlog/shape.ts";
import type { UpdateConfig } from "./update_config.ts";
import type { WireConfig } from "./wire_config.ts";

/** All null where each step is summed over all shards. */
export interface LocalConfig {
  /** Critic steps H that a learner makes before learners are averaged. */
  readonly local_steps: number | null;
  /** Learners L: each trains with S / L shards. */
  readonly learners: number | null;
  readonly outer_lr: number | null;
  readonly outer_momentum: number | null;
}

export const NO_LOCAL_STEPS: LocalConfig = {
  local_steps: null,
  learners: null,
  outer_lr: null,
  outer_momentum: null,
};

/** What a recorded run must have. */
export const LOCAL_FIELDS = {
  local_steps: nullable(num),
  learners: nullable(num),
  outer_lr: nullable(num),
  outer_momentum: nullable(num),
};

type Given = Partial<LocalConfig> & Partial<Pick<WireConfig, "wire">> & { readonly auto_critic?: boolean };
type Trained =
  & Pick<
    LocalSteps,
    "schedule" | "n_critic" | "warm_up" | "lr" | "decay_steps" | "clip" | "optimizer"
  >
  & Omit<UpdateConfig, "ema_half_life">;

/** What was given, completed: plain averaging, unless told otherwise. */
export function localConfig(given: Partial<LocalConfig>): LocalConfig {
  if (!given.local_steps) return NO_LOCAL_STEPS;
  const { local_steps, learners = null, outer_lr = 1, outer_momentum = 0 } = given;
  return { local_steps, learners, outer_lr, outer_momentum };
}

/** What learners train by; null where there are none. `epoch_steps`: batches of an epoch. */
export function localStepsOf(config: LocalConfig & Trained, epoch_steps: number): LocalSteps | null {
  const { local_steps: steps, learners } = config;
  if (steps === null || learners === null) return null;
  const { schedule, n_critic, warm_up, lr, lr_critic, lr_generator, decay_steps, decay } = config;
  const { clip, clip_grad_norm, optimizer } = config;
  return {
    ...{ learners, steps, epoch_steps, schedule, n_critic, warm_up },
    ...{ lr, lr_critic, lr_generator, decay_steps, decay, clip, clip_grad_norm, optimizer },
  };
}

export function outerOf({ outer_lr, outer_momentum }: LocalConfig): OuterSettings {
  return { outer_lr: outer_lr ?? 1, outer_momentum: outer_momentum ?? 0 };
}

/** Throws {@linkcode UserError} for settings of local steps that do not fit together, or not with others. */
export function checkLocal(given: Given, shards: number): void {
  const { local_steps = null, learners = null, wire = "float32" } = given;
  if (local_steps === null) {
    const names = { learners: "learners", outer_lr: "outer-lr", outer_momentum: "outer-momentum" } as const;
    const found = (Object.keys(names) as (keyof typeof names)[]).find((name) =>
      (given[name] ?? null) !== null
    );
    if (found === undefined) return;
    throw new UserError(
      `Cannot use --${names[found]} ${
        given[found]
      }: it says how the learners of local steps are averaged, and ` +
        `--local-steps is missing; give it, or leave --${names[found]} out`,
    );
  }
  if (learners === null) {
    throw new UserError(
      `Cannot make local steps: --local-steps ${local_steps} requires --learners, a power of two that divides ` +
        `--shards ` +
        `${shards}, found none; take ${advice(shards)}`,
    );
  }
  if (!possible(shards).includes(learners)) {
    throw new UserError(
      `Cannot train ${learners} learners: --learners must be a power of two that divides --shards ${shards} into ` +
        `equal ` +
        `powers of two, found ${learners}; take ${advice(shards)}`,
    );
  }
  if (wire !== "float32") {
    throw new UserError(
      `Cannot make local steps with --wire ${wire}: learners exchange states instead of gradients, and --wire must ` +
        `be ` +
        "float32; leave one of them out",
    );
  }
  if (given.auto_critic) {
    throw new UserError(
      "Cannot make local steps with --adaptive-n-critic: it decides after every step from the scores of all shards, " +
        "which are known only at the end of a round; leave one of them out",
    );
  }
}

/** Throws {@linkcode UserError} where a run would end within a round. */
export function checkRounds({ steps, local_steps }: LocalConfig & { readonly steps: number }): void {
  if (local_steps === null || steps % local_steps === 0) return;
  const below = steps - steps % local_steps, above = below + local_steps;
  throw new UserError(
    `Cannot train ${steps} steps in rounds of ${local_steps}: --steps must be a multiple of --local-steps ` +
      `${local_steps}, ` +
      `found ${steps}; take --steps ${below === 0 ? above : `${below} or ${above}`}`,
  );
}

/** Examples of a learner's round travel in one message where its worker does not have them. */
const MAX_ROUND_BYTES = 512 * 1024 * 1024;

/** Throws {@linkcode UserError} where a learner's examples of a round are too many. `example_bytes`: of one, as data are kept. */
export function checkRoundBytes(
  { local_steps, learners, batch }: LocalConfig & { readonly batch: number },
  example_bytes: number,
): void {
  if (local_steps === null || learners === null) return;
  const step_bytes = batch / learners * example_bytes;
  if (local_steps * step_bytes <= MAX_ROUND_BYTES) return;
  const longest = Math.floor(MAX_ROUND_BYTES / step_bytes);
  throw new UserError(
    `Cannot make rounds of ${local_steps} steps: the examples of a learner's round must have at most 512 MB, found ` +
      `${Math.ceil(local_steps * step_bytes / 2 ** 20)} MB; use --local-steps ${longest} or fewer`,
  );
}

/** As many of these steps as make whole rounds, or one round. */
export function wholeRounds(steps: number, { local_steps }: Pick<LocalConfig, "local_steps">): number {
  return local_steps === null ? steps : Math.max(local_steps, steps - steps % local_steps);
}

/** As many learners as there can be, where shards and learners are powers of two. */
function possible(shards: number): number[] {
  const numbers: number[] = [];
  for (let learners = 1; learners <= shards; learners *= 2) {
    if (Number.isInteger(Math.log2(shards / learners))) numbers.push(learners);
  }
  return numbers;
}

function advice(shards: number): string {
  const numbers = possible(shards);
  return numbers.length > 0 ? numbers.join(" or ") : "a power of two for --shards";
}

/**
 * Whether a result may count: the bytes that its worker sent, numbers all of them. And what becomes of a worker whose
 * result may not.
 */
import { checksumBytes } from "../../kernels/kernels.ts";
import type { TreeNode } from "../../kernels/tree.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { RoundRequest } from "./fence.ts";
import type { Member } from "./member.ts";
import type { FleetObserver } from "./observer.ts";
import { type Flaw, flawText, ResultCheck } from "./result_check.ts";
import { SecondOpinions } from "./second_opinions.ts";

/** Steps for which every number of each result is looked at, once a sum was not finite: who gave it may do so again. */
const WATCHFUL_STEPS = 64;

/** Ends a round: a node that was computed more than once is bad each time. */
export class BadResult extends Error {
  override name = "BadResult";

  constructor(readonly node: TreeNode, readonly flaw: Flaw) {
    super(`Shards ${node.begin} to ${node.end - 1} have no good result. ${flawText(flaw)}`);
  }
}

/** What is known of the results of one round. */
export interface Case {
  readonly request: RoundRequest;
  /** Whether every number of a result is looked at when it comes, and not its tail alone. */
  readonly is_watchful: boolean;
  readonly opinions: SecondOpinions;
}

export class Judge {
  readonly #check: ResultCheck;
  readonly #observer: Pick<FleetObserver, "fault">;
  #watchful_until_step = 0;

  constructor(manifest: Manifest, observer: Pick<FleetObserver, "fault">) {
    this.#check = new ResultCheck(manifest);
    this.#observer = observer;
  }

  /** `is_watchful`: whether to look at every number in any case. */
  open(request: RoundRequest, is_watchful: boolean): Case {
    const watched = is_watchful || request.step <= this.#watchful_until_step;
    return { request, is_watchful: watched, opinions: new SecondOpinions() };
  }

  /** Results did not add up to finite numbers: from now on it is found out whose are none. */
  beWatchful({ kind, step }: RoundRequest): void {
    this.#watchful_until_step = step + WATCHFUL_STEPS;
    const decision = `had step ${step} computed again, and looks at every number of each result for ` +
      `${WATCHFUL_STEPS} steps`;
    const reason = `The ${kind}'s gradients, and what they make of its state, must be finite: they were not`;
    this.#observer.fault({ what: "sum not finite", worker: null, decision, reason });
  }

  /** Closes the connection over which a result came otherwise than it was sent, or its work did. */
  isDamaged(
    member: Member,
    request: RoundRequest,
    message: MessageOf<"result">,
    payload: Uint8Array,
  ): boolean {
    const reason = whyDamaged(request, message, member.channel.shares, payload);
    if (reason === null) return false;
    const decision = "closed its connection; its shards go to others, and it may join again";
    this.#observer.fault({ what: "damaged result", worker: member.id, decision, reason });
    expel(member, new Refusal("hash_mismatch", reason));
    return true;
  }

  flaw({ request, is_watchful }: Case, values: Float32Array): Flaw | null {
    return is_watchful ? this.#check.whole(request.kind, values) : this.#check.tail(request.kind, values);
  }

  /** `tasks`: who is asked for it now. */
  tellDoubt(
    member: Member,
    { begin, end }: TreeNode,
    flaw: Flaw,
    tasks: readonly { worker: number }[],
  ): void {
    const who = [...new Set(tasks.map(({ worker }) => worker))].join(", ");
    const decision = `did not take shards ${begin} to ${end - 1}${
      who && `, and asked worker ${who} for them`
    }`;
    this.#observer.fault({ what: "bad result", worker: member.id, decision, reason: flawText(flaw) });
  }

  /** Sends a worker away for good: its result of a node was bad, another's is good. */
  expelWrong(member: Member, { request }: Case, { begin, end }: TreeNode): void {
    const reason =
      `Results must be right: shards ${begin} to ${end - 1} of step ${request.step} had an infinity or ` +
      "NaN or a variance below 0, and those of another worker had none; look at this worker's device";
    const decision = "closed its connection, for good";
    this.#observer.fault({ what: "wrong result", worker: member.id, decision, reason });
    expel(member, new Refusal("wrong_result", reason, { fatal: true }));
  }
}

/** What a worker computes from and no checksum covers. */
const SAID_AGAIN = ["epoch", "batch", "noise_purpose", "noise_counter"] as const;
type Computed = Pick<RoundRequest, typeof SAID_AGAIN[number]>;

function isOf(message: Computed, request: Computed): boolean {
  return message.epoch === request.epoch && message.batch === request.batch &&
    message.noise_counter === request.noise_counter && message.noise_purpose === request.noise_purpose;
}

/** `is_shared`: whether the worker's results lie in shared files. */
function whyDamaged(
  request: RoundRequest,
  message: MessageOf<"result">,
  is_shared: boolean,
  payload: Uint8Array,
): string | null {
  if (!isOf(message, request)) {
    const named = (of: Computed) => SAID_AGAIN.map((field) => `${field} ${of[field]}`).join(", ");
    return `A result must be of the work that was asked for, ${named(request)}: found ${named(message)}`;
  }
  const { checksum } = message;
  // What lies in a shared file was carried nowhere.
  if (checksum === null && is_shared) return null;
  const found = checksumBytes(payload);
  return checksum === found
    ? null
    : `A result must have the checksum ${checksum ?? "that its worker took"}: found ${found}`;
}

/** Says why, and closes. */
export function expel(member: Member, refusal: Refusal): void {
  member.said_why = true;
  member.channel.send(refusal.toMessage());
  member.channel.close(refusal.message);
}

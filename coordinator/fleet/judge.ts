/**
 * Decides if a result counts: it must be the bytes that its worker sent, with plausible numbers. Sends workers away
 * whose results do not.
 */
import { checksumBytes } from "../../kernels/kernels.ts";
import type { TreeNode } from "../../kernels/tree.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { Answers } from "./answers/answers.ts";
import type { RoundRequest } from "./fence.ts";
import { expel, type Member } from "./member.ts";
import type { FleetObserver } from "./observer.ts";
import { type Flaw, flawText } from "./result_check.ts";
import { WrongResults } from "./wrong_results.ts";

/** Ends a round: a node that was computed more than once is bad each time. */
export class BadResult extends Error {
  override name = "BadResult";

  constructor(readonly node: TreeNode, readonly flaw: Flaw) {
    super(`Shards ${node.begin} to ${node.end - 1} have no good result. ${flawText(flaw)}`);
  }
}

/** What says whether numbers are plausible. */
type Check = Pick<Answers, "flaw" | "arePlausible" | "isTailPlausible">;

export class Judge {
  readonly #check: Check;
  readonly #observer: Pick<FleetObserver, "fault">;
  readonly #wrong = new WrongResults();

  constructor(check: Check, observer: Pick<FleetObserver, "fault">) {
    this.#check = check;
    this.#observer = observer;
  }

  /** Closes the connection over which a result came otherwise than it was sent, or its work did. */
  isDamaged(
    member: Member,
    request: RoundRequest,
    message: MessageOf<"result" | "result_start">,
    payload: Uint8Array,
  ): boolean {
    return this.#expelDamaged(member, whyDamaged(request, message, member.channel.shares, payload));
  }

  /** As {@linkcode isDamaged}, for a chunk of a result. `found`: its checksum. */
  isChunkDamaged(
    member: Member,
    { index, checksum }: MessageOf<"result_chunk">,
    found: string,
  ): boolean {
    const reason = `Chunk ${index} of a result must have the checksum ${checksum}: found ${found}`;
    return this.#expelDamaged(member, found === checksum ? null : reason);
  }

  #expelDamaged(member: Member, reason: string | null): boolean {
    if (reason === null) return false;
    const decision = "closed its connection; its shards go to others, and it may join again";
    this.#observer.fault({ what: "damaged result", worker: member.id, decision, reason });
    expel(member, new Refusal("hash_mismatch", reason));
    return true;
  }

  /**
   * The fault of a result; `values`: its payload. A peer that shares memory is of this user and this version, and is believed where it has
   * looked at its numbers as it made them: a second look here would take as long as a third of the update, which finds
   * it out if they are others by then (optimizer.ts).
   */
  flaw(
    member: Member,
    { kind }: RoundRequest,
    { largest }: Pick<MessageOf<"result">, "largest">,
    values: Float32Array,
  ): Flaw | null {
    return this.#check.flaw(kind, values, member.channel.shares ? largest : null);
  }

  /** True if numbers are plausible as gradients. */
  arePlausible(gradients: Float32Array): boolean {
    return this.#check.arePlausible(gradients);
  }

  /** True if a tail is plausible: where its gradients are, too, the result has no flaw. */
  isTailPlausible({ kind }: RoundRequest, tail: Float32Array): boolean {
    return this.#check.isTailPlausible(kind, tail);
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

  /** Sends workers away whose results of a node were bad; this one's is good. */
  expelWrong(
    erred: readonly Member[],
    right: Member,
    request: RoundRequest,
    node: TreeNode,
    now_ms: number,
  ): void {
    for (const member of erred) if (member !== right) this.#expelWrong(member, request, node, now_ms);
  }

  /** The first wrong result of a worker may be chance, so it may come back; a second one within a day is not. */
  #expelWrong(member: Member, { step }: RoundRequest, { begin, end }: TreeNode, now_ms: number): void {
    const fatal = this.#wrong.isRepeated(member.name, now_ms);
    const reason =
      `Results must be right: shards ${begin} to ${end - 1} of step ${step} had an infinity, a NaN, a huge ` +
      "number or a variance below 0, and those of another worker had none; " +
      (fatal
        ? "that is the second time within a day: check this worker's device"
        : "this worker may join again, but not if this happens twice within a day");
    const decision = `closed its connection${fatal ? ", for good" : "; it may join again"}`;
    this.#observer.fault({ what: "wrong result", worker: member.id, decision, reason });
    expel(member, new Refusal("wrong_result", reason, { fatal }));
  }
}

/** Inputs of a worker's computation that no checksum covers. */
const SAID_AGAIN = ["epoch", "batch", "noise_purpose", "noise_counter"] as const;
type Computed = Pick<RoundRequest, typeof SAID_AGAIN[number]>;

function isOf(message: Computed, request: Computed): boolean {
  return message.epoch === request.epoch && message.batch === request.batch &&
    message.noise_counter === request.noise_counter && message.noise_purpose === request.noise_purpose;
}

/** `is_shared`: whether the worker's results lie in shared files. */
function whyDamaged(
  request: RoundRequest,
  message: MessageOf<"result" | "result_start">,
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

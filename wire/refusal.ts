/** Something that was refused: thrown where it is noticed, sent to the peer as a `refuse` message. */
import { cleanText } from "../common/text/foreign_text.ts";
import type { MessageOf, RefusalCode } from "./messages.ts";

/** As messages.ts has it. */
const MAX_REASON_LENGTH = 1024;

/**
 * Why a message, or a peer, is refused.
 *
 * @example
 * ```ts
 * import { Refusal } from "@wagon/wagon/wire";
 *
 * const refusal = new Refusal("run_over", "The run is over", { fatal: true });
 * console.assert(Refusal.from(refusal.toMessage()).fatal);
 * ```
 */
export class Refusal extends Error {
  /** Always "Refusal". */
  override name = "Refusal";
  /** For a program. */
  readonly code: RefusalCode;
  /** True: the connection ends, and trying again is useless. */
  readonly fatal: boolean;
  /** The job or the work that this answers, if any. */
  readonly job: number | null;

  /** The reason may quote what a peer sent: it is cleaned and cut. */
  constructor(code: RefusalCode, reason: string, options: { fatal?: boolean; job?: number | null } = {}) {
    super(cleanText(reason, MAX_REASON_LENGTH));
    this.code = code;
    this.fatal = options.fatal ?? false;
    this.job = options.job ?? null;
  }

  /** As the peer sent it. */
  static from(message: MessageOf<"refuse">): Refusal {
    return new Refusal(message.code, message.reason, message);
  }

  /** As it is sent. */
  toMessage(): MessageOf<"refuse"> {
    return { type: "refuse", code: this.code, reason: this.message, fatal: this.fatal, job: this.job };
  }
}

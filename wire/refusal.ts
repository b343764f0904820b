/** Something that was refused: thrown where it is noticed, sent to the peer as a `refuse` message. */
import type { MessageOf, RefusalCode } from "./messages.ts";

const MAX_REASON_CHARACTERS = 1024;

export class Refusal extends Error {
  override name = "Refusal";
  readonly code: RefusalCode;
  /** True: the connection ends, and trying again is useless. */
  readonly fatal: boolean;
  /** The job or the work that this answers, if any. */
  readonly job: number | null;

  constructor(code: RefusalCode, reason: string, options: { fatal?: boolean; job?: number | null } = {}) {
    super(reason);
    this.code = code;
    this.fatal = options.fatal ?? false;
    this.job = options.job ?? null;
  }

  /** As the peer sent it. */
  static from(message: MessageOf<"refuse">): Refusal {
    return new Refusal(message.code, message.reason, message);
  }

  toMessage(): MessageOf<"refuse"> {
    const reason = this.message.slice(0, MAX_REASON_CHARACTERS);
    return { type: "refuse", code: this.code, reason, fatal: this.fatal, job: this.job };
  }
}

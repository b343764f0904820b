/** Which errors workers refused the work of a round with: one that all of them give is the work's own, not theirs. */
import { UserError } from "../../common/errors.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { RoundRequest } from "./fence.ts";

/** Once may be a worker's bad moment, also where it is the only one. */
const FEWEST_REFUSALS = 3;

type Named = { readonly name: string };
type Refusing = Pick<MessageOf<"refuse">, "code" | "reason">;

interface Refused {
  readonly workers: Set<string>;
  count: number;
}

export class RefusedWork {
  readonly #request: Pick<RoundRequest, "kind" | "step">;
  readonly #by_error = new Map<string, Refused>();

  constructor(request: Pick<RoundRequest, "kind" | "step">) {
    this.#request = request;
  }

  /**
   * Takes the refusal of a worker; `present` are those that are in now, without it. Whoever joins again is known by its
   * name. Returns what ends the round where all that are in have given this error, and often enough; else null.
   */
  add(worker: Named, { code, reason }: Refusing, present: readonly Named[]): UserError | null {
    const error = `${code} ${withoutNumbers(reason)}`;
    const refused = this.#by_error.get(error) ?? { workers: new Set(), count: 0 };
    this.#by_error.set(error, refused);
    refused.workers.add(worker.name);
    refused.count++;
    const by_all = present.every(({ name }) => refused.workers.has(name));
    if (!by_all || refused.count < FEWEST_REFUSALS) return null;
    const { kind, step } = this.#request;
    return new UserError(
      `Cannot finish ${kind} step ${step}: a worker that can is required, and all that are in refused it, ` +
        `${refused.count} times, with the same error: ${reason}; mend that, then go on with --resume`,
    );
  }
}

/** Shards, addresses and sizes differ where the error is the same. */
function withoutNumbers(reason: string): string {
  return reason.replaceAll(/(0x)?[\da-f]*\d[\da-f]*/gi, "#");
}

/** Which errors workers refused the work of a round with: work that all of them refuse is at fault itself, not they. */
import { UserError } from "../../common/errors.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { RoundRequest } from "./fence.ts";
import type { Member } from "./member.ts";
import type { FleetObserver } from "./observer.ts";

/** Once may be a worker's bad moment, also where it is the only one. */
const FEWEST_REFUSALS = 3;
/** With different errors each of these times may have been another bad moment. */
const FEWEST_OF_DIFFERENT = 6;
/** Errors that are listed, and characters of each. */
const MOST_LISTED = 5;
const SHOWN_CHARS = 200;

type Named = { readonly name: string };
type Refusing = Pick<MessageOf<"refuse">, "code" | "reason">;

/** Closes the connection of a worker that refused its work, and tells the observer. */
export function expelRefusing(
  member: Member,
  { code, reason }: Refusing,
  observer: Pick<FleetObserver, "fault">,
): void {
  const decision = "closed its connection; its shards go to others, and it may join again";
  observer.fault({ what: code.replaceAll("_", " "), worker: member.id, decision, reason });
  member.said_why = true;
  member.channel.close(`It refused its work: ${reason}`);
}

/** How often each worker refused the work; whoever joins again is known by its name. */
class Refusals {
  readonly #by_worker = new Map<string, number>();
  count = 0;

  constructor(readonly reason: string) {}

  add({ name }: Named): void {
    this.#by_worker.set(name, (this.#by_worker.get(name) ?? 0) + 1);
    this.count++;
  }

  /** True if all of these gave `each` of them or more. */
  areBy(workers: readonly Named[], each: number): boolean {
    return workers.every(({ name }) => (this.#by_worker.get(name) ?? 0) >= each);
  }
}

export class RefusedWork {
  readonly #request: Pick<RoundRequest, "kind" | "step">;
  readonly #by_error = new Map<string, Refusals>();
  readonly #all = new Refusals("");

  constructor(request: Pick<RoundRequest, "kind" | "step">) {
    this.#request = request;
  }

  /**
   * Takes the refusal of a worker; `present` are those that are in now, without it. Returns what ends the round where
   * all that are in have refused it often enough; else null. Behind a relay that is once, where nobody else is left: the
   * run's coordinator counts the rest.
   */
  add(worker: Named, { code, reason }: Refusing, present: readonly Named[], is_relay = false): Error | null {
    if (is_relay && present.length === 0) return new Error(reason);
    const key = `${code} ${withoutNumbers(reason)}`;
    const same = this.#by_error.get(key) ?? new Refusals(reason);
    this.#by_error.set(key, same);
    for (const refusals of [same, this.#all]) refusals.add(worker);
    if (same.count >= FEWEST_REFUSALS && same.areBy(present, 1)) {
      return this.#ended(`${same.count} times, same error: ${reason}`, "that");
    }
    // One worker's other errors say nothing about the rest: each has to have had its chances.
    const { count } = this.#all;
    if (count < FEWEST_OF_DIFFERENT || !this.#all.areBy([worker, ...present], FEWEST_REFUSALS)) return null;
    return this.#ended(`${count} times, ${this.#by_error.size} different errors: ${this.#listed()}`, "these");
  }

  #ended(errors: string, these: "that" | "these"): UserError {
    const { kind, step } = this.#request;
    return new UserError(
      `Cannot finish ${kind} step ${step}: every connected worker refused it (${errors}). Fix ${these}, then ` +
        "continue with --resume.",
    );
  }

  /** The most frequent first. */
  #listed(): string {
    const errors = [...this.#by_error.values()].toSorted((a, b) => b.count - a.count);
    const shown = errors.slice(0, MOST_LISTED).map(({ reason, count }) => {
      return `${cleanText(reason, SHOWN_CHARS)} (${count} times)`;
    });
    return [...shown, ...errors.length > MOST_LISTED ? [`${errors.length - MOST_LISTED} more`] : []].join(
      "; ",
    );
  }
}

/** Shards, addresses and sizes differ where the error is the same. */
function withoutNumbers(reason: string): string {
  return reason.replaceAll(/(0x)?[\da-f]*\d[\da-f]*/gi, "#");
}

/** Who is in, how often that has changed, and what all that ever were in have sent and been sent. */
import type { Member } from "../member.ts";
import { Gathering } from "./gathering.ts";

export class Membership {
  readonly by_id: ReadonlyMap<number, Member>;
  /** Changes of the membership, and of what follows from it. */
  generation = 0;
  readonly #by_id = new Map<number, Member>();
  #abandoned: { readonly error: unknown } | null = null;
  readonly #gathering = new Gathering();
  #bytes_of_departed = { in: 0, out: 0 };

  constructor() {
    this.by_id = this.#by_id;
  }

  get all(): readonly Member[] {
    return [...this.#by_id.values()];
  }

  get size(): number {
    return this.#by_id.size;
  }

  /** Bytes over all connections since the start. */
  get bytes(): { in: number; out: number } {
    return this.all.reduce(
      (total, { channel }) => ({ in: total.in + channel.bytes_in, out: total.out + channel.bytes_out }),
      this.#bytes_of_departed,
    );
  }

  /** Time spent on what the present workers sent. */
  get handled_ms(): number {
    return this.all.reduce((sum, { channel }) => sum + channel.handled_ms, 0);
  }

  join(member: Member): void {
    this.#by_id.set(member.id, member);
    this.generation++;
  }

  /** All has been done for a worker that has joined: those who wait for so many are told. */
  joined(): void {
    this.#gathering.joined(this.size);
  }

  /** False where it was not in. */
  leave({ id, channel }: Member): boolean {
    if (!this.#by_id.delete(id)) return false;
    this.#bytes_of_departed.in += channel.bytes_in;
    this.#bytes_of_departed.out += channel.bytes_out;
    this.generation++;
    return true;
  }

  /** Resolves once `count` workers are in. Rejects when abandoned. */
  waitFor(count: number): Promise<void> {
    return this.#gathering.wait(count, this.size);
  }

  abandon(error: unknown): void {
    this.#abandoned = { error };
    this.#gathering.abandon(error);
  }

  /** Why nobody is waited for any more, once the last worker is gone; null: workers are there, or may come. */
  get given_up(): { readonly error: unknown } | null {
    return this.size === 0 ? this.#abandoned : null;
  }
}

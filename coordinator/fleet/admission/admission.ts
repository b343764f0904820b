/** Who is admitted: with the token, of a numeric class that the run may have, and not after its end. */
import { hostOfPeer } from "../../../common/text/host_of.ts";
import { whyInexact } from "../../../common/numeric_class.ts";
import type { Channel } from "../../../wire/channel.ts";
import type { Clock } from "../../../wire/clock.ts";
import { unlistedKey } from "../../../wire/handshake.ts";
import type { AllowedKeys } from "../../../wire/proof/worker_key.ts";
import { Refusal } from "../../../wire/refusal.ts";
import type { Socket } from "../../../wire/socket.ts";
import { admit, type Admitted, type RunFacts } from "./join.ts";
import { JoinLimits } from "./join_limits.ts";
import type { SharedMemory } from "../memory/shared_memory.ts";
import { expel, Member } from "../member.ts";
import type { FleetObserver } from "../observer.ts";
import type { ShardSource } from "../../data/sharded_data.ts";

export interface AdmissionOptions {
  readonly token: string;
  /** What opens the live page, if there is one, and nothing else. */
  readonly read_token: string | undefined;
  /** Keys that let workers in, besides the token; absent or null: the token alone does. */
  readonly allowed_keys?: AllowedKeys | null | undefined;
  readonly clock: Clock;
  /** Only workers of one numeric class. */
  readonly exact: boolean;
  /**
   * True for a relay: it is of one class for the run, that of its first worker, whatever the run promises. Bad results are
   * passed on, for the run's coordinator to judge.
   */
  readonly is_relay?: boolean;
  /** Classes that have contributed already (a resumed run). */
  readonly classes: readonly string[];
  /** For workers on this machine; null: none. */
  readonly shared_memory: Omit<SharedMemory, typeof Symbol.dispose> | null;
}

export class Admission {
  /** Numeric classes of which a result has counted. */
  readonly classes: Set<string>;
  readonly #facts: RunFacts;
  readonly #data: ShardSource;
  readonly #options: AdmissionOptions;
  readonly #observer: Pick<FleetObserver, "refused">;
  readonly #join_limits: JoinLimits;
  /** Those that get ready. */
  readonly #newcomers = new Set<Channel>();
  #next_id = 1;
  #is_over = false;

  constructor(
    facts: RunFacts,
    data: ShardSource,
    options: AdmissionOptions,
    observer: Pick<FleetObserver, "refused">,
  ) {
    this.#facts = facts;
    this.#data = data;
    this.#options = options;
    this.#observer = observer;
    this.#join_limits = new JoinLimits(options.clock);
    this.classes = new Set(options.classes);
  }

  /** Calls `enter` within the message by which a newcomer says that it is ready. Never throws. */
  async accept(socket: Socket, peer: string, enter: (member: Member) => void): Promise<void> {
    const host = hostOfPeer(peer);
    if (this.#join_limits.isBarred(host)) {
      socket.close("Kept out", true);
      return this.#observer.refused(peer, "Its host flooded the run and is refused for a minute");
    }
    const worker = this.#next_id++;
    const { token, read_token, allowed_keys, clock, shared_memory } = this.#options;
    const shared = shared_memory?.offer(peer) ?? null;
    let newcomer: Channel | null = null;
    const welcomed = (channel: Channel) => void this.#newcomers.add(newcomer = channel);
    const mayJoin = () => this.#join_limits.join(host);
    const onflood = () => this.#join_limits.flooded(host);
    const run = { facts: this.#facts, data: this.#data, token, read_token, allowed_keys, clock };
    const options = { ...run, worker, shared, welcomed, mayJoin, onflood };
    try {
      await admit(socket, options, (admitted) => {
        this.#checkKey(admitted);
        this.#checkClass(admitted);
        if (this.#options.is_relay) this.classes.add(admitted.ready.numeric_class);
        if (shared !== null && admitted.ready.shared) shared_memory!.share(worker, admitted.channel);
        enter(new Member(worker, admitted, this.#answerTime(admitted)));
      });
    } catch (error) {
      if (this.#is_over) return;
      this.#observer.refused(peer, error instanceof Error ? error.message : String(error));
    } finally {
      if (newcomer !== null) this.#newcomers.delete(newcomer);
    }
  }

  /** The run is over. Returns who is still getting ready, to be told so. */
  close(): readonly Channel[] {
    this.#is_over = true;
    return [...this.#newcomers];
  }

  /**
   * Why a worker of this numeric class may not be here, beside those of which results have counted; null if it may. A
   * class of which nothing has counted keeps nobody out.
   */
  #against(numeric_class: string): Refusal | null {
    if (this.#options.is_relay) return againstRelay(numeric_class, this.classes);
    const against = this.#options.exact ? whyInexact(numeric_class, this.classes) : null;
    if (against === null) return null;
    const reason =
      `This run promises the same bits (--exact), but ${against}, or start or resume the run with --no-exact`;
    return new Refusal("numeric_class", reason, { fatal: true });
  }

  /** A result of this class counts: those of these members that may not be here beside it have to go. */
  settle(numeric_class: string, members: readonly Member[]): void {
    if (this.classes.has(numeric_class)) return;
    this.classes.add(numeric_class);
    for (const member of members) {
      const against = this.#against(member.numeric_class);
      if (against !== null) expel(member, against);
    }
  }

  /** Time of a learner's round by the worker's probe; 0 where there are none. */
  #answerTime({ ready: { shard_ms } }: Admitted): number {
    const { local } = this.#facts;
    return local ? shard_ms * this.#data.plan.num_shards / local.learners : 0;
  }

  /** It may have been taken off the list while it got ready. */
  #checkKey({ channel, hello: { key } }: Admitted): void {
    const { allowed_keys } = this.#options;
    if (!allowed_keys || key !== null && allowed_keys.nameOf(key.public_key) !== null) return;
    turnAway(channel, unlistedKey(key?.public_key ?? ""));
  }

  #checkClass({ channel, ready: { numeric_class } }: Admitted): void {
    const against = this.#against(numeric_class);
    if (against !== null) turnAway(channel, against);
  }
}

/** Tells a newcomer why, closes, and throws that. */
function turnAway(channel: Channel, refusal: Refusal): never {
  channel.send(refusal.toMessage());
  channel.close(refusal.message);
  throw refusal;
}

function againstRelay(numeric_class: string, classes: ReadonlySet<string>): Refusal | null {
  if (classes.size === 0 || classes.has(numeric_class)) return null;
  const reason =
    "All workers of a relay must have the numeric class of its first worker, found another: connect this worker " +
    "to the coordinator, or to another relay";
  return new Refusal("numeric_class", reason, { fatal: true });
}

/**
 * Who watches the live page: each is sent the newest snapshot when it has read what was sent before, and what lies
 * between is left out. So nothing piles up for one that reads slowly or not at all, and without anybody watching
 * nothing is done. Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { Cancel, Clock } from "../../wire/clock.ts";
import type { Snapshot } from "./snapshot.ts";

/** Snapshots are made this often, while somebody watches. */
export const UPDATE_MS = 1_000;
/** One that has not read for so long is let go; its browser comes again by itself. */
const STALLED_MS = 60_000;
/** Those at a time; who comes then takes another's place. */
export const MAX_WATCHERS = 32;
/** A browser that has lost the connection tries again after this time. */
const RETRY_MS = 2_000;

/** The way to one browser. */
export interface EventStream {
  write(text: string): void;
  /** Handed over and not taken by the system yet. */
  readonly backlog_bytes: number;
  /** Ends it after what was handed over. */
  end(): void;
  /** Ends it at once. */
  destroy(): void;
}

interface Watcher {
  readonly stream: EventStream;
  readonly host: string;
  /** Texts of the parts last sent to it: those of snapshots, not copies. */
  readonly sent: Map<string, string>;
  /** When it last had read everything. */
  read_ms: number;
}

export interface WatchersOptions {
  readonly clock: Clock;
  readonly snapshot: () => Snapshot;
}

export class Watchers {
  readonly #options: WatchersOptions;
  readonly #watchers = new Set<Watcher>();
  #stop: Cancel | null = null;
  #last: { readonly at_ms: number; readonly snapshot: Snapshot } | null = null;

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /**
   * Sends all there is, and from then on what changes. Returns what ends that: call it when the stream closes. Nobody is
   * kept out: where all places are taken, one of the host with most of them is freed.
   */
  add(stream: EventStream, host: string): Cancel {
    const now_ms = this.#options.clock.now_ms();
    if (this.#watchers.size >= MAX_WATCHERS) this.#makeRoom(host);
    const watcher: Watcher = { stream, host, sent: new Map(), read_ms: now_ms };
    this.#watchers.add(watcher);
    stream.write(`retry: ${RETRY_MS}\n\n`);
    // Many that come at once, or one that comes again and again, share a snapshot.
    const fresh = this.#last && now_ms - this.#last.at_ms < UPDATE_MS ? this.#last.snapshot : this.#take();
    send(watcher, fresh);
    this.#stop ??= this.#options.clock.every(UPDATE_MS, () => this.#update());
    return () => this.#remove(watcher);
  }

  /** Sends a last snapshot to those that can take it, and ends all streams. */
  close(): void {
    const snapshot = this.#watchers.size > 0 ? this.#take() : null;
    for (const watcher of this.#watchers) {
      const { stream } = watcher;
      if (snapshot && stream.backlog_bytes === 0) {
        send(watcher, snapshot);
        stream.end();
      } else stream.destroy();
    }
    this.#watchers.clear();
    this.#pause();
  }

  /**
   * Lets one go of the host that has most places, the newcomer counted: the slowest, or the one that came first. What the
   * system holds for a stream counts as read, so it is not enough to let those go that do not read.
   */
  #makeRoom(newcomer: string): void {
    const places = new Map([[newcomer, 1]]);
    for (const { host } of this.#watchers) places.set(host, (places.get(host) ?? 0) + 1);
    const most = Math.max(...[...this.#watchers].map(({ host }) => places.get(host)!));
    const last = [...this.#watchers].filter(({ host }) => places.get(host) === most)
      .reduce((slowest, watcher) => watcher.read_ms < slowest.read_ms ? watcher : slowest);
    last.stream.destroy();
    this.#remove(last);
  }

  #take(): Snapshot {
    const snapshot = this.#options.snapshot();
    this.#last = { at_ms: this.#options.clock.now_ms(), snapshot };
    return snapshot;
  }

  #update(): void {
    const now_ms = this.#options.clock.now_ms();
    const ready: Watcher[] = [];
    for (const watcher of this.#watchers) {
      if (watcher.stream.backlog_bytes === 0) {
        watcher.read_ms = now_ms;
        ready.push(watcher);
      } else if (now_ms - watcher.read_ms >= STALLED_MS) {
        watcher.stream.destroy();
        this.#remove(watcher);
      }
    }
    if (ready.length === 0) return;
    const snapshot = this.#take();
    for (const watcher of ready) send(watcher, snapshot);
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#pause();
  }

  #pause(): void {
    this.#stop?.();
    this.#stop = null;
    this.#last = null;
  }
}

/** Sends the parts that have changed since, as one event. */
function send({ stream, sent }: Watcher, snapshot: Snapshot): void {
  const changed = [...snapshot].filter(([name, text]) => sent.get(name) !== text);
  if (changed.length === 0) return;
  for (const [name, text] of changed) sent.set(name, text);
  stream.write(`data: {${changed.map(([name, text]) => `"${name}":${text}`).join(",")}}\n\n`);
}

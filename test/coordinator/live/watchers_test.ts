import assert from "node:assert/strict";
import { type EventStream, MAX_WATCHERS, UPDATE_MS, Watchers } from "../../../coordinator/live/watchers.ts";
import { FakeClock } from "../../wire/fake_clock.ts";

/** A browser that reads, or does not. */
class FakeStream implements EventStream {
  readonly events: Record<string, unknown>[] = [];
  reads = true;
  backlog_bytes = 0;
  over: "ended" | "destroyed" | null = null;

  write(text: string): void {
    if (!this.reads) this.backlog_bytes += text.length;
    const data = /^data: (.*)\n\n$/s.exec(text)?.[1];
    if (data !== undefined) this.events.push(JSON.parse(data));
    else assert.equal(text, "retry: 2000\n\n");
  }
  /** It has read what was sent so far. */
  catchUp(): void {
    this.backlog_bytes = 0;
  }
  end(): void {
    this.over = "ended";
  }
  destroy(): void {
    this.over = "destroyed";
  }
}

function setUp() {
  const clock = new FakeClock();
  const parts = new Map([["run", '"r"'], ["now", "0"]]);
  let num_snapshots = 0;
  const snapshot = () => {
    num_snapshots++;
    return new Map(parts);
  };
  const watchers = new Watchers({ clock, snapshot });
  return { clock, parts, watchers, snapshots: () => num_snapshots };
}

Deno.test("a watcher gets everything at first, then what has changed", async () => {
  const { clock, parts, watchers } = setUp();
  const stream = new FakeStream();
  watchers.add(stream, "a");
  assert.deepEqual(stream.events, [{ run: "r", now: 0 }]);
  parts.set("now", "1");
  await clock.advance(UPDATE_MS);
  await clock.advance(UPDATE_MS);
  parts.set("curves-0", "[[1,2]]");
  await clock.advance(UPDATE_MS);
  assert.deepEqual(stream.events.slice(1), [{ now: 1 }, { "curves-0": [[1, 2]] }]);
});

Deno.test("nothing is done while nobody watches", async () => {
  const { clock, watchers, snapshots } = setUp();
  await clock.advance(10 * UPDATE_MS);
  const leave = watchers.add(new FakeStream(), "a");
  await clock.advance(3 * UPDATE_MS);
  assert.equal(snapshots(), 4);
  leave();
  await clock.advance(10 * UPDATE_MS);
  assert.deepEqual([snapshots(), clock.num_timers, watchers.count], [4, 0, 0]);
});

Deno.test("for a watcher that does not read nothing piles up; later it gets the newest at once", async () => {
  const { clock, parts, watchers } = setUp();
  const [slow, quick] = [new FakeStream(), new FakeStream()];
  slow.reads = false;
  watchers.add(slow, "a");
  watchers.add(quick, "a");
  const backlog = slow.backlog_bytes;
  for (let i = 1; i <= 30; i++) {
    parts.set("now", String(i));
    await clock.advance(UPDATE_MS);
  }
  assert.deepEqual([slow.events.length, slow.backlog_bytes], [1, backlog]);
  assert.equal(quick.events.length, 31);
  slow.catchUp();
  await clock.advance(UPDATE_MS);
  assert.deepEqual(slow.events[1], { now: 30 });
});

Deno.test("a watcher that has not read for a minute is let go, the others stay", async () => {
  const { clock, parts, watchers } = setUp();
  const [dead, live] = [new FakeStream(), new FakeStream()];
  dead.reads = false;
  watchers.add(dead, "a");
  watchers.add(live, "a");
  for (let i = 1; i <= 59; i++) {
    parts.set("now", String(i));
    await clock.advance(1_000);
  }
  assert.deepEqual([dead.over, watchers.count], [null, 2]);
  await clock.advance(1_000);
  assert.deepEqual([dead.over, live.over, watchers.count], ["destroyed", null, 1]);
});

/** Fills all places. */
function fill(watchers: Watchers, hostOf: (i: number) => string): FakeStream[] {
  return Array.from({ length: MAX_WATCHERS }, (_, i) => {
    const stream = new FakeStream();
    watchers.add(stream, hostOf(i));
    return stream;
  });
}

const goneOf = (streams: readonly FakeStream[]) => streams.flatMap(({ over }, i) => over === null ? [] : [i]);

Deno.test("many that come at once share a snapshot", () => {
  const { watchers, snapshots } = setUp();
  fill(watchers, () => "a");
  assert.deepEqual([watchers.count, snapshots()], [MAX_WATCHERS, 1]);
});

Deno.test("streams that take all places and never read keep nobody out, even while the system reads for them", async () => {
  const { clock, parts, watchers } = setUp();
  const hogs = fill(watchers, () => "a");
  parts.set("now", "1");
  await clock.advance(UPDATE_MS);
  const person = new FakeStream();
  watchers.add(person, "a");
  assert.deepEqual(person.events, [{ run: "r", now: 1 }]);
  assert.deepEqual([goneOf(hogs), watchers.count], [[0], MAX_WATCHERS]);
  parts.set("now", "2");
  await clock.advance(UPDATE_MS);
  assert.deepEqual(person.events[1], { now: 2 });
});

Deno.test("the slowest of the host with most places goes first, and a host with one keeps it", async () => {
  const { clock, watchers, parts } = setUp();
  const streams = fill(watchers, (i) => i === 0 ? "person" : "hog");
  streams[7]!.reads = false;
  for (const now of ["1", "2"]) {
    parts.set("now", now);
    await clock.advance(UPDATE_MS);
  }
  watchers.add(new FakeStream(), "other");
  assert.deepEqual(goneOf(streams), [7]);
  for (let i = 0; i < 200; i++) watchers.add(new FakeStream(), "hog");
  assert.deepEqual([streams[0]!.over, watchers.count], [null, MAX_WATCHERS]);
  assert.equal(goneOf(streams).length, MAX_WATCHERS - 1);
});

Deno.test("the end is told to whoever reads, and all streams are ended", async () => {
  const { clock, parts, watchers } = setUp();
  const [stuck, live] = [new FakeStream(), new FakeStream()];
  stuck.reads = false;
  watchers.add(stuck, "a");
  watchers.add(live, "a");
  await clock.advance(UPDATE_MS);
  parts.set("ended", '"finished"');
  watchers.close();
  assert.deepEqual(live.events.at(-1), { ended: "finished" });
  assert.deepEqual([live.over, stuck.over, watchers.count, clock.num_timers], ["ended", "destroyed", 0, 0]);
});

import assert from "node:assert/strict";
import { MAX_WATCHERS, type Stream, UPDATE_MS, Watchers } from "../../../coordinator/live/watchers.ts";
import { FakeClock } from "../../wire/fake_clock.ts";

/** A browser that reads, or does not. */
class FakeStream implements Stream {
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
  watchers.add(stream);
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
  const leave = watchers.add(new FakeStream());
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
  watchers.add(slow);
  watchers.add(quick);
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
  watchers.add(dead);
  watchers.add(live);
  for (let i = 1; i <= 59; i++) {
    parts.set("now", String(i));
    await clock.advance(1_000);
  }
  assert.deepEqual([dead.over, watchers.count], [null, 2]);
  await clock.advance(1_000);
  assert.deepEqual([dead.over, live.over, watchers.count], ["destroyed", null, 1]);
});

Deno.test("many that come at once share a snapshot, and there is room for so many only", () => {
  const { watchers, snapshots } = setUp();
  for (let i = 0; i < MAX_WATCHERS; i++) {
    assert.equal(watchers.full, false);
    watchers.add(new FakeStream());
  }
  assert.deepEqual([watchers.full, snapshots()], [true, 1]);
});

Deno.test("the end is told to whoever reads, and all streams are ended", async () => {
  const { clock, parts, watchers } = setUp();
  const [stuck, live] = [new FakeStream(), new FakeStream()];
  stuck.reads = false;
  watchers.add(stuck);
  watchers.add(live);
  await clock.advance(UPDATE_MS);
  parts.set("ended", '"finished"');
  watchers.close();
  assert.deepEqual(live.events.at(-1), { ended: "finished" });
  assert.deepEqual([live.over, stuck.over, watchers.count, clock.num_timers], ["ended", "destroyed", 0, 0]);
});

/** What is shown while pictures are read: the clock and the terminal are false. */
import assert from "node:assert/strict";
import type { Screen } from "../../../common/terminal/screen.ts";
import { readingOn } from "../../../coordinator/terminal/reading_line.ts";

class FakeScreen implements Screen {
  text = "";
  readonly unicode = true;
  constructor(readonly interactive: boolean, readonly width = 80) {}
  columns = () => this.width;
  write(text: string): void {
    this.text += text;
  }
  /** Each line as it was last drawn. */
  get lines(): string[] {
    return this.text.split("\n").map((line) => line.split("\r\x1b[J").at(-1)!);
  }
}

/** Tells of 1,000 pictures, one each so many milliseconds; returns what the screen shows halfway. */
function read(screen: FakeScreen, each_ms: number): string {
  let now_ms = 5;
  const { progress } = readingOn(screen, () => now_ms, new AbortController().signal);
  let halfway = "";
  for (let done = 0; done <= 1000; done++, now_ms += each_ms) {
    progress(done, 1000);
    if (done === 500) halfway = screen.lines.at(-1)!;
  }
  return halfway;
}

Deno.test("a terminal has a bar with what is done and how long it takes yet, and in the end one line", () => {
  const screen = new FakeScreen(true);
  assert.equal(read(screen, 20), "Reading pictures  50% ██████████           500/1000  10s left");
  assert.deepEqual(screen.lines, ["Read 1,000 pictures in 20s", ""]);
});

Deno.test("a narrow terminal has less of it", () => {
  const screen = new FakeScreen(true, 24);
  assert.equal(read(screen, 20), " 50% 500/1000");
});

Deno.test("the bar is drawn five times a second", () => {
  const screen = new FakeScreen(true);
  read(screen, 2);
  assert.equal(screen.text.match(/Reading pictures/g)!.length, 9);
});

Deno.test("a pipe has a line after two seconds and each ten more, without control characters", () => {
  const screen = new FakeScreen(false);
  read(screen, 20);
  assert.equal(
    screen.text,
    "Read 100 of 1,000 pictures\nRead 600 of 1,000 pictures\nRead 1,000 pictures in 20s\n",
  );
});

Deno.test("what is over in less than a second is not worth a line", () => {
  for (const interactive of [false, true]) {
    const screen = new FakeScreen(interactive);
    read(screen, 0.9);
    assert.deepEqual(screen.lines, [""]);
  }
});

Deno.test("Ctrl-C ends the reading, and takes the bar away", () => {
  const screen = new FakeScreen(true), stop = new AbortController();
  let now_ms = 0;
  const { progress } = readingOn(screen, () => now_ms, stop.signal);
  progress(0, 1000);
  now_ms = 300;
  progress(20, 1000);
  stop.abort();
  assert.throws(() => progress(40, 1000), {
    name: "UserError",
    message: "Stopped when 40 of 1,000 pictures were read: there is no run yet",
  });
  assert.equal(screen.lines.at(-1), "");
});

import assert from "node:assert/strict";
import type { Screen } from "../../../common/terminal/screen.ts";
import { Console, progressBar } from "../../../coordinator/terminal/console.ts";
import type { StepReport } from "../../../coordinator/training/train.ts";

class FakeTerminal implements Screen {
  text = "";
  readonly unicode = true;
  constructor(readonly interactive: boolean, readonly width = 200) {}
  columns = () => this.width;
  write(text: string): void {
    this.text += text;
  }
  /** What a person sees: each line as it was last drawn. */
  get lines(): string[] {
    return this.text.split("\n").map((line) => line.split("\r\x1b[J").at(-1)!);
  }
}

const report = (step: number): StepReport => ({
  steered: [],
  step,
  generator_step: 0,
  epoch: 1,
  batch: 2,
  loss_critic: -0.5,
  mean_real: 0.75,
  mean_fake: 0.25,
  critic_checksum: "",
  ms: { total: 0, wait: 0, sum: 0, update: 0, send: 0 },
  shares: new Map(),
  generator: { loss: -0.25, checksum: "" },
});
const RUN = { total_steps: 1000, batch: 64, epoch_steps: 100, estimates_distance: true };

Deno.test("progressBar fills in eighths of a character", () => {
  assert.equal(progressBar(0, 4, true), "    ");
  assert.equal(progressBar(0.5, 4, true), "██  ");
  assert.equal(progressBar(0.53125, 4, true), "██▏ ");
  assert.equal(progressBar(2, 4, true), "████");
  assert.deepEqual([-1, 0.5, 0.6, 2].map((share) => progressBar(share, 4, false)), [
    "    ",
    "##  ",
    "##  ",
    "####",
  ]);
});

Deno.test("at a terminal: one status line with estimate, losses, speed, workers, time left", () => {
  const terminal = new FakeTerminal(true);
  let now_ms = 0;
  const console = new Console(terminal, () => now_ms, RUN);
  console.num_workers = 2;
  for (let step = 1; step <= 201; step++, now_ms += 10) console.step(report(step));
  assert.equal(
    terminal.lines.at(-1),
    " 20% ████                 201/1000  W 0.5000  G -0.2500  100.0 steps/s, 6400 images/s  2 workers  8s left",
  );
  console.line("Worker 3 joined");
  assert.equal(terminal.lines.at(-2), "Worker 3 joined");
  assert.match(terminal.lines.at(-1)!, /201\/1000/);
});

Deno.test("at a terminal: where the objective estimates no distance, the scores' gap is called a gap", () => {
  const terminal = new FakeTerminal(true);
  const console = new Console(terminal, () => 0, { ...RUN, estimates_distance: false });
  console.step(report(1));
  assert.ok(terminal.lines.at(-1)!.includes("  gap 0.5000  D -0.5000  G -0.2500  "));
});

Deno.test("at a terminal: distance and diversity once they are measured, the distance the longer of the two", () => {
  const shown = (width: number) => {
    const terminal = new FakeTerminal(true, width);
    const console = new Console(terminal, () => 0, RUN);
    console.distance(0.03904);
    console.diversity(1.0812);
    console.step(report(1));
    return terminal.lines.at(-1)!;
  };
  assert.ok(shown(200).includes("  W 0.5000  distance 0.039  diversity 1.08  G -0.2500  "), shown(200));
  assert.ok(shown(68).endsWith("  W 0.500  distance 0.039  diversity 1.08  0 workers"), shown(68));
  assert.ok(shown(46).endsWith("  W 0.500  distance 0.039"), shown(46));
  const terminal = new FakeTerminal(false);
  const console = new Console(terminal, () => 0, RUN);
  console.distance(0.03904);
  console.step(report(1));
  console.progressLine(report(1));
  assert.match(terminal.lines[0]!, /\[G loss: -0\.250000\] \[distance: 0\.039\]/);
});

/** What the status line is after 201 steps in a terminal of so many columns. */
function statusAt(columns: number): string {
  const terminal = new FakeTerminal(true, columns);
  let now_ms = 0;
  const console = new Console(terminal, () => now_ms, RUN);
  console.num_workers = 2;
  for (let step = 1; step <= 201; step++, now_ms += 10) console.step(report(step));
  return terminal.lines.at(-1)!;
}

Deno.test("where not quite all has room, the bar is shorter, then the numbers", () => {
  const all = "201/1000  W 0.5000  G -0.2500  100.0 steps/s, 6400 images/s  2 workers  8s left";
  const short = "201/1000  W 0.500  G -0.250  100 steps/s, 6400 img/s  2 workers  8s left";
  assert.equal(statusAt(108), ` 20% ████                 ${all}`);
  assert.equal(statusAt(107), ` 20% ██         ${all}`);
  assert.equal(statusAt(98), ` 20% ██         ${all}`);
  assert.equal(statusAt(97), ` 20% ██         ${short}`);
  assert.equal(statusAt(91), ` 20% ██         ${short}`);
  assert.equal(statusAt(90), ` 20% ${short}`);
});

Deno.test("in a narrow terminal the bar gives way, then the losses, then the speed", () => {
  for (
    const [width, line] of [
      [80, " 20% 201/1000  W 0.500  G -0.250  100 steps/s, 6400 img/s  2 workers  8s left"],
      [60, " 20% 201/1000  W 0.500  2 workers  8s left"],
      [40, " 20% 201/1000  W 0.500  8s left"],
      [30, " 20% 201/1000  8s left"],
      [20, " 20% 201/1000"],
    ] as const
  ) assert.equal(statusAt(width), line);
});

Deno.test("the original's line has the speed where it takes no second row, and no fact is broken", () => {
  const linesAt = (columns: number) => {
    const terminal = new FakeTerminal(true, columns);
    let now_ms = 0;
    const console = new Console(terminal, () => now_ms, RUN);
    for (let step = 1; step <= 201; step++, now_ms += 10) console.step(report(step));
    terminal.text = "";
    console.progressLine(report(201));
    return terminal.lines.slice(0, -1);
  };
  const facts = "[Epoch 2/10] [Batch 3/100] [W estimate: 0.500000] [G loss: -0.250000]";
  assert.deepEqual(linesAt(98), [`${facts} 100.0 steps/s, 6400 images/s`]);
  assert.deepEqual(linesAt(97), [facts]);
  assert.deepEqual(linesAt(69), [facts]);
  assert.deepEqual(linesAt(40), [
    "[Epoch 2/10] [Batch 3/100]",
    "  [W estimate: 0.500000]",
    "  [G loss: -0.250000]",
  ]);
});

Deno.test("without a terminal lines that come before 10 s are over have the speed, too", () => {
  const terminal = new FakeTerminal(false);
  let now_ms = 0;
  const console = new Console(terminal, () => now_ms, RUN);
  for (let step = 1; step <= 300; step++, now_ms += 10) {
    console.step(report(step));
    if (step % 100 === 0) console.progressLine(report(step));
  }
  assert.doesNotMatch(terminal.lines[0]!, /steps/);
  assert.match(terminal.lines[1]!, /\[G loss: -0\.250000\] 100\.0 steps\/s, 6400 images\/s$/);
});

Deno.test("the status line never wraps, not with the ^C that a terminal echoes", () => {
  for (let width = 1; width <= 130; width++) {
    const terminal = new FakeTerminal(true, width);
    const console = new Console(terminal, () => 0, RUN);
    console.step(report(1));
    assert.ok(terminal.lines.at(-1)!.length <= Math.max(1, width - 3), `at ${width} columns`);
  }
});

Deno.test("at a terminal waiting is told in the status line, once a second, and goes when it goes on", () => {
  const terminal = new FakeTerminal(true, 60);
  let now_ms = 0;
  const console = new Console(terminal, () => now_ms, RUN);
  for (; now_ms <= 90_000; now_ms += 250) {
    console.waiting("Waiting for 1 worker", now_ms / 1000, "start one");
  }
  assert.ok(!terminal.text.includes("\n"));
  assert.equal(terminal.lines.at(-1), "Waiting for 1 worker (for 1m30s): start one");
  assert.equal(terminal.text.split("\r\x1b[J").length - 1, 91);
  console.waiting("Waiting for 1 worker", 91, "a longer piece of advice that has no room");
  now_ms += 1000;
  console.waiting("Waiting for 1 worker", 92, "a longer piece of advice that has no room");
  assert.equal(terminal.lines.at(-1), "Waiting for 1 worker (for 1m32s)");
  console.goesOn();
  assert.equal(terminal.lines.at(-1), "");
});

Deno.test("a narrow terminal is told what is waited for, without how long", () => {
  const terminal = new FakeTerminal(true, 30);
  new Console(terminal, () => 0, RUN).waiting("Waiting for 1 worker", 90, "start one");
  assert.equal(terminal.lines.at(-1), "Waiting for 1 worker");
});

Deno.test("without a terminal waiting is told at once, then every 30 s", () => {
  const terminal = new FakeTerminal(false);
  let now_ms = 0;
  const console = new Console(terminal, () => now_ms, RUN);
  for (; now_ms <= 61_000; now_ms += 250) {
    console.waiting("Waiting for 1 worker", now_ms / 1000, "");
  }
  assert.deepEqual(terminal.lines, [
    "Waiting for 1 worker",
    "Waiting for 1 worker (for 30s)",
    "Waiting for 1 worker (for 1m00s)",
    "",
  ]);
});

Deno.test("without a terminal: the original's line every 10 s, no control characters", () => {
  const terminal = new FakeTerminal(false);
  let now_ms = 0;
  const console = new Console(terminal, () => now_ms, RUN);
  for (let step = 1; step <= 250; step++, now_ms += 100) console.step(report(step));
  assert.deepEqual(terminal.lines.slice(0, -1), [
    "[Epoch 2/10] [Batch 3/100] [W estimate: 0.500000] [G loss: -0.250000] 10.0 steps/s, 640 images/s",
    "[Epoch 2/10] [Batch 3/100] [W estimate: 0.500000] [G loss: -0.250000] 10.0 steps/s, 640 images/s",
  ]);
  assert.ok(!terminal.text.includes("\x1b"));
});

import assert from "node:assert/strict";
import { type Screen, StatusLine } from "../../../common/terminal/screen.ts";

function screen(interactive: boolean, width = 40) {
  const place = { width, written: "" };
  const made: Screen = {
    interactive,
    unicode: true,
    columns: () => place.width,
    write: (text) => void (place.written += text),
  };
  const foot = new StatusLine(made);
  /** What was written since the last look. */
  const said = () => {
    const { written } = place;
    place.written = "";
    return written;
  };
  return { place, foot, said };
}

Deno.test("lines stay above the status, which is written over and taken away whole", () => {
  const { foot, said } = screen(true);
  foot.draw("");
  assert.equal(said(), "");
  foot.draw("50%");
  foot.line("Worker 1 joined");
  foot.draw("");
  foot.line("Done");
  // The line, too, writes over what is there: the ^C that a terminal echoes where no status stands.
  assert.equal(said(), "\r\x1b[J50%\r\x1b[JWorker 1 joined\n50%\r\x1b[J\r\x1b[JDone\n");
});

Deno.test("lines break at words at a terminal's width, but for what is to be copied", () => {
  const { foot, said } = screen(true, 20);
  foot.line("Worker 1 left: it broke off");
  foot.copied("Live page:", "http://127.0.0.1:7700/");
  assert.equal(
    said(),
    "\r\x1b[JWorker 1 left: it\n  broke off\n\r\x1b[JLive page:\n  http://127.0.0.1:7700/\n",
  );
});

Deno.test("of several texts the status is the first that there is room for, or the beginning of the last", () => {
  const { place, foot, said } = screen(true, 14);
  foot.draw("step 7, 1 ms", "step 7");
  assert.equal(said(), "\r\x1b[Jstep 7");
  place.width = 15;
  foot.draw("step 7, 1 ms", "step 7");
  assert.equal(said(), "\r\x1b[Jstep 7, 1 ms");
  place.width = 8;
  foot.draw("step 7, 1 ms", "step 7");
  assert.equal(said(), "\x1b[1A\r\x1b[Jstep ");
});

Deno.test("a status that a narrower terminal has broken into rows is taken away with all of them", () => {
  const { place, foot, said } = screen(true, 40);
  foot.draw("x".repeat(100));
  assert.equal(said(), `\r\x1b[J${"x".repeat(37)}`);
  place.width = 15;
  foot.line("Short");
  assert.equal(said(), `\x1b[2A\r\x1b[JShort\n${"x".repeat(12)}`);
  foot.draw("y");
  assert.equal(said(), "\r\x1b[Jy");
});

Deno.test("without a terminal there is no status and no control character", () => {
  const { foot, said } = screen(false, Infinity);
  foot.draw("50%");
  foot.line("Worker 1 left: it broke off, and what is said of it is long, but stays in one line");
  foot.draw("");
  assert.equal(
    said(),
    "Worker 1 left: it broke off, and what is said of it is long, but stays in one line\n",
  );
});

Deno.test("whatever a line says, it is one line, and moves no cursor", () => {
  for (const interactive of [true, false]) {
    const { foot, said } = screen(interactive, Infinity);
    foot.line("a\x1b[2J\nb\u202e");
    foot.copied("c\r:", "d\x07");
    foot.draw("e\x1b]52;c;eA==\x07");
    const own = interactive ? "\r\x1b[J" : "";
    const status = interactive ? `${own}e\ufffd]52;c;eA==\ufffd` : "";
    assert.equal(said(), `${own}a\ufffd[2J\ufffdb\ufffd\n${own}c\ufffd: d\ufffd\n${status}`);
  }
});

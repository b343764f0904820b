import assert from "node:assert/strict";
import { AlternateScreen, fromTheTop } from "../../inspect/alternate_screen.ts";

Deno.test("what fits is shown from the top; a wide line takes several rows, and colours none", () => {
  const lines = ["\x1b[1m12345\x1b[22m", "", "1234567890", "last"];
  assert.deepEqual(fromTheTop(lines, { columns: 10, rows: 4 }), lines);
  assert.deepEqual(fromTheTop(lines, { columns: 5, rows: 5 }), lines);
  assert.deepEqual(fromTheTop(lines, { columns: 5, rows: 4 }), lines.slice(0, 3));
  assert.deepEqual(fromTheTop(lines, { columns: 5, rows: 3 }), lines.slice(0, 2));
});

Deno.test("the second screen is entered once, drawn at the size of the moment, and left once", () => {
  let written = "";
  const size = { columns: 10, rows: 2 };
  const screen = new AlternateScreen((text) => written += text, () => size);
  screen[Symbol.dispose]();
  assert.equal(written, "");
  screen.show(["a", "b", "c"]);
  size.rows = 1;
  screen.show(["d", "e"]);
  assert.equal(written, "\x1b[?1049h\x1b[H\x1b[Ja\nb\x1b[H\x1b[Jd");
  written = "";
  screen[Symbol.dispose]();
  screen[Symbol.dispose]();
  globalThis.dispatchEvent(new Event("unload"));
  assert.equal(written, "\x1b[?1049l");
});

Deno.test("the first screen comes back where the process ends while the second is shown", () => {
  let written = "";
  const screen = new AlternateScreen((text) => written += text, () => ({ columns: 10, rows: 2 }));
  screen.show(["a"]);
  written = "";
  globalThis.dispatchEvent(new Event("unload"));
  assert.equal(written, "\x1b[?1049l");
});

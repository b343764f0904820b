import assert from "node:assert/strict";
import { checkAbout, MAX_NOTE } from "../../../coordinator/config/about_run.ts";

Deno.test("a name fits into a folder's name and a shell; others are refused in words", () => {
  for (const name of ["a", "first", "lr-5e-5_v2.1", "größer", "実験", "x".repeat(64)]) {
    checkAbout({ name }, false);
  }
  for (const name of ["a b", "../x", "a/b", "-x", ".x", "x.", "a\nb", "\u202ex", "x".repeat(65), "$HOME"]) {
    assert.throws(
      () => checkAbout({ name }, false),
      { name: "UserError", message: /^Cannot name the run: / },
      name,
    );
  }
});

Deno.test("a run that exists keeps its name, and may get another note", () => {
  assert.throws(() => checkAbout({ name: "a" }, true), {
    name: "UserError",
    message: /found a; leave it out/,
  });
  checkAbout({ note: "x".repeat(MAX_NOTE) }, true);
  assert.throws(() => checkAbout({ note: "x".repeat(MAX_NOTE + 1) }, true), {
    name: "UserError",
    message: /at most 2000 characters, found 2001/,
  });
});

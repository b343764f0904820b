import assert from "node:assert/strict";
import { FirstError } from "../../../coordinator/run/first_error.ts";

Deno.test("the first error stops the run, whatever follows; without one it goes on", () => {
  const failure = new FirstError();
  failure.rethrow();
  for (const text of ["first", "second"]) failure.set(new Error(text));
  for (let i = 0; i < 2; i++) assert.throws(() => failure.rethrow(), { message: "first" });
  const odd = new FirstError();
  odd.set(undefined);
  odd.set(new Error("later"));
  assert.throws(() => odd.rethrow(), (error) => error === undefined);
});

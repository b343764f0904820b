import assert from "node:assert/strict";
import { type Part, runParts } from "../../../scripts/gate/main.ts";

Deno.test("parts of the gate run side by side, and one that fails is shown and fails the gate", async () => {
  const told: string[] = [];
  const running = new Map<string, (part: Part) => void>();
  const run = (name: string) => {
    const { promise, resolve } = Promise.withResolvers<Part>();
    running.set(name, resolve);
    return promise;
  };
  const end = async (name: string, code: number) => {
    running.get(name)!({ name, code, output: `${name} says so\n` });
    running.delete(name);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const ended = runParts(["a", "b", "c"], run, 2, (line) => told.push(line));
  assert.deepEqual([...running.keys()], ["a", "b"]);
  await end("b", 7);
  assert.deepEqual([...running.keys()], ["a", "c"]);
  await end("c", 0);
  await end("a", 0);
  assert.equal(await ended, 1);
  assert.deepEqual(told, ["FAILED  b\nb says so", "ok      c", "ok      a"]);
});

Deno.test("a gate whose parts are all well is well", async () => {
  const run = (name: string) => Promise.resolve({ name, code: 0, output: "" });
  assert.equal(await runParts(["a", "b"], run, 4, () => {}), 0);
});

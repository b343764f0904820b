import assert from "node:assert/strict";
import { SideWork } from "../../../coordinator/run/side_work.ts";

/** Work that ends when told to. */
function scene() {
  const told: string[] = [];
  const ends = new Map<string, (result: string | null | Error) => void>();
  const side_work = new SideWork<"picture" | "score", string>((result) => {
    if (result === "full") throw new Error("disk full");
    told.push(result);
  }, (kind, error) => told.push(`${kind}: ${(error as Error).message}`));
  const begin = (kind: "picture" | "score", name: string) =>
    side_work.begin(kind, () => {
      const { promise, resolve, reject } = Promise.withResolvers<string | null>();
      ends.set(name, (result) => result instanceof Error ? reject(result) : resolve(result));
      return promise;
    });
  const end = async (name: string, result: string | null | Error) => {
    ends.get(name)!(result);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { told, side_work, begin, end };
}

Deno.test("results of a kind are told in the order of their beginning, whichever ends first", async () => {
  const { told, side_work, begin, end } = scene();
  for (const name of ["a", "b", "c"]) begin("picture", name);
  begin("score", "d");
  const ended = side_work.ended().then(() => told.push("ended"));
  await end("c", "third");
  await end("d", "of another kind");
  await end("b", "second");
  assert.deepEqual(told, ["of another kind"]);
  await end("a", "first");
  await ended;
  assert.deepEqual(told, ["of another kind", "first", "second", "third", "ended"]);
});

Deno.test("what fails or comes to nothing is passed over, and is told at once", async () => {
  const { told, side_work, begin, end } = scene();
  for (const name of ["a", "b", "c", "d", "e"]) begin("picture", name);
  await end("b", new Error("no worker"));
  await end("c", null);
  await end("d", "full");
  await end("e", "last");
  assert.deepEqual(told, ["picture: no worker"]);
  await end("a", "first");
  await side_work.ended();
  assert.deepEqual(told, ["picture: no worker", "first", "picture: disk full", "last"]);
  side_work.begin("score", () => {
    throw new Error("at once");
  });
  await side_work.ended();
  assert.equal(told.at(-1), "score: at once");
});

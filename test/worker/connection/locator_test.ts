import assert from "node:assert/strict";
import type { Rendezvous } from "../../../common/process/rendezvous.ts";
import { type Finders, Locator } from "../../../worker/connection/locator.ts";

const LEFT: Rendezvous = { url: "ws://127.0.0.1:7700", token: "left", run: "/runs/first" };
const OTHER: Rendezvous = { url: "ws://127.0.0.1:7701", token: "other", run: "/runs/second" };
const PLACE = { url: LEFT.url, token: LEFT.token };
const OTHER_PLACE = { url: OTHER.url, token: OTHER.token };
const NOTHING = { coordinator: undefined, token_file: undefined, token_variable: undefined };

/** `left`: what coordinators have left, at each look; the last stays. `dead`: addresses where nothing listens. */
function locator(
  given: Partial<Record<keyof typeof NOTHING, string>>,
  left: (readonly Rendezvous[])[],
  { file = " t \n", dead = [] as string[], is_other_users = false } = {},
) {
  const is_pipe = given.token_file === "pipe";
  const texts = is_pipe ? [file] : [file, file, file];
  const finders: Finders = {
    readNamed: (path) =>
      path !== "nowhere" && texts.length > 0
        ? Promise.resolve({ text: texts.pop()!, is_pipe })
        : Promise.reject(new Error("no such file")),
    readRendezvous: () => Promise.resolve(left.length > 1 ? left.shift()! : left[0]!),
    isOpen: (url) => Promise.resolve(!dead.includes(url)),
    isCoordinator: () => Promise.resolve(is_other_users),
  };
  return new Locator({ ...NOTHING, ...given }, finders);
}

Deno.test("address and token: what was given comes before what was left", async () => {
  const coordinator = "ws://there:1";
  assert.deepEqual(await locator({}, [[LEFT]]).locate(), PLACE);
  assert.deepEqual(await locator({ token_variable: "v" }, [[LEFT]]).locate(), { ...PLACE, token: "v" });
  assert.deepEqual(
    await locator({ coordinator, token_variable: "v", token_file: "there" }, [[LEFT]]).locate(),
    { url: coordinator, token: "t" },
  );
  const own = locator({ coordinator: LEFT.url }, [[LEFT], []]);
  assert.deepEqual(await own.locate(), PLACE);
  assert.deepEqual(await own.locate(), PLACE, "the token of one that is gone for a while");
});

Deno.test("of several coordinators one is joined only by its address, which may say localhost", async () => {
  await assert.rejects(locator({}, [[LEFT, OTHER]]).locate(), {
    name: "UserError",
    message: "Cannot tell which coordinator to join: 2 run on this machine; choose one with " +
      "--coordinator ws://127.0.0.1:7700 (first) or --coordinator ws://127.0.0.1:7701 (second)",
  });
  assert.deepEqual(await locator({ coordinator: OTHER.url }, [[LEFT, OTHER]]).locate(), OTHER_PLACE);
  const coordinator = "ws://localhost:7701/";
  assert.deepEqual(await locator({ coordinator }, [[LEFT, OTHER]]).locate(), {
    ...OTHER_PLACE,
    url: coordinator,
  });
});

Deno.test("a coordinator that was killed is none to choose from", async () => {
  assert.deepEqual(await locator({}, [[LEFT, OTHER]], { dead: [LEFT.url] }).locate(), OTHER_PLACE);
  const waiting = "Waiting for a coordinator on this machine (start one with: deno task coordinator)";
  for (const left of [[], [LEFT]]) {
    const found = await locator({}, [left], { dead: [LEFT.url] }).locate() as { waiting: string };
    assert.equal(found.waiting.replaceAll("\u00a0", " "), waiting);
  }
});

Deno.test("a worker stays with its run, wherever that goes on, until its coordinator takes its leave", async () => {
  const moved = { ...LEFT, url: "ws://127.0.0.1:9", token: "new" };
  const own = locator({}, [[LEFT], [LEFT, OTHER], [OTHER, moved], [OTHER]]);
  assert.deepEqual(await own.locate(), PLACE);
  assert.deepEqual(await own.locate(), PLACE, "another has started");
  assert.deepEqual(await own.locate(), { url: moved.url, token: "new" }, "resumed at another port");
  assert.deepEqual(await own.locate(), OTHER_PLACE, "its run is over");
});

Deno.test("a coordinator that left nothing for this user is not waited for as if none ran", async () => {
  const { waiting } = await locator({}, [[]], { is_other_users: true }).locate() as { waiting: string };
  assert.match(
    waiting,
    /The one at ws:\/\/127\.0\.0\.1:7700 belongs to another user, or .*WAGON_TOKEN=… deno task worker --c/,
  );
});

Deno.test("the token of a pipe is read once, and is good for every attempt", async () => {
  const coordinator = "ws://there:1";
  for (const token_file of ["pipe", "there"]) {
    const own = locator({ coordinator, token_file }, [[]]);
    for (let attempt = 0; attempt < 3; attempt++) {
      assert.deepEqual(await own.locate(), { url: coordinator, token: "t" });
    }
  }
});

Deno.test("a token that is not available is an error of one line", async () => {
  await assert.rejects(locator({ coordinator: "ws://there:1", token_variable: "" }, [[LEFT]]).locate(), {
    name: "UserError",
    message: "Cannot join ws://there:1 without its token: give --token-file PATH or set WAGON_TOKEN " +
      "(the coordinator prints the line to use)",
  });
  await assert.rejects(locator({ token_file: "nowhere" }, [[LEFT]]).locate(), {
    name: "UserError",
    message: "Cannot read token file nowhere: no such file",
  });
  await assert.rejects(locator({ token_file: "there" }, [[LEFT]], { file: "\n" }).locate(), {
    name: "UserError",
    message: "Token file there must contain the token of the run: it is empty",
  });
});

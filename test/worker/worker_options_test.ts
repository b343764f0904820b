import assert from "node:assert/strict";
import { HelpRequested, parseOptions } from "../../common/cli/cli.ts";
import type { Rendezvous } from "../../common/process/rendezvous.ts";
import { Locator } from "../../worker/connection/locator.ts";
import { wantedDevices, WORKER_COMMAND } from "../../worker/worker_options.ts";

const wanted = (...args: string[]) => wantedDevices(parseOptions(WORKER_COMMAND, args).values);

Deno.test("--gpu, --cpu and --require-gpu say which devices are wanted", () => {
  assert.deepEqual(wanted(), { kind: "cpu" });
  assert.deepEqual(wanted("--cpu"), { kind: "cpu" });
  assert.deepEqual(wanted("--gpu", "0,2"), { kind: "gpus", indices: [0, 2], required: false });
  assert.deepEqual(wanted("--gpu", "all", "--require-gpu"), { kind: "all", required: true });
  assert.deepEqual(wanted("--require-gpu"), { kind: "gpus", indices: [0], required: true });
  for (const bad of ["", "0,", "0,0", "-1", "1.5", "x", "all,1", "1e1"]) {
    assert.throws(() => wanted(`--gpu=${bad}`), { name: "UserError" }, bad);
  }
  assert.throws(() => wanted("--cpu", "--require-gpu"), {
    message: "Option --cpu excludes --require-gpu: give one",
  });
});

Deno.test("the help names every option", () => {
  assert.throws(() => parseOptions(WORKER_COMMAND, ["--help"]), (error) => {
    assert.ok(error instanceof HelpRequested);
    for (const name of Object.keys(WORKER_COMMAND.options)) {
      assert.match(error.message, new RegExp(`--(\\[no-\\])?${name.replaceAll("_", "-")}\\b`), name);
    }
    return true;
  });
});

const LEFT: Rendezvous = { url: "ws://127.0.0.1:7700", token: "left" };
const NOTHING = { coordinator: undefined, token_file: undefined, token_variable: undefined };

function locator(
  given: Partial<Record<keyof typeof NOTHING, string>>,
  left: (Rendezvous | null)[],
  file = " t \n",
) {
  const is_pipe = given.token_file === "pipe";
  const texts = is_pipe ? [file] : [file, file, file];
  const readNamed = (path: string) =>
    path !== "nowhere" && texts.length > 0
      ? Promise.resolve({ text: texts.pop()!, is_pipe })
      : Promise.reject(new Error("no such file"));
  return new Locator({ ...NOTHING, ...given }, {
    readNamed,
    readRendezvous: () => Promise.resolve(left.length > 1 ? left.shift()! : left[0]!),
  });
}

Deno.test("address and token: what was given comes before what was left", async () => {
  const coordinator = "ws://there:1";
  assert.deepEqual(await locator({}, [LEFT]).locate(), LEFT);
  assert.equal(await locator({}, [null]).locate(), null);
  assert.deepEqual(await locator({ token_variable: "v" }, [LEFT]).locate(), { ...LEFT, token: "v" });
  assert.deepEqual(
    await locator({ coordinator, token_variable: "v", token_file: "there" }, [LEFT]).locate(),
    { url: coordinator, token: "t" },
  );
  const own = locator({ coordinator: LEFT.url }, [LEFT, null]);
  assert.deepEqual(await own.locate(), LEFT);
  assert.deepEqual(await own.locate(), LEFT);
});

Deno.test("the token of a pipe is read once, and is good for every attempt", async () => {
  const coordinator = "ws://there:1";
  for (const token_file of ["pipe", "there"]) {
    const own = locator({ coordinator, token_file }, [null]);
    for (let attempt = 0; attempt < 3; attempt++) {
      assert.deepEqual(await own.locate(), { url: coordinator, token: "t" });
    }
  }
});

Deno.test("a token that is not available is an error of one line", async () => {
  await assert.rejects(locator({ coordinator: "ws://there:1", token_variable: "" }, [LEFT]).locate(), {
    name: "UserError",
    message: "Cannot join ws://there:1 without its token: give --token-file PATH or set WAGON_TOKEN " +
      "(the coordinator prints the line to use)",
  });
  await assert.rejects(locator({ token_file: "nowhere" }, [LEFT]).locate(), {
    name: "UserError",
    message: "Cannot read token file nowhere: no such file",
  });
  await assert.rejects(locator({ token_file: "there" }, [LEFT], "\n").locate(), {
    name: "UserError",
    message: "Token file there must hold the run's token: it is empty",
  });
});

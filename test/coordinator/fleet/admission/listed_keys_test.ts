import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../../common/errors.ts";
import { type KeyFile, ListedKeys, parseKeys } from "../../../../coordinator/fleet/admission/listed_keys.ts";
import type { Member } from "../../../../coordinator/fleet/member.ts";
import { openKeyList, watchKeyList } from "../../../../coordinator/fleet/admission/key_list.ts";
import { pem } from "../../../../tasks/keys/self_signed.ts";
import { newWorkerKey, readWorkerKey } from "../../../../wire/proof/worker_key.ts";
import { inTempDir } from "../../../temp_dir.ts";
import { FakeClock, settled } from "../../../wire/fake_clock.ts";
import { open } from "../fleet_scene.ts";
import { ScriptedWorker } from "../scripted_worker.ts";

const [A, B] = ["0a".repeat(32), "0b".repeat(32)];

Deno.test("a list has a name and a key on each line; what is none is named with its line", () => {
  const names = parseKeys(`# ours\n\nlaptop ${A}\r\n  gpu-1\t${B.toUpperCase()}  \n`, "list");
  assert.deepEqual([...names], [[A, "laptop"], [B, "gpu-1"]]);
  assert.deepEqual([...parseKeys("", "list")], []);
  for (const wrong of [`${A}`, `laptop ${A.slice(1)}`, `laptop ${A} more`, `laptop ${A}0`, "x\x1b[2J"]) {
    assert.throws(() => parseKeys(`ok ${A}\n${wrong}`, "list"), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^Cannot use key list list: line 2 must be a name and a public key of 64 /);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(error.message, /\x1b|\n/);
      return true;
    });
  }
});

Deno.test("a list is read again when its file changes; one that cannot be read changes nothing", async () => {
  let [text, version, changes] = [`a ${A}\nb ${B}`, "1", 0];
  const file: KeyFile = {
    path: "list",
    read: () => Promise.resolve(text),
    version: () => version === "" ? Promise.reject(new Error("nothing there")) : Promise.resolve(version),
  };
  const keys = await ListedKeys.open(file);
  keys.onchange = () => void changes++;
  assert.deepEqual([keys.nameOf(A), keys.nameOf("0c".repeat(32))], ["a", null]);
  text = `b ${B}`;
  assert.equal(await keys.refresh(), null, "the file says that it is the same");
  version = "2";
  assert.equal(await keys.refresh(), "Read list again: it has 1 key");
  assert.deepEqual([keys.nameOf(A), keys.nameOf(B), changes], [null, "b", 1]);
  assert.equal(await keys.refresh(), null);
  [text, version] = ["nonsense", "3"];
  assert.match(
    (await keys.refresh())!,
    /^Cannot use key list list: line 1 .*; the previous list stays in force \(1 key\)$/,
  );
  assert.equal(await keys.refresh(), null, "told once");
  assert.deepEqual([keys.nameOf(B), changes], ["b", 1]);
  [text, version] = ["", "4"];
  assert.equal(await keys.refresh(), null, "it may be about to be written");
  assert.deepEqual([keys.nameOf(B), changes], ["b", 1]);
  assert.equal(await keys.refresh(), "Read list again: it has 0 keys");
  assert.deepEqual([keys.nameOf(B), changes], [null, 2]);
});

Deno.test("a list that is emptied before it is written again sends nobody away", async () => {
  let [text, version] = [`a ${A}`, "1"];
  const keys = await ListedKeys.open({
    path: "list",
    read: () => Promise.resolve(text),
    version: () => Promise.resolve(version),
  });
  const allowed: (string | null)[] = [];
  keys.onchange = () => void allowed.push(keys.nameOf(A));
  for (const round of ["2", "3"]) {
    [text, version] = ["", `${round} empty`];
    assert.equal(await keys.refresh(), null);
    [text, version] = [`a ${A}\nb ${B}`, round];
    assert.equal(await keys.refresh(), "Read list again: it has 2 keys");
  }
  assert.deepEqual(allowed, ["a", "a"]);
});

Deno.test("workers whose key is taken off the list are told so and disconnected, others stay", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "list");
    await Deno.writeTextFile(path, `a ${A}\nb ${B}\n`);
    const keys = (await openKeyList(path))!;
    const said: string[] = [], lines: string[] = [];
    const member = (name: string, public_key: string | null) => {
      const channel = {
        send: ({ code, fatal }: { code: string; fatal: boolean }) => said.push(`${name} ${code} ${fatal}`),
        close: (reason: string) => said.push(`${name} closed: ${reason}`),
      };
      return { name, public_key, said_why: false, channel } as unknown as Member;
    };
    const members = [member("first", A), member("second", B), member("third", null)];
    const clock = new FakeClock();
    const unwatch = watchKeyList(keys, {
      clock,
      members: () => members,
      say: (line) => void lines.push(line),
    });
    await Deno.writeTextFile(path, `b ${B}\n`);
    await clock.advance(2_000);
    while (lines.length === 0) await settled();
    assert.deepEqual(lines, [`Read ${path} again: it has 1 key`]);
    const reason =
      `The coordinator's list of keys (--allow-keys) does not contain this worker's key, ${A}; ask the coordinator's ` +
      `owner to add it`;
    assert.deepEqual(said, ["first unknown_key true", `first closed: ${reason}`]);
    unwatch();
    assert.equal(clock.num_timers, 0);
    await Deno.remove(path);
    assert.match(
      (await keys.refresh())!,
      /^Cannot read key list .*nothing there.*; the previous list stays in force/,
    );
    await assert.rejects(openKeyList(path), UserError);
    assert.equal(await openKeyList(undefined), null);
  }));

Deno.test("a worker whose key is taken off the list while it gets ready does not get in", async () => {
  const key = await readWorkerKey(pem("PRIVATE KEY", (await newWorkerKey()).pkcs8));
  let is_listed = true;
  const { fleet, clock, told } = await open({ allowed_keys: { nameOf: () => is_listed ? "laptop" : null } });
  const join = (name: string, ready: boolean) => ScriptedWorker.join(fleet, clock, { name, key, ready });
  const [first, second] = [await join("first", true), await join("second", false)];
  assert.deepEqual(fleet.members.map(({ name, public_key }) => [name, public_key]), [[
    "first",
    key.public_key,
  ]]);
  is_listed = false;
  second.send({ type: "ready", numeric_class: "a".repeat(64), shard_ms: 1, shared: false });
  await settled();
  assert.equal(second.messages("refuse")[0]?.code, "unknown_key");
  assert.match(second.closed!, /does not contain this worker's key/);
  assert.deepEqual(fleet.members.map(({ name }) => name), ["first"]);
  assert.match(told.join("\n"), /second refused: The coordinator's list of keys/);
  assert.equal(first.closed, null);
  await fleet.finish("test over");
});

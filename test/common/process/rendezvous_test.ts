import assert from "node:assert/strict";
import { join } from "node:path";
import { readRendezvous, removeRendezvous, writeRendezvous } from "../../../common/process/rendezvous.ts";
import { inTempDir } from "../../temp_dir.ts";

const FIRST = { url: "ws://127.0.0.1:7700", token: "one", run: "/runs/first" };
const SECOND = { url: "ws://[::1]:7700", token: "two", run: "/runs/second" };

/** With a state folder of its own. */
function inState(test: (folder: string) => Promise<void>): Promise<void> {
  return inTempDir(async (folder) => {
    const before = Deno.env.get("WAGON_STATE_DIR");
    Deno.env.set("WAGON_STATE_DIR", join(folder, "state"));
    try {
      await test(join(folder, "state", "coordinators"));
    } finally {
      if (before === undefined) Deno.env.delete("WAGON_STATE_DIR");
      else Deno.env.set("WAGON_STATE_DIR", before);
    }
  });
}

const byUrl = async () => (await readRendezvous()).toSorted((a, b) => a.url < b.url ? -1 : 1);

Deno.test("each coordinator leaves its own file, takes away its own, and no other user reads it", () =>
  inState(async (folder) => {
    assert.deepEqual(await readRendezvous(), []);
    const paths = [await writeRendezvous(FIRST), await writeRendezvous(SECOND)];
    assert.notEqual(paths[0], paths[1]);
    assert.deepEqual(await byUrl(), [FIRST, SECOND]);
    assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
    for (const path of paths) assert.equal((await Deno.stat(path!)).mode! & 0o777, 0o600);
    await removeRendezvous({ url: FIRST.url, token: "of one that was here before" });
    assert.deepEqual(await byUrl(), [FIRST, SECOND]);
    await removeRendezvous(FIRST);
    assert.deepEqual(await readRendezvous(), [SECOND]);
  }));

Deno.test("what a killed coordinator left is replaced by the next at its address, or of its run", () =>
  inState(async (folder) => {
    await writeRendezvous(FIRST);
    const path = (await writeRendezvous(SECOND))!;
    for (const ending of [".token", ".read-token"]) {
      await Deno.writeTextFile(path.replace(/\.json$/, ending), "secret");
    }
    const next = { ...FIRST, token: "next", run: "/runs/third" };
    await writeRendezvous(next);
    const resumed = { ...SECOND, url: "ws://127.0.0.1:7702", token: "again" };
    await writeRendezvous(resumed);
    assert.deepEqual(await byUrl(), [next, resumed]);
    assert.equal((await Array.fromAsync(Deno.readDir(folder))).length, 2);
  }));

Deno.test("files of other machines that share the home, and those that make no sense, are passed over", () =>
  inState(async (folder) => {
    const path = (await writeRendezvous(FIRST))!;
    const text = await Deno.readTextFile(path);
    const put = (name: string, content: string) => Deno.writeTextFile(join(folder, name), content);
    await put("far.json", JSON.stringify({ ...JSON.parse(text), host: "another-machine" }));
    await put("cut.json", text.slice(0, 20));
    await put("null.json", "null");
    await put("odd.json", JSON.stringify({ ...JSON.parse(text), url: "nonsense" }));
    await put("a.token", "secret");
    await Deno.symlink(path, join(folder, "link.json"));
    await Deno.mkdir(join(folder, "folder.json"));
    assert.deepEqual(await readRendezvous(), [FIRST]);
  }));

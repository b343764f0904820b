/** What a process may do that was started with the rights of its task, and who may look at what it leaves behind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { commandOf } from "../../tasks/launch/rights.ts";
import { surroundings } from "../../tasks/launch/surroundings.ts";
import { SMALL, Workplace } from "./workplace.ts";

/** Tries each of some expressions; those that Deno refuses. */
function probe(tries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(tries).map(([name, code]) =>
    `await tried(${JSON.stringify(name)}, async () => { ${code} });`
  );
  return `const refused: string[] = [];
    async function tried(name: string, act: () => Promise<void>) {
      await act().catch((error) => { if (error instanceof Deno.errors.NotCapable) refused.push(name); else throw error; });
    }
    ${lines.join("\n")}
    console.log(JSON.stringify(refused));`;
}

const text = (value: unknown) => JSON.stringify(value);

Deno.test("a coordinator's process reads, writes and listens where its options say, and nowhere else", async () => {
  await using place = await Workplace.open();
  const data = place.path("data"), run = place.path("run"), elsewhere = place.path("elsewhere");
  for (const folder of [data, elsewhere]) await Deno.mkdir(folder);
  for (const path of [join(data, "1.png"), join(elsewhere, "2.png"), place.path("token")]) {
    await Deno.writeTextFile(path, "text");
  }
  if (Deno.build.os !== "windows") await Deno.symlink(join(elsewhere, "2.png"), join(data, "2.png"));
  const script = place.path("probe.ts");
  const reads = (path: string) => `await Deno.readTextFile(${text(path)});`;
  const writes = (path: string) => `await Deno.writeTextFile(${text(path)}, "");`;
  const may: Record<string, string> = {
    "read the data": reads(join(data, "1.png")),
    "read the token": reads(place.path("token")),
    "write the run": `await Deno.mkdir(${text(run)}); ${writes(join(run, "log"))}`,
    "write the state": `await Deno.mkdir(${text(place.path("state"))}); ${writes(place.path("state", "x"))}`,
    "make a temporary folder": "await Deno.makeTempDir();",
    "listen": `Deno.listen({ hostname: "127.0.0.1", port: 0 }).close();`,
    "know its user": "Deno.uid(); Deno.hostname();",
    "follow a link in the data": Deno.build.os === "windows" ? "" : reads(join(data, "2.png")),
  };
  const may_not: Record<string, string> = {
    "read elsewhere": reads(join(elsewhere, "2.png")),
    "read beside the run": reads(`${run}-of-another`),
    "write the data": writes(join(data, "1.png")),
    "write the token": writes(place.path("token")),
    "write elsewhere": writes(join(elsewhere, "2.png")),
    "write its own code": writes(new URL("../../common/cli/cli.ts", import.meta.url).pathname),
    "listen for others": `Deno.listen({ hostname: "0.0.0.0", port: 0 }).close();`,
    "connect": `(await Deno.connect({ hostname: "127.0.0.1", port: 9 })).close();`,
    "fetch": `await fetch("http://example.org/");`,
    "start a program": `await new Deno.Command(Deno.execPath(), { args: ["-V"] }).output();`,
    "call a library": `Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } });`,
    "look at the environment": `Deno.env.toObject();`,
    "look at a variable": `Deno.env.get("AWS_SECRET_ACCESS_KEY");`,
    "look at the machine": "Deno.networkInterfaces();",
  };
  await Deno.writeTextFile(script, probe({ ...may, ...may_not }));
  const env: Record<string, string> = { WAGON_STATE_DIR: place.path("state") };
  const around = {
    ...surroundings(),
    cwd: place.folder,
    temporary: place.path("tmp"),
    env: (name: string) => env[name],
  };
  const args = ["--data", "data", "--out", "run", "--token-file", "token", "--port", "0"];
  // The script is no part of the project, and imports no packages.
  const flags = commandOf("coordinator", args, around)
    .filter((word) => !/^--(lock=.*|frozen)$/.test(word))
    .map((word) => /coordinator.main\.ts$/.test(word) ? script : word);
  const { code, stdout, stderr } = await place.startCommand([Deno.execPath(), ...flags], "probe").end();
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), Object.keys(may_not));
});

/** Modes of a folder and of all that lies in it. */
async function modesIn(folder: string): Promise<Set<string>> {
  const modes = new Set([`folder ${((await Deno.stat(folder)).mode! & 0o777).toString(8)}`]);
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) { for (const mode of await modesIn(path)) modes.add(mode); }
    else modes.add(`file ${((await Deno.stat(path)).mode! & 0o777).toString(8)}`);
  }
  return modes;
}

Deno.test({
  name: "a run folder is its user's alone, unless others may read it",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using place = await Workplace.open();
    const args = ["--data", place.images, ...SMALL, "--shards", "1", "--batch", "16", "--workers", "1"];
    const train = async (out: string[], steps: number) => {
      const { code, stderr } = await place.run("train", [...out, "--steps", String(steps)]);
      assert.equal(code, 0, stderr);
    };
    const own = place.path("own"), readable = place.path("readable");
    // Also one that was there, with other modes.
    await Deno.mkdir(own, { mode: 0o755 });
    await train(["--out", own, ...args, "--readable", "--no-readable"], 5);
    assert.deepEqual(await modesIn(own), new Set(["folder 700", "file 600"]));
    await train(["--out", readable, "--readable", ...args], 5);
    const umask = Deno.umask();
    const shown = (kind: string, mode: number) => `${kind} ${(mode & ~umask).toString(8)}`;
    assert.deepEqual(await modesIn(readable), new Set([shown("folder", 0o777), shown("file", 0o666)]));
    await train(["--resume", readable, "--workers", "1"], 8);
    assert.equal((await Deno.stat(readable)).mode! & 0o777, 0o700);
  },
});

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  commandOf,
  type LaunchedTask,
  type Surroundings,
  withRunFolder,
} from "../../../tasks/launch/rights.ts";
import { ROOMS } from "../../../scripts/rooms.ts";
import { runRecord } from "../../runlog/log/example_log.ts";
import { inTempDir } from "../../temp_dir.ts";

const ENV: Readonly<Record<string, string>> = { WAGON_STATE_DIR: "/state" };
const AROUND: Surroundings = {
  cwd: "/here",
  os: "linux",
  env: (name) => ENV[name],
  temporary: "/tmp",
  deno: "/bin/deno",
  ownHosts: () => ["127.0.0.1", "[::1]", "gpu1"],
};
const CODE =
  /^.*\/(algorithm|autodiff|classifier|common|coordinator|kernels|metrics|models|onnx|pictures|random|relay|runlog|wire|worker)$/;

/** What a task is allowed, by kind of right: "all", or a list, without the project's own code. */
function rights(task: LaunchedTask, args: readonly string[], around = AROUND): Record<string, string> {
  const [run, ...rest] = commandOf(task, args, around);
  assert.equal(run, "run");
  const script = rest.findIndex((word) => word.endsWith(".ts"));
  assert.deepEqual(rest.slice(script + 1), args, "the program gets the same arguments");
  const flags = rest.slice(0, script);
  assert.ok(flags.includes("--no-prompt"));
  assert.ok(
    !flags.some((flag) => /^(-A|--allow-all|--allow-import|--allow-hrtime)$/.test(flag)),
    "all rights",
  );
  return Object.fromEntries(
    flags.filter((flag) => flag.startsWith("--allow-")).map((flag) => {
      const [kind, list] = flag.slice("--allow-".length).split(/=(.*)/s);
      return [kind!, list?.split(",").filter((item) => !CODE.test(item)).join(" ") ?? "all"];
    }),
  );
}

Deno.test("a coordinator may use its folders, its port, and nothing else", () => {
  const { env, ...others } = rights("coordinator", ["--data", "digits.gz", "--out=/far/run"]);
  assert.deepEqual(others, {
    read: "/far/run /tmp /state /here/digits.gz",
    write: "/far/run /tmp /state",
    sys: "hostname uid",
    net: "127.0.0.1:7700",
  });
  assert.ok(env!.split(" ").every((name) => /^[A-Z_0-9]+$/.test(name)), "variables by name");
  assert.equal(rights("coordinator", []).write, "/here/runs /tmp /state");
});

Deno.test("a coordinator listens where it was told to, and looks at its addresses where it is reached by all", () => {
  const more = { "0.0.0.0": " networkInterfaces", "::": " networkInterfaces", "10.0.0.9": "" };
  for (const [host, sys] of Object.entries(more)) {
    assert.equal(rights("coordinator", ["--host", host]).sys, `hostname uid${sys}`, host);
  }
  const net = (...args: string[]) => rights("coordinator", args).net;
  assert.equal(net("--host", "0.0.0.0", "--port", "0"), "0.0.0.0:0");
  assert.equal(net("--host=::1", "--port=80"), "[::1]:80");
  for (const [host, port] of [["no host", "1"], ["*", "1"], ["a,b", "1"], ["gpu1", "x"], ["gpu1", "70000"]]) {
    assert.equal(net("--host", host!, "--port", port!), "127.0.0.1:0", `${host}:${port}`);
  }
  assert.equal(
    net("--host", "10.0.0.9", "--host", "gpu1"),
    "gpu1:7700",
    "the last counts, as for the program",
  );
});

Deno.test("what is read besides: tokens, own networks with what lies beside them, what a configuration names", () =>
  inTempDir(async (folder) => {
    const config = join(folder, "run.json");
    const args = [
      "--config",
      config,
      "--critic",
      "own/c.onnx",
      "--token-file",
      "t",
      "--read-token-file",
      "/r",
    ];
    const warm = (...more: string[]) => rights("train", [...more]).read!.split(" ").at(-1);
    assert.equal(warm("--warm-start", "other/run", "--out", "o"), "/here/other/run");
    assert.equal(warm("--warm-start", "a-name", "--out", "o"), "/here/runs");
    await Deno.writeTextFile(config, JSON.stringify({ warm_start: "/from/here" }));
    assert.equal(warm("--config", config), "/from/here");
    await Deno.writeTextFile(
      config,
      JSON.stringify({ data: "a/b", generator: "/nets/g.onnx", out: "/etc", steps: 3 }),
    );
    const { read, write } = rights("coordinator", args);
    assert.equal(read, `/here/runs /tmp /state /nets /here/own /here/a/b ${config} /here/t /r`);
    assert.equal(write, "/here/runs /tmp /state");
    assert.match(
      rights("train", ["--config", config, "--data", "mine"]).read!,
      / \/here\/mine /,
      "the line counts",
    );
    for (const text of ["{", "[]", "null", '"data"', '{"data": 3}']) {
      await Deno.writeTextFile(config, text);
      assert.equal(rights("train", ["--config", config]).read, `/here/runs /tmp /state ${config}`, text);
    }
  }));

Deno.test("a run that goes on reads the data that its log names last", () =>
  inTempDir(async (folder) => {
    const read = () => rights("train", ["--resume", folder]).read;
    assert.equal(read(), `${folder} /tmp /state`, "no log");
    assert.equal(
      rights("train", ["--resume", "name"]).read,
      "/here/name /tmp /state /here/runs",
      "it may be a name",
    );
    const log = (records: readonly unknown[]) =>
      records.map((record) => `${JSON.stringify(record)}\n`).join("");
    const write = (name: string, records: readonly unknown[]) =>
      Deno.writeTextFile(join(folder, name), log(records));
    const moved = (data: string) => ({ type: "resume", step: 1, changed: { data: ["x", data] } });
    await write("events.jsonl", [{ type: "run", config: { data: "/first" } }, { type: "step" }]);
    assert.equal(read(), `${folder} /tmp /state /first`);
    await write("events.0002.jsonl", [moved("/second"), { type: "resume", step: 2, changed: {} }]);
    await write("events.0010.jsonl", [{ type: "step" }, moved("third")]);
    assert.equal(read(), `${folder} /tmp /state /here/third`);
    assert.equal(
      rights("train", ["--resume", folder, "--data", "/else"]).read,
      `${folder} /tmp /state /else`,
    );
    await write("events.jsonl", [{ type: "run", config: { data: null } }]);
    await Deno.writeTextFile(join(folder, "events.0002.jsonl"), "");
    await Deno.writeTextFile(join(folder, "events.0010.jsonl"), '{"type":"resume","changed":{"da');
    assert.equal(read(), `${folder} /tmp /state`, "a line that was cut off");
  }));

Deno.test("train may start this program and use a port of this machine; native code where memory is shared", () => {
  const { net, run, ffi, sys } = rights("train", []);
  assert.deepEqual({ net, run, ffi, sys }, {
    net: "127.0.0.1:0",
    run: "/bin/deno",
    ffi: "all",
    sys: "hostname uid",
  });
  assert.equal(rights("train", [], { ...AROUND, os: "darwin" }).ffi, undefined);
});

Deno.test("train may start ssh where it is given hosts; a worker reads no file for a token that comes by standard input", () => {
  const { run, read } = rights("train", ["--hosts", "hosts.txt"]);
  assert.deepEqual([run, read], ["/bin/deno ssh", "/here/runs /tmp /state /here/hosts.txt"]);
  assert.equal(rights("worker", ["--token-file", "-"]).read, "/state /tmp");
  assert.equal(rights("worker", ["--token-file", "t"]).read, "/state /tmp /here/t");
});

Deno.test("with TLS the files of certificates are read, and local workers get a port of their own", () => {
  const tls = ["--tls-cert", "a.crt", "--tls-key=/k/a.key"];
  const coordinator = rights("coordinator", [...tls, "--host", "0.0.0.0"]);
  assert.match(coordinator.read!, / \/here\/a\.crt \/k\/a\.key$/);
  assert.equal(coordinator.net, "0.0.0.0:7700 127.0.0.1:0");
  assert.equal(rights("train", [...tls, "--port", "7701"]).net, "127.0.0.1:7701 127.0.0.1:0");
  const worker = rights("worker", ["--coordinator", "wss://gpu-box:7700", "--tls-ca", "a.crt"]);
  assert.deepEqual([worker.read, worker.net], ["/state /tmp /here/a.crt", "gpu-box:7700"]);
});

Deno.test("a worker connects to its coordinator alone, or to this machine", () => {
  const net = (...args: string[]) => rights("worker", args).net;
  assert.equal(net("--coordinator", "ws://10.0.0.5:7700"), "10.0.0.5:7700");
  assert.equal(net("--coordinator=wss://far.example/x"), "far.example:443");
  assert.equal(net("--coordinator", "ws://[::1]:9"), "[::1]:9");
  assert.equal(net("--coordinator", "nonsense"), "127.0.0.1:0");
  assert.equal(net(), "127.0.0.1 [::1] gpu1");
  const { read, write } = rights("worker", ["--token-file", "secret"]);
  assert.deepEqual([read, write], ["/state /tmp /here/secret", "/state /tmp"]);
});

Deno.test("a relay reaches the coordinator and its own port, and may run no native code", () => {
  const { env: _env, ...others } = rights("relay", ["--upstream", "ws://10.0.0.5:7700", "--token-file", "t"]);
  assert.deepEqual(others, {
    read: "/state /here/t",
    write: "/state",
    sys: "hostname uid",
    net: "127.0.0.1:7700 10.0.0.5:7700",
  });
  const tls = rights("relay", [
    "--upstream",
    "ws://a:1",
    "--tls-cert",
    "c",
    "--tls-key",
    "k",
    "--tls-ca",
    "ca",
  ]);
  const keys = rights("relay", ["--upstream", "ws://a:1", "--key", "k", "--allow-keys", "list"]);
  assert.equal(keys.read, "/state /here/k /here/list");
  assert.deepEqual([tls.read, tls.net], [
    "/state /here/ca /here/c /here/k",
    "127.0.0.1:7700 127.0.0.1:0 a:1",
  ]);
  const open = rights("relay", ["--upstream=wss://far.example/x", "--host", "0.0.0.0", "--port", "9"]);
  assert.deepEqual([open.net, open.sys], ["0.0.0.0:9 far.example:443", "hostname uid networkInterfaces"]);
  assert.equal(rights("relay", []).net, "127.0.0.1:7700 127.0.0.1:0");
});

Deno.test("what follows a # in --data is no part of the path, unless a file has that name", () =>
  inTempDir(async (folder) => {
    const read = (data: string) => rights("train", ["--data", data]).read;
    const path = join(folder, "a.csv#columns=1");
    assert.equal(read(`${path},2`), `/here/runs /tmp /state ${folder}/a.csv`);
    assert.equal(read(`${folder}/b.npz#x`), `/here/runs /tmp /state ${folder}/b.npz`);
    await Deno.writeTextFile(path, "");
    assert.equal(read(path), `/here/runs /tmp /state ${path}`);
    await Deno.writeTextFile(join(folder, "events.jsonl"), `{"type":"run","config":{"data":"c.npz#y"}}\n`);
    assert.equal(rights("train", ["--resume", folder]).read, `${folder} /tmp /state /here/c.npz`);
  }));

Deno.test("options are read as the program reads them", () => {
  const write = (...args: string[]) => rights("train", args).write;
  assert.equal(write("--seed", "3", "--out=a=b", "--steps=9"), "/here/a=b /tmp /state");
  assert.equal(write("--out", "a", "--out", "b"), "/here/b /tmp /state");
  assert.equal(write("--out", "a", "--", "--out", "b"), "/here/a /tmp /state");
  assert.equal(write("--outer", "a", "out", "b", "--no-out"), "/here/runs /tmp /state");
  assert.equal(write("--data", "--out", "a"), "/here/runs /tmp /state", "a value, which the program refuses");
  assert.equal(write("--out"), "/here/runs /tmp /state");
});

Deno.test("a path with commas does not allow what its parts name", () => {
  const { read, write } = rights("coordinator", ["--data", "/x/a,/etc,b/c", "--out", "/y/r,/home"]);
  assert.equal(read, "/y /tmp /state /x");
  assert.equal(write, "/y /tmp /state");
});

Deno.test("a run to go on with may be named as other tasks name it: its folder takes the name's place", () =>
  inTempDir(async (folder) => {
    const runs = join(folder, "runs");
    for (const [name, day] of [["old", 1], ["new", 3], ["middle", 2]] as const) {
      await Deno.mkdir(join(runs, name), { recursive: true });
      const record = runRecord({ created: `2026-01-0${day}T00:00:00Z` });
      await Deno.writeTextFile(join(runs, name, "events.jsonl"), `${JSON.stringify(record)}\n`);
    }
    const found = (...args: string[]) => withRunFolder(args, runs);
    assert.deepEqual(await found("--resume", "latest", "--steps", "9"), [
      ...["--resume", "latest", "--steps", "9"],
      `--resume=${join(runs, "new")}`,
    ]);
    assert.deepEqual(await found("--resume=old", "--", "x"), [
      ...["--resume=old", `--resume=${join(runs, "old")}`, "--", "x"],
    ]);
    for (const same of [["--resume", join(runs, "old")], ["--resume", "odl"], ["--steps", "latest"], []]) {
      assert.deepEqual(await found(...same), same);
    }
  }));

Deno.test("a run may write events for TensorBoard, and send its log, where it was told to and nowhere else", () => {
  for (const task of ["train", "coordinator"] as const) {
    const plain = rights(task, []);
    const asked = rights(task, ["--tensorboard", "logs/all", "--log-url=https://far.example/runs?x=1"]);
    assert.equal(asked.write, `${plain.write} /here/logs/all`);
    assert.equal(asked.read, plain.read);
    assert.equal(asked.net, `${plain.net} far.example:443`);
    assert.equal(rights(task, ["--log-url", "http://[::1]:9/"]).net, `${plain.net} [::1]:9`);
    assert.equal(rights(task, ["--log-url", "nonsense"]).net, `${plain.net} 127.0.0.1:0`);
  }
});

Deno.test("train lets in others where it was told to", () => {
  const open = (...args: string[]) => {
    const { net, sys } = rights("train", args);
    return [net, sys];
  };
  const sys = "hostname uid";
  assert.deepEqual(open("--host", "0.0.0.0", "--port", "7700"), ["0.0.0.0:7700", `${sys} networkInterfaces`]);
  assert.deepEqual(open("--host", "::"), ["[::]:0", `${sys} networkInterfaces`]);
  assert.deepEqual(open("--host", "10.0.0.9"), ["10.0.0.9:0", sys]);
  assert.deepEqual(open("--port=7"), ["127.0.0.1:7", sys]);
  assert.match(rights("train", ["--token-file", "t"]).read!, / \/here\/t$/);
});

Deno.test("the code that threads of a run import may be read", () => {
  const { read } = Object.fromEntries(
    commandOf("train", [], AROUND).filter((flag) => flag.startsWith("--allow-read=")).map((
      flag,
    ) => ["read", flag]),
  );
  const readable = new Set(
    read!.slice("--allow-read=".length).split(",").map((path) => path.split("/").at(-1)!),
  );
  // The page is bundled: nothing of it is read while a run goes on.
  const run = ROOMS.filter(({ folder }) =>
    /^(coordinator|worker)\b/.test(folder) && !folder.endsWith("/page")
  );
  const imported = new Set(
    run.flatMap(({ folder, may }) => [folder, ...may]).map((room) => room.split("/")[0]!),
  );
  assert.deepEqual([...imported].filter((room) => !readable.has(room)), []);
});

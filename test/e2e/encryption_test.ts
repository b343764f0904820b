/** docs/encryption.md, run: its commands, with this machine's loopback address in place of the names on the page. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { TaskName } from "./child.ts";
import { HOST } from "./sshd.ts";
import { SMALL, Workplace } from "./workplace.ts";

const PAGE = await Deno.readTextFile(fileURLToPath(new URL("../../docs/encryption.md", import.meta.url)));

/** The command of the page that begins so, as a task and its arguments. */
function command(begin: string, changes: Readonly<Record<string, string>> = {}): [TaskName, string[]] {
  const lines = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) => block[1]!.split("\n"));
  let [line = "", ...others] = lines.filter((line) => line.startsWith(begin));
  assert.equal(others.length, 0, begin);
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(line.includes(from), `${from} must be in ${line}`);
    line = line.replaceAll(from, to);
  }
  const [deno, task, name, ...args] = line.split(" ");
  assert.deepEqual([deno, task], ["deno", "task"]);
  return [name as TaskName, args];
}

Deno.test("encryption: the page's commands train through TLS, to the weights of a run without it", async () => {
  await using place = await Workplace.open();
  const short = [...SMALL, "--steps", "12"];
  const [keys, keys_args] = command("deno task keys", { "192.168.1.20": HOST });
  const made = await place.run(keys, keys_args);
  assert.equal(made.code, 0, made.stderr);
  await Deno.writeTextFile(place.path("wagon.token"), "a secret of 16 characters");
  const [coordinator, args] = command("deno task coordinator", { "images-idx3-ubyte.gz": place.images });
  const token = ["--token-file", "wagon.token"];
  const running = place.start(coordinator, [
    ...args,
    ...short,
    "--port",
    "0",
    "--out",
    "run",
    ...token,
    "--exact",
  ]);
  const [, port] = await running.line(/Listening on wss:\/\/0\.0\.0\.0:(\d+); on this machine/);
  const address = `wss://${HOST}:${port}`;
  const [worker, worker_args] = command("deno task worker", { "wss://192.168.1.20:7700": address });
  // Everything goes through the connection.
  const working = place.start(worker, [...worker_args, "--no-share"]);
  const { code, stdout, stderr } = await working.end();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Joined run \w+ at wss:\/\/127/);
  assert.equal((await running.end()).code, 0, running.said);
  const plain = await place.train("plain", ["--steps", "12"]);
  assert.equal((await place.inspect("run")).weights_sha256, plain.weights_sha256);
  assert.ok(plain.weights_sha256);
});

Deno.test("encryption: probes and metrics answer over HTTPS, and a worker on the machine needs no certificate", async () => {
  await using place = await Workplace.open();
  assert.equal((await place.run("keys", ["--tls", "localhost"])).code, 0);
  const tls = ["--tls-cert", "wagon.crt", "--tls-key", "wagon.key", "--public-metrics"];
  const running = place.coordinate("run", [...tls, "--steps", "3"]);
  const [, port] = await running.line(/Listening on wss:\/\/127\.0\.0\.1:(\d+); on this machine/);
  using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(place.path("wagon.crt"))] });
  await running.line(/Waiting for 1 worker/);
  for (
    const [path, said] of [["healthz", /^ok/], ["readyz", /^ok|ready/], ["metrics", /^# HELP wagon/]] as const
  ) {
    const response = await fetch(`https://localhost:${port}/${path}`, { client });
    assert.equal(response.status, 200);
    assert.match(await response.text(), said);
  }
  const { url } = await place.rendezvous();
  assert.match(url, /^ws:\/\/127\.0\.0\.1:/);
  assert.notEqual(new URL(url).port, port);
  const worker = await place.run("worker", []);
  assert.equal(worker.code, 0, worker.stderr);
  assert.equal((await running.end()).code, 0, running.said);
});

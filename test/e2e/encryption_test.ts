/** docs/encryption.md, run: its commands, with this machine's loopback address in place of the names on the page. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { TaskName } from "./child.ts";
import { exposures } from "./exposed.ts";
import { HOST } from "./sshd.ts";
import { SMALL, Workplace } from "./workplace.ts";

const PAGE = await Deno.readTextFile(fileURLToPath(new URL("../../docs/encryption.md", import.meta.url)));

/** The command of the page with these words, and without another, as a task and its arguments. */
function command(
  words: string,
  changes: Readonly<Record<string, string>> = {},
  without = "\n",
): [TaskName, string[]] {
  const lines = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) => block[1]!.split("\n"));
  let [line = "", ...others] = lines.filter((line) =>
    words.split(" ").every((word) => line.includes(` ${word}`)) && !line.includes(without)
  );
  assert.equal(others.length, 0, words);
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(line.includes(from), `${from} must be in ${line}`);
    line = line.replaceAll(from, to);
  }
  const [deno, task, name, ...args] = line.split(" ");
  assert.deepEqual([deno, task], ["deno", "task"]);
  return [name as TaskName, args];
}

Deno.test("encryption: the page's commands train through TLS with keys, to the weights of a run without", async () => {
  await using place = await Workplace.open();
  const short = [...SMALL, "--steps", "12", "--port", "0", "--out", "run", "--exact"];
  for (const [keys, args] of [command("keys --tls", { "192.168.1.20": HOST }), command("keys --worker")]) {
    const made = await place.run(keys, args);
    assert.equal(made.code, 0, made.stderr);
    await Deno.writeTextFile(place.path("workers.keys"), made.stdout);
  }
  await Deno.writeTextFile(place.path("wagon.token"), "a secret of 16 characters");
  const data = ["--data", place.images, "--token-file", "wagon.token"];
  const [coordinator, args] = command("coordinator --allow-keys");
  // The page's other command is this one without keys.
  const [, plainly] = command("coordinator --tls-cert --data", { "images-idx3-ubyte.gz": place.images });
  assert.deepEqual(plainly.filter((word) => ![...args, ...data].includes(word)), []);
  const running = place.start(coordinator, [...args, ...data, ...short]);
  const [, port] = await running.line(/Listening on wss:\/\/0\.0\.0\.0:(\d+); on this machine/);
  const address = { "wss://192.168.1.20:7700": `wss://${HOST}:${port}` };
  const [, without_key] = command("worker --tls-ca wagon.token", address, "--key");
  const refused = await place.run("worker", without_key);
  assert.match(refused.stderr, /: this run admits only workers whose keys are on its list; .* --key FILE\n$/);
  // Everything goes through the connection.
  const [worker, worker_args] = command("worker --tls-ca --key", address);
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

Deno.test("encryption: a worker whose key is taken off the list has to go, and gets in no more; the others finish", async () => {
  await using place = await Workplace.open();
  const made = await place.run("keys", ["--worker", "good", "--worker", "bad"]);
  assert.equal(made.code, 0, made.stderr);
  const [good] = made.stdout.split("\n");
  await Deno.writeTextFile(place.path("workers.keys"), made.stdout);
  const running = place.coordinate("run", [
    "--allow-keys",
    "workers.keys",
    "--steps",
    "100000",
    "--give-up-after",
    "60",
  ]);
  await running.line(/^Listening on/m);
  const one = ["--threads", "1"];
  const bad = place.start("worker", [...one, "--key", "bad.key"]);
  const kept = place.start("worker", [...one, "--key", "good.key"]);
  await Promise.all([bad, kept].map((worker) => worker.line(/Ready/)));
  // Neither the token nor a key stands where others could see it.
  const { token } = await place.rendezvous();
  const [, secret] = (await Deno.readTextFile(place.path("good.key"))).split("\n");
  const seen = await Promise.all([token, secret!].map((text) => exposures(text, place.path("run"))));
  assert.deepEqual(seen, [[], []]);
  await Deno.writeTextFile(place.path("workers.keys"), `${good}\n`);
  const gone = await bad.end();
  assert.equal(gone.code, 2);
  const unlisted =
    /^Cannot join ws:\S+: the coordinator's list of keys \(--allow-keys\) does not contain this worker's key, /;
  assert.match(gone.stderr, unlisted);
  const again = await place.run("worker", [...one, "--key", "bad.key"]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, unlisted);
  await running.line(/Read workers\.keys again: it has 1 key/);
  running.signal("SIGTERM");
  assert.equal((await running.end()).code, 0, running.said);
  assert.equal((await kept.end()).code, 0);
});

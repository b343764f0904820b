/**
 * docs/on-several-machines.md, run: its commands and configurations, with this machine's loopback address and free ports
 * in place of the names and ports on the page. What needs a program that is not installed is skipped, and counted so.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import type { Socket } from "../../wire/socket.ts";
import { listen } from "../../wire/ws_socket.ts";
import { TestCoordinator } from "../worker/test_coordinator.ts";
import { testRun } from "../worker/test_run.ts";
import { lacks, programAt } from "./installed.ts";
import { freePort, HOST, shell, SSH_PROGRAMS, startSshd } from "./sshd.ts";
import { Workplace } from "./workplace.ts";

const PAGE = await Deno.readTextFile(
  fileURLToPath(new URL("../../docs/on-several-machines.md", import.meta.url)),
);

/** What stands in the blocks of a kind. */
function blocks(kind: string): string {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "gms"))].map((block) => block[1]!)
    .join("");
}

/** The command of the page that has these words in it. */
function command(...words: readonly string[]): string {
  const lines = blocks("sh").trimEnd().split("\n");
  const [line, ...others] = lines.filter((line) => words.every((word) => line.includes(word)));
  assert.ok(line !== undefined && others.length === 0, `one command with ${words}: ${line} ${others}`);
  return line;
}

const COORDINATOR = command("coordinator --host");
const MADE_TOKEN = command("openssl rand");
const MADE_CERTIFICATE = command("openssl req");
const FORWARD = command("ssh -N");
const WORKERS = { ssh: command("ws://127"), caddy: command("wss://wagon"), nginx: command("wss://gpu") };

/** A text in which each of some parts, which must be there, has another in its place. */
function placed(text: string, changes: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(text.includes(from), `${from} must be in ${text}`);
    text = text.replaceAll(from, () => to);
  }
  return text;
}

/** A line of the page as a process: variables, program and arguments; `deno task` runs this program's task. */
function start(place: Workplace, line: string) {
  const words = line.split(" ");
  const at = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const env = Object.fromEntries(
    words.slice(0, at).map((word) => word.split(/=(.*)/s, 2) as [string, string]),
  );
  const [program, task, name, ...args] = words.slice(at);
  assert.deepEqual([program, task, name], ["deno", "task", "worker"]);
  return place.start("worker", args, env);
}

/** Lets a worker in that the page's line starts once `open` has put something between, and ends the run. */
async function through(
  open: (place: Workplace, coordinator_port: number) => Promise<string>,
): Promise<void> {
  await using place = await Workplace.open();
  await shell(place, MADE_TOKEN);
  const token = (await Deno.readTextFile(place.path("wagon.token"))).trim();
  assert.equal((await Deno.stat(place.path("wagon.token"))).mode! & 0o777, 0o600);
  const arrived = Promise.withResolvers<Socket>();
  const listener = await listen({ host: HOST, port: 0, onsocket: arrived.resolve });
  try {
    const worker = start(place, await open(place, listener.port));
    const came = await Promise.race([arrived.promise, worker.end()]);
    assert.ok("trust" in came, worker.said);
    const coordinator = await TestCoordinator.admit(came, await testRun(), SYSTEM_CLOCK, { token });
    coordinator.send({ type: "finish", reason: "enough" });
    const { code, stdout, stderr } = await worker.end();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /The run is over: enough\n$/);
  } finally {
    await listener.close();
  }
}

Deno.test("several machines: by the address and the token's file that a coordinator prints", async () => {
  await using place = await Workplace.open();
  const [deno, task, name, ...args] = placed(COORDINATOR, { "images-idx3-ubyte.gz": place.images }).split(
    " ",
  );
  assert.deepEqual([deno, task, name], ["deno", "task", "coordinator"]);
  const short = ["--port", "0", "--preset", "strokes", "--steps", "3", "--sample-every", "0", "--out", "run"];
  const coordinator = place.start("coordinator", [...args, ...short]);
  const [, url, path] = await coordinator.line(
    /On another machine: deno task worker --coordinator (\S+) --token-file FILE, where FILE holds the token in (\S+)\n/,
  );
  assert.equal((await Deno.stat(path!)).mode! & 0o777, 0o600);
  await Deno.copyFile(path!, place.path("token"));
  // A machine that is on no network has no address to print.
  const reached = url!.replace("ADDRESS", HOST);
  const other_state = { WAGON_STATE_DIR: place.path("other-machine") };
  const worker = place.start("worker", ["--coordinator", reached, "--token-file", "token"], other_state);
  assert.equal((await worker.end()).code, 0, worker.said);
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  await assert.rejects(Deno.stat(path!), Deno.errors.NotFound);
});

Deno.test({
  name: "several machines: through nginx, with its whole configuration and a certificate of one's own",
  ignore: lacks("nginx", "openssl"),
  fn: () =>
    through(async (place, coordinator_port) => {
      const port = freePort();
      await shell(place, placed(MADE_CERTIFICATE, { "192.168.1.20": HOST, "rsa:3072": "rsa:2048" }));
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((kind) => `${kind}_temp_path ${place.path(kind)};`);
      const configuration = placed(blocks("nginx"), {
        "listen 443": `listen ${HOST}:${port}`,
        "/etc/nginx/": place.path("/"),
        "127.0.0.1:7700": `${HOST}:${coordinator_port}`,
        "http {": `http { access_log off; ${temporary.join(" ")}`,
      });
      await Deno.writeTextFile(place.path("nginx.conf"), configuration);
      const [program, log] = [programAt("nginx")!, place.path("error.log")];
      const alone = `daemon off; master_process off; pid ${place.path("pid")};`;
      place.startCommand([program, "-c", place.path("nginx.conf"), "-e", log, "-g", alone], "nginx");
      return placed(WORKERS.nginx, { "wss://gpu-box": `wss://${HOST}:${port}` });
    }),
});

Deno.test({
  name: "several machines: through Caddy, with its whole configuration and an authority of its own",
  ignore: lacks("caddy", "openssl"),
  fn: () =>
    through(async (place, coordinator_port) => {
      const port = freePort();
      const configuration = placed(blocks("caddyfile"), {
        "wagon.example.org {": `localhost:${port} {\n\ttls internal`,
        "127.0.0.1:7700": `${HOST}:${coordinator_port}`,
      });
      // Nothing of this machine's is touched: no port 80, no store of certificates.
      const alone = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n";
      await Deno.writeTextFile(place.path("Caddyfile"), alone + configuration);
      const own = { HOME: place.folder, XDG_DATA_HOME: place.folder, XDG_CONFIG_HOME: place.folder };
      const args = ["run", "--config", "Caddyfile", "--adapter", "caddyfile"];
      const caddy = place.startCommand([programAt("caddy")!, ...args], "caddy", own);
      await caddy.line(/serving initial configuration/);
      const authority = "caddy/pki/authorities/local/root.crt";
      assert.ok(PAGE.includes(`/${authority}`) && PAGE.includes("`DENO_CERT=root.crt`"));
      await Deno.copyFile(place.path(authority), place.path("root.crt"));
      const line = placed(WORKERS.caddy, { "wss://wagon.example.org": `wss://localhost:${port}` });
      return `DENO_CERT=root.crt ${line}`;
    }),
});

Deno.test({
  name: "several machines: through SSH",
  ignore: lacks(...SSH_PROGRAMS, "openssl"),
  fn: () =>
    through(async (place, coordinator_port) => {
      const { port: ssh_port, user } = await startSshd(place);
      const port = freePort();
      const known = `-F none -i user -p ${ssh_port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=known`;
      const forward = placed(FORWARD, {
        "ssh -N": `ssh -N ${known}`,
        "7700:127.0.0.1:7700": `${port}:${HOST}:${coordinator_port}`,
        "me@gpu-box": `${user}@${HOST}`,
      });
      place.startCommand(forward.split(" "), "ssh");
      return placed(WORKERS.ssh, { "127.0.0.1:7700": `${HOST}:${port}` });
    }),
});

Deno.test("several machines: every command of the page is run, but for hosts, copying and the coordinator of the tunnel", () => {
  const run = [COORDINATOR, MADE_TOKEN, MADE_CERTIFICATE, FORWARD, ...Object.values(WORKERS)];
  const others = blocks("sh").trimEnd().split("\n").filter((line) => !run.includes(line));
  assert.deepEqual(others, [
    // hosts_test.ts has this one.
    "deno task train --hosts hosts.txt --data images-idx3-ubyte.gz",
    "scp wagon.token me@laptop:wagon/",
    "deno task coordinator --data images-idx3-ubyte.gz --token-file wagon.token",
  ]);
});

/** `deno task train --hosts`, against a real server for ssh: skipped, and counted so, where there is none. */
import assert from "node:assert/strict";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { readHosts } from "../../tasks/workers/hosts_file.ts";
import { RemoteWorkers } from "../../tasks/workers/remote_workers.ts";
import { startSsh } from "../../tasks/workers/ssh.ts";
import { exposures } from "./exposed.ts";
import { lacks } from "./installed.ts";
import { lastStep, logged } from "./log.ts";
import { childrenOf, ended } from "./processes.ts";
import { HOST, SSH_PROGRAMS, type Sshd, startSshd } from "./sshd.ts";
import { SMALL, Workplace } from "./workplace.ts";

const ignore = Deno.build.os !== "linux" || lacks(...SSH_PROGRAMS);
const TOKEN = "0123456789abcdef-of-the-test";

/** ssh's configuration with names for the server. */
function configuration(place: Workplace, { port, user }: Sshd): string {
  const settings = {
    HostName: HOST,
    Port: `${port}`,
    User: user,
    IdentityFile: place.path("user"),
    IdentitiesOnly: "yes",
    StrictHostKeyChecking: "no",
    UserKnownHostsFile: place.path("known"),
  };
  return `Host one two nowhere\n${
    Object.entries(settings).map(([name, value]) => `  ${name} ${value}\n`).join("")
  }`;
}

Deno.test({
  name:
    "train --hosts: workers here and over ssh, one whose connection is cut, and one machine without wagon: the same bits",
  ignore,
  fn: async () => {
    await using place = await Workplace.open();
    const sshd = await startSshd(place);
    await Deno.writeTextFile(place.path("ssh_config"), configuration(place, sshd));
    await Deno.writeTextFile(place.path("hosts.txt"), "one threads=1\ntwo threads=1\nnowhere dir=/nowhere\n");
    await Deno.writeTextFile(place.path("token"), TOKEN, { mode: 0o600 });
    const run = place.path("run");
    const options = ["--data", place.images, ...SMALL, "--shards", "2", "--batch", "16"];
    const train = place.start("train", [
      ...options,
      ...["--steps", "1000000", "--out", run, "--workers", "1", "--token-file", "token"],
      ...["--hosts", "hosts.txt", "--ssh-config", "ssh_config"],
    ]);
    await train.line(
      /nowhere: left out of this run: its worker ended with exit code 2 \(.*\); try: ssh nowhere/,
    );
    await train.line(/Worker \d joined: one/);
    await train.line(/Worker \d joined: two/);
    await train.line(/Worker \d joined: local-1/);
    const at = lastStep(await logged(run, "a step", (records) => lastStep(records) > 0));
    assert.deepEqual(await exposures(TOKEN, place.folder), []);

    const connections = await childrenOf(sshd.server.pid);
    assert.equal(connections.length, 2);
    Deno.kill(connections[0]!, "SIGKILL");
    const [, cut] = await train.line(/(one|two): the connection was lost.*; trying again in 1 s/);
    await train.line(new RegExp(`Worker 4 joined: ${cut}`));
    await logged(run, "20 steps more", (records) => lastStep(records) > at + 20);
    train.signal("SIGTERM");
    assert.equal((await train.end()).code, 0, train.said);
    await Promise.all((await childrenOf(sshd.server.pid)).map(ended));

    const { steps, weights_sha256 } = await place.inspect(run);
    const local = await place.train("local", ["--shards", "2", "--batch", "16", "--steps", `${steps}`]);
    assert.equal(local.weights_sha256, weights_sha256);
    assert.deepEqual(await exposures(TOKEN, place.folder), []);
  },
});

Deno.test({
  name: "a machine that takes connections and never speaks is named, with ssh's own deadline",
  ignore: Deno.build.os !== "linux" || lacks("ssh"),
  fn: async () => {
    // The system takes connections, and nobody speaks.
    using silent = Deno.listen({ hostname: HOST, port: 0 });
    await using place = await Workplace.open();
    const config = `Host silent\n  HostName ${HOST}\n  Port ${silent.addr.port}\n  UserKnownHostsFile none\n`;
    await Deno.writeTextFile(place.path("ssh_config"), config);
    const lines: string[] = [];
    const failed = Promise.withResolvers<Error>();
    const workers = new RemoteWorkers({
      ...{ token: TOKEN, coordinator: `${HOST}:9`, dir: "/", ssh_config: place.path("ssh_config") },
      // The deadline of ssh itself, and the pauses, shortened.
      start: (args) => startSsh(args.map((word) => word === "ConnectTimeout=15" ? "ConnectTimeout=1" : word)),
      clock: { ...SYSTEM_CLOCK, after: (ms, fire) => SYSTEM_CLOCK.after(ms < 15_000 ? 1 : ms, fire) },
      onLine: (name, line) => void lines.push(`${name}: ${line}`),
      onNobodyLeft: failed.resolve,
    });
    workers.start(readHosts("silent", "hosts.txt"));
    const { message } = await failed.promise;
    await workers.stop();
    assert.match(
      message,
      /the last, silent, cannot be reached \(Connection .*timed out.*\)$/,
    );
    assert.equal(lines.length, 3);
    assert.match(
      lines[2]!,
      /^silent: left out of this run: cannot be reached \(.*\), 3 attempts long; try: ssh silent$/,
    );
  },
});

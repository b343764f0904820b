import assert from "node:assert/strict";
import { readHosts } from "../../../tasks/workers/hosts_file.ts";
import { remoteCommand, sshArgs, tunnelPort } from "../../../tasks/workers/remote_command.ts";

Deno.test("a file of hosts has a worker in each line, with what it computes with", () => {
  const text = `# The machines of the lab
me@gpu-box dir=/srv/wagon gpu=0,1

gpu-box   gpu=all
10.0.0.7 "dir=my wagon" threads=8 cores=0,2
gpu-box
`;
  assert.deepEqual(readHosts(text, "hosts.txt"), [
    { name: "me@gpu-box", address: "me@gpu-box", dir: "/srv/wagon", args: ["--gpu", "0,1"] },
    { name: "gpu-box", address: "gpu-box", args: ["--gpu", "all"] },
    { name: "10.0.0.7", address: "10.0.0.7", dir: "my wagon", args: ["--threads", "8", "--cores", "0,2"] },
    { name: "gpu-box-2", address: "gpu-box", args: [] },
  ]);
});

const WRONG: Readonly<Record<string, string>> = {
  "\n# nothing\n": "Cannot use hosts.txt: a line with an address for each worker is required, found none",
  "a\n-oProxyCommand=evil":
    'Line 2 of hosts.txt must begin with an address as ssh takes it, e.g. me@gpu-box: found "-oProxyCommand=evil"',
  "a;b": 'Line 1 of hosts.txt must begin with an address as ssh takes it, e.g. me@gpu-box: found "a;b"',
  'a "dir=x': 'Line 1 of hosts.txt must close its quotes: found "a \\"dir=x"',
  "a gpus=1":
    'Line 1 of hosts.txt may have dir=PATH, gpu=0,1 or gpu=all, threads=N and cores=0,1 after the address: found "gpus=1" (did you mean gpu=?)',
  "a threads=$(id)":
    'Line 1 of hosts.txt may have dir=PATH, gpu=0,1 or gpu=all, threads=N and cores=0,1 after the address: found "threads=$(id)"',
};

for (const [text, message] of Object.entries(WRONG)) {
  Deno.test(`a file of hosts is refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => readHosts(text, "hosts.txt"), { name: "UserError", message });
  });
}

Deno.test("nothing that a shell would take apart is in the remote command, and neither folder nor token", () => {
  const [host] = readHosts(`me@box "dir=/a 'b' $c" gpu=0`, "hosts.txt");
  const args = sshArgs(host!, "127.0.0.1:7700", "my config");
  const command = args.at(-1)!;
  assert.equal(command, remoteCommand(host!));
  assert.deepEqual(args.slice(-4), ["-R", "127.0.0.1:0:127.0.0.1:7700", "me@box", command]);
  assert.deepEqual(args.slice(0, 3), ["-T", "-F", "my config"]);
  // csh acts on ! in quotes, too.
  assert.match(command, /^exec sh -c '[^'!\n]*'$/);
  assert.ok(!command.includes("$c"));
});

Deno.test("the tunnel's port is read from what ssh says", () => {
  assert.equal(tunnelPort("Allocated port 40123 for remote forward to 127.0.0.1:7700\r"), 40_123);
  assert.equal(tunnelPort("Warning: remote port forwarding failed for listen port 0"), null);
});

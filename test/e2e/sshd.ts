/** A server for ssh on loopback, with keys of its own for the user who runs the tests. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { Child } from "./child.ts";
import { programAt } from "./installed.ts";
import type { Workplace } from "./workplace.ts";

export const HOST = "127.0.0.1";

/** Programs that it needs. */
export const SSH_PROGRAMS = ["ssh", "sshd", "ssh-keygen"] as const;

export interface Sshd {
  readonly server: Child;
  readonly port: number;
  readonly user: string;
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

/** Runs a line of a shell in the place; it must succeed. */
export async function shell(place: Workplace, line: string): Promise<void> {
  const { code, stderr } = await place.startCommand(["sh", "-c", line], "sh", {}).end();
  assert.equal(code, 0, stderr);
}

/** Starts one. The private key for it is the file `user` in the place. */
export async function startSshd(place: Workplace): Promise<Sshd> {
  const port = freePort();
  await shell(place, "for key in host user; do ssh-keygen -q -t ed25519 -N '' -f $key; done");
  await shell(place, "cp user.pub keys && chmod 600 keys && { test -w / && mkdir -p /run/sshd || true; }");
  const settings = [
    `Port=${port}`,
    `ListenAddress=${HOST}`,
    `HostKey=${place.path("host")}`,
    `AuthorizedKeysFile=${place.path("keys")}`,
    // Machines have Deno in the path of a login.
    `SetEnv=PATH=${dirname(Deno.execPath())}:/usr/bin:/bin`,
    ...["PidFile=none", "StrictModes=no", "UsePAM=no", "PermitRootLogin=yes"],
  ];
  const options = settings.flatMap((setting) => ["-o", setting]);
  const server = place.startCommand([programAt("sshd")!, "-D", "-e", "-f", "/dev/null", ...options], "sshd");
  await server.line(/Server listening on/);
  const { stdout } = await new Deno.Command("id", { args: ["-un"] }).output();
  return { server, port, user: new TextDecoder().decode(stdout).trim() };
}

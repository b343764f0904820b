/**
 * A worker on another machine, by ssh: it reaches the coordinator through the connection itself, so that nothing is
 * opened on either side and everything is encrypted. What it must know comes by its standard input, never in a command
 * line: the folder, the port that the tunnel has there, and the token, a line each.
 */
import type { Host } from "./hosts_file.ts";

/** Until ssh gives up on a machine that does not answer, in seconds. */
export const CONNECT_S = 15;
/** A connection that carries nothing for three times this long is dead, in seconds. */
const ALIVE_S = 5;

/** ssh says so where the tunnel begins, on standard error. */
const TUNNEL = /^Allocated port (\d+) for remote forward/;

/** The port of the tunnel, where a line of ssh's names it. */
export function tunnelPort(line: string): number | null {
  const found = TUNNEL.exec(line.trim());
  return found === null ? null : Number(found[1]);
}

/**
 * Arguments of ssh. `coordinator`: host and port where it is reached on this machine; `config`: a file in the place of
 * ssh's own configuration.
 */
export function sshArgs(host: Host, coordinator: string, config: string | undefined): string[] {
  const settings = {
    // Nobody answers questions.
    BatchMode: "yes",
    ConnectTimeout: `${CONNECT_S}`,
    ServerAliveInterval: `${ALIVE_S}`,
    ServerAliveCountMax: "3",
    ExitOnForwardFailure: "yes",
    // It names the tunnel's port.
    LogLevel: "INFO",
    // A connection of its own: it ends with the worker.
    ControlMaster: "no",
    ControlPath: "none",
  };
  return [
    "-T",
    ...config === undefined ? [] : ["-F", config],
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    // 0: a port that is free there, on its own loopback address.
    ...["-R", `127.0.0.1:0:${coordinator}`],
    host.address,
    remoteCommand(host),
  ];
}

/** Works in any login shell: quotes of one kind only, and none in what it runs. */
export function remoteCommand({ name, args }: Pick<Host, "name" | "args">): string {
  const worker = ["--token-file", "-", "--leave-with-stdin", "--no-share", "--name", name, ...args].join(" ");
  const lines = [
    "IFS= read -r dir",
    "IFS= read -r port",
    'cd "$dir" || exit 2',
    '[ -f deno.json ] || { echo "Cannot find wagon in $dir: give the folder of its clone as dir=" >&2; exit 2; }',
    'PATH="$PATH:$HOME/.deno/bin:$HOME/.local/bin:/usr/local/bin"',
    'command -v deno >/dev/null || { echo "Cannot find deno in $PATH: install Deno there" >&2; exit 2; }',
    `exec deno task --quiet worker --coordinator "ws://127.0.0.1:$port" ${worker}`,
  ];
  return `exec sh -c '${lines.join("; ")}'`;
}

/** What the command reads. */
export function remoteInput(dir: string, port: number, token: string): string {
  return `${dir}\n${port}\n${token}\n`;
}

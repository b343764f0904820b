/**
 * Workers on other machines, each kept running until told to stop. Everything that is waited for has a deadline: that a
 * machine answers, that its worker joins, and that a machine that is lost comes back.
 */
import { UserError } from "../../common/errors.ts";
import { counted } from "../../common/text/counted.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import type { Clock } from "../../wire/clock.ts";
import type { Host } from "./hosts_file.ts";
import { CONNECT_S, remoteInput, sshArgs, tunnelPort } from "./remote_command.ts";

/** A machine that does not answer: ssh has a deadline of its own, and says more. */
export const ANSWER_MS = (CONNECT_S + 15) * 1_000;
/** From the connection to a worker that is part of the run; the first start downloads packages. */
export const JOIN_MS = 300_000;
/** Attempts at a machine whose worker has never joined. */
const FIRST_ATTEMPTS = 3;
/** One that was lost gets this long to come back. */
export const LOST_MS = 600_000;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** How long workers get to leave by themselves. */
export const LEAVE_MS = 5_000;
/** Exit code of a worker, or of the command that starts it, that trying again does not mend. */
const USER_ERROR = 2;
/** Exit code of ssh where the machine or the connection is at fault. */
const SSH_ERROR = 255;
/** A worker's first words once it is part of a run. */
const JOINED = /^Joined run /;

/** ssh as a process. */
export interface Ssh {
  /** Calls one of both for each line; resolves to the exit code, once all was said. */
  attend(onOutput: (line: string) => void, onError: (line: string) => void): Promise<number>;
  write(text: string): void;
  /** Ends its standard input. */
  close(): void;
  /** Ends it. */
  kill(): void;
}

export interface RemoteWorkersOptions {
  readonly token: string;
  /** Host and port of the coordinator on this machine. */
  readonly coordinator: string;
  /** The folder of wagon's clone on machines for which none is named. */
  readonly dir: string;
  /** A file in the place of ssh's own configuration. */
  readonly ssh_config: string | undefined;
  readonly start: (args: readonly string[]) => Ssh;
  readonly clock: Clock;
  /** Called with each line that there is to say about a machine. */
  readonly onLine: (name: string, line: string) => void;
  /** Called when the last machine was given up. */
  readonly onNobodyLeft: (error: UserError) => void;
}

/** How an attempt at a machine came to its end. */
interface Attempt {
  readonly joined: boolean;
  readonly code: number;
  /** In words, for the person. */
  readonly reason: string;
}

export class RemoteWorkers {
  readonly #options: RemoteWorkersOptions;
  readonly #running = new Set<Ssh>();
  readonly #kept: Promise<void>[] = [];
  readonly #stopping = Promise.withResolvers<void>();
  #stopped = false;
  #left = 0;

  constructor(options: RemoteWorkersOptions) {
    this.#options = options;
  }

  /** Starts the worker of each machine. */
  start(hosts: readonly Host[]): void {
    this.#left = hosts.length;
    this.#kept.push(...hosts.map((host) => this.#keep(host)));
  }

  /** Has workers leave by themselves, then ends what is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.resolve();
    for (const ssh of this.#running) ssh.close();
    const cancel = this.#options.clock.after(LEAVE_MS, () => this.#running.forEach((ssh) => ssh.kill()));
    await Promise.all(this.#kept);
    cancel();
  }

  async #keep(host: Host): Promise<void> {
    const { clock, onLine, onNobodyLeft } = this.#options;
    let attempts = 0, has_joined = false, lost_ms = 0, pause_ms = FIRST_PAUSE_MS;
    while (!this.#stopped) {
      const { joined, code, reason } = await this.#attempt(host);
      if (this.#stopped || joined && code === 0) return;
      if (joined) [has_joined, lost_ms, pause_ms] = [true, clock.now_ms(), FIRST_PAUSE_MS];
      attempts++;
      const late = has_joined ? clock.now_ms() - lost_ms >= LOST_MS : attempts >= FIRST_ATTEMPTS;
      if (code === USER_ERROR || late) {
        const tried = code === USER_ERROR
          ? ""
          : has_joined
          ? `, and did not come back within ${LOST_MS / 60_000} minutes`
          : `, ${counted(attempts, "attempt")} long`;
        onLine(host.name, `left out of this run: ${reason}${tried}; try: ssh ${host.address}`);
        if (--this.#left === 0) onNobodyLeft(nobodyLeft(host, reason));
        return;
      }
      onLine(host.name, `${reason}; trying again in ${pause_ms / 1000} s`);
      await this.#pause(pause_ms);
      pause_ms = Math.min(2 * pause_ms, MAX_PAUSE_MS);
    }
  }

  async #attempt(host: Host): Promise<Attempt> {
    const { coordinator, dir, token, ssh_config, start, clock, onLine } = this.#options;
    const ssh = start(sshArgs(host, coordinator, ssh_config));
    this.#running.add(ssh);
    let joined = false, late = "", last = "";
    const giveUp = (what: string) => {
      late = what;
      ssh.kill();
    };
    let cancel = clock.after(ANSWER_MS, () => giveUp(`has not answered within ${ANSWER_MS / 1000} s`));
    const onError = (text: string) => {
      const line = cleanLine(text);
      const remote_port = tunnelPort(line);
      if (remote_port === null) {
        last = line;
        // What ssh says before there is a connection stands in the reason.
        if (joined) onLine(host.name, line);
        return;
      }
      ssh.write(remoteInput(host.dir ?? dir, remote_port, token));
      cancel();
      cancel = clock.after(
        JOIN_MS,
        () => giveUp(`is connected, but its worker has not joined within ${JOIN_MS / 1000} s`),
      );
    };
    const onOutput = (line: string) => {
      if (joined || !JOINED.test(line)) return;
      joined = true;
      cancel();
    };
    const code = await ssh.attend(onOutput, onError);
    cancel();
    this.#running.delete(ssh);
    return { joined, code, reason: late || reasonFor(code, joined, last) };
  }

  /** Waits, or less where it is told to stop. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    await Promise.race([promise, this.#stopping.promise]);
    cancel();
  }
}

function reasonFor(code: number, joined: boolean, last: string): string {
  const said = last === "" ? "" : ` (${last})`;
  if (code === SSH_ERROR) return `${joined ? "the connection was lost" : "cannot be reached"}${said}`;
  return `its worker ended with exit code ${code}${said}`;
}

function nobodyLeft({ name }: Host, reason: string): UserError {
  return new UserError(
    `Cannot train without workers: at least one machine of --hosts must take part, found none; the last, ` +
      `${name}, ${reason}`,
  );
}

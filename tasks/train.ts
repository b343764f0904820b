/** `deno task train`: a coordinator and its workers on this machine, from one command. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { interruptSignal } from "../common/process/interrupt.ts";
import { keepFilesPrivate } from "../common/process/private_files.ts";
import { readServerTls } from "../common/tls/tls_files.ts";
import { type Door, removeTokens, tellHowToJoin, tellOfPage } from "../coordinator/terminal/invitation.ts";
import { coordinate, type Opening } from "../coordinator/coordinate.ts";
import { type Console, stderrScreen } from "../coordinator/terminal/console.ts";
import { describeEnding, printLastWords, sayStopping, unlessComplete } from "../coordinator/run/ending.ts";
import { TRAIN_COMMAND } from "../coordinator/config/options/options.ts";
import { startOptions } from "../coordinator/run/start_options.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { chooseReadToken, chooseToken, tokenPlace } from "../coordinator/terminal/token.ts";
import { wantedDevices } from "../worker/worker_options.ts";
import { type Crew, hostsFor, startCrew } from "./workers/crew.ts";

/** Options that let in workers of others. */
const DOOR_OPTIONS = ["host", "port", "token_file", "tls_cert"] as const;

async function train(args: readonly string[]): Promise<number> {
  const { values, given } = parseOptions(TRAIN_COMMAND, args);
  const { gpu, cpu } = values;
  // The workers check this, too, but by then there is a run folder.
  wantedDevices({ gpu, cpu, require_gpu: false });
  const hosts = await hostsFor(values);
  if (!values.readable) keepFilesPrivate();
  const screen = stderrScreen();
  let opened: Console | null = null;
  const interrupt = interruptSignal(() => sayStopping(opened, screen)).signal;
  const failure = new AbortController();
  const { host, port, token_file } = values;
  const tls = await readServerTls(values, Date.now());
  const token = await chooseToken(token_file);
  const is_open = DOOR_OPTIONS.some((name) => given[name] !== undefined);
  let crew: Crew | null = null;
  const read_token = await chooseReadToken(values.read_token_file, token);
  let door: Door | null = null;
  const startWorkers = async (opening: Opening, terminal: Console) => {
    opened = terminal;
    door = { host, port: opening.port, tls, interactive: screen.interactive };
    if (is_open) await tellHowToJoin(terminal, door, { token, file: token_file });
    await tellOfPage(terminal, door, { token: read_token, file: values.read_token_file });
    crew = startCrew({
      ...{ values, hosts, opening, token, terminal },
      onFailure: (error) => failure.abort(error),
    });
  };
  const ending = await coordinate({
    ...await startOptions(values, given, { fetch, clock: SYSTEM_CLOCK, env: (name) => Deno.env.get(name) }),
    exact: true,
    now: new Date(),
    host,
    port,
    tls,
    token,
    token_place: tokenPlace(token_file, screen.interactive),
    read_token,
    public_metrics: values.public_metrics,
    task: "train",
    min_workers: Math.max(1, values.workers),
    rendezvous: is_open,
    listening: startWorkers,
    signal: AbortSignal.any([interrupt, failure.signal]),
  }, screen).catch(unlessComplete(values.auto_resume, screen)).finally(async () => {
    await crew?.stop();
    if (door !== null) await removeTokens(door);
    await screen.drained();
  });
  if (ending === null) return 0;
  const { lines, commands, exit_code } = describeEnding(ending, "train", interrupt);
  if (failure.signal.aborted) throw failure.signal.reason;
  printLastWords(screen, lines, commands);
  await screen.drained();
  return exit_code;
}

await runMain(train, { own_signals: true });
// A reader that does not read would keep the process alive.
Deno.exit();

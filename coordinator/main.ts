/** `deno task coordinator`: a run that waits for workers, here or on other machines. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { interruptSignal, STOPPED } from "../common/process/interrupt.ts";
import { keepFilesPrivate } from "../common/process/private_files.ts";
import { readServerTls } from "../common/tls/tls_files.ts";
import { coordinate } from "./coordinate.ts";
import { type Console, stderrScreen } from "./terminal/console.ts";
import { describeEnding, printLastWords, sayStopping, unlessComplete } from "./run/ending.ts";
import { COORDINATOR_COMMAND } from "./config/options/options.ts";
import { type Door, removeTokens, tellHowToJoin, tellOfPage } from "./terminal/invitation.ts";
import { openKeyList } from "./fleet/admission/key_list.ts";
import { startOptions } from "./run/start_options.ts";
import { stay } from "./live/stay.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { chooseReadToken, chooseToken, tokenPlace } from "./terminal/token.ts";

await runMain(async (args) => {
  const { values, given } = parseOptions(COORDINATOR_COMMAND, args);
  if (!values.readable) keepFilesPrivate();
  const screen = stderrScreen();
  let opened: Console | null = null;
  const { signal } = interruptSignal(() => sayStopping(opened, screen));
  const token = await chooseToken(values.token_file);
  const read_token = await chooseReadToken(values.read_token_file, token);
  const { host, token_file, read_token_file } = values;
  const allowed_keys = await openKeyList(values.allow_keys);
  const tls = await readServerTls(values, Date.now());
  let door: Door | null = null;
  const ending = await coordinate({
    ...await startOptions(values, given, { fetch, clock: SYSTEM_CLOCK, env: (name) => Deno.env.get(name) }),
    exact: false,
    now: new Date(),
    host,
    port: values.port,
    tls,
    token,
    token_place: tokenPlace(token_file, screen.interactive),
    read_token,
    allowed_keys,
    public_metrics: values.public_metrics,
    comes_back: values.fail_when_stopped,
    task: "coordinator",
    min_workers: values.min_workers,
    rendezvous: true,
    listening: async ({ port }, terminal) => {
      opened = terminal;
      door = { host, port, tls, interactive: screen.interactive };
      await tellHowToJoin(terminal, door, { token, file: token_file });
      await tellOfPage(terminal, door, { token: read_token, file: read_token_file });
    },
    signal,
  }, screen).catch(unlessComplete(values.auto_resume, screen)).finally(async () => {
    if (door !== null) await removeTokens(door);
    await screen.drained();
  });
  const { lines, commands, exit_code } = ending === null
    ? { lines: [], commands: [], exit_code: 0 }
    : describeEnding(ending, "coordinator", signal);
  printLastWords(screen, lines, commands);
  await screen.drained();
  if (values.fail_when_stopped && ending?.record.reason === "interrupted") return STOPPED;
  if (values.stay && !signal.aborted) await stay({ host, port: values.port, tls, signal });
  return exit_code;
}, { own_signals: true });
// A reader that does not read would keep the process alive.
Deno.exit();

/** `deno task coordinator`: a run that waits for workers, here or on other machines. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { interruptSignal } from "../common/process/interrupt.ts";
import { keepFilesPrivate } from "../common/process/private_files.ts";
import { together } from "../common/text/wrap.ts";
import { isLoopback, reachedAt, tellOfPage } from "./terminal/addresses.ts";
import { coordinate } from "./coordinate.ts";
import { type Console, standardError } from "./terminal/console.ts";
import { describeEnding, printLastWords, sayStopping } from "./ending.ts";
import { givenConfig } from "./config/given_config.ts";
import { COORDINATOR_COMMAND } from "./config/options.ts";
import { chooseReadToken, chooseToken, tokenPlace } from "./terminal/token.ts";

/** How workers join. The line with the token is for a person's eyes: never for a pipe or a log. */
function tellHowToJoin(
  terminal: Console,
  { url, port }: { url: string; port: number },
  token: string,
  host: string,
  interactive: boolean,
): void {
  terminal.line(`Listening on ${url}; on this machine: ${together("deno task worker")}`);
  if (isLoopback(host)) {
    terminal.line("Only workers on this machine can reach it; --host 0.0.0.0 lets others in");
  } else if (interactive) {
    const reached = `ws://${reachedAt(host)}:${port}`;
    terminal.copied("On another machine:", `WAGON_TOKEN=${token} deno task worker --coordinator ${reached}`);
  } else terminal.line("On another machine: deno task worker --coordinator URL --token-file FILE");
}

await runMain(async (args) => {
  const { values, given } = parseOptions(COORDINATOR_COMMAND, args);
  if (!values.readable) keepFilesPrivate();
  const screen = standardError();
  let opened: Console | null = null;
  const { signal } = interruptSignal(() => sayStopping(opened, screen));
  const token = await chooseToken(values.token_file);
  const read_token = await chooseReadToken(values.read_token_file, token);
  const ending = await coordinate({
    given: givenConfig(given),
    exact: false,
    out: values.out ?? null,
    resume: values.resume ?? null,
    readable: values.readable,
    now: new Date(),
    host: values.host,
    port: values.port,
    token,
    token_place: tokenPlace(values.token_file),
    read_token,
    task: "coordinator",
    min_workers: values.min_workers,
    give_up_after_s: values.give_up_after ?? null,
    rendezvous: true,
    listening: (address, terminal) => {
      tellHowToJoin(terminal, address, token, values.host, screen.interactive);
      opened = terminal;
      tellOfPage(terminal, values.host, address.port, read_token, screen.interactive);
    },
    signal,
  }, screen).finally(() => screen.drained());
  const { lines, commands, exit_code } = describeEnding(ending, "coordinator", signal);
  printLastWords(screen, lines, commands);
  await screen.drained();
  return exit_code;
}, { own_signals: true });
// A reader that does not read would keep the process alive.
Deno.exit();

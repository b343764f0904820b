/** `deno task coordinator`: a run that waits for workers, here or on other machines. */
import { parseOptions, runMain } from "../common/cli.ts";
import { interruptSignal } from "../common/interrupt.ts";
import type { Command } from "../common/options.ts";
import { coordinate } from "./coordinate.ts";
import { type Console, standardError } from "./console.ts";
import { describeEnding, STOPPING } from "./ending.ts";
import { COORDINATOR_OPTIONS, givenConfig } from "./options.ts";
import { chooseToken } from "./token.ts";

const COMMAND: Command<typeof COORDINATOR_OPTIONS> = {
  name: "deno task coordinator",
  about: "Coordinates a training run: shards the data, sums the workers' gradients, updates the weights. " +
    "Start workers with deno task worker; they may come and go.",
  options: COORDINATOR_OPTIONS,
  examples: [
    { line: "deno task coordinator", about: "the drawn strokes, for workers on this machine" },
    {
      line: "deno task coordinator --data images-idx3-ubyte.gz --preset wgan --host 0.0.0.0",
      about: "your images, for workers anywhere",
    },
  ],
};

/** How workers join. The line with the token is for a person's eyes: never for a pipe or a log. */
function tellHowToJoin(
  console: Console,
  url: string,
  token: string,
  host: string,
  interactive: boolean,
): void {
  console.line(`Listening on ${url}; on this machine: deno task worker`);
  const loopback = ["127.0.0.1", "::1", "localhost"].includes(host);
  if (loopback) console.line("Only workers on this machine can reach it; --host 0.0.0.0 lets others in");
  else if (interactive) {
    const reached = ["0.0.0.0", "::"].includes(host)
      ? url.replace(/\/\/[^/]*:/, `//${Deno.hostname()}:`)
      : url;
    console.line(`On another machine: WAGON_TOKEN=${token} deno task worker --coordinator ${reached}`);
  } else console.line("On another machine: deno task worker --coordinator URL --token-file FILE");
}

await runMain(async (args) => {
  const { values, given } = parseOptions(COMMAND, args);
  const terminal = standardError();
  const token = await chooseToken(values.token_file);
  const ending = await coordinate({
    given: givenConfig(given),
    exact: false,
    out: values.out ?? null,
    resume: values.resume ?? null,
    now: new Date(),
    host: values.host,
    port: values.port,
    token,
    min_workers: values.min_workers,
    give_up_after_s: values.give_up_after ?? null,
    rendezvous: true,
    listening: (url, console) => tellHowToJoin(console, url, token, values.host, terminal.interactive),
    signal: interruptSignal(() => terminal.write(STOPPING)).signal,
  }, terminal);
  const { lines, exit_code } = describeEnding(ending, "coordinator");
  for (const line of lines) terminal.write(`${line}\n`);
  return exit_code;
});

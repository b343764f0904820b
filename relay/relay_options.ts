/** The command line of `relay`. */
import { UserError } from "../common/errors.ts";
import type { Command, Values } from "../common/cli/options.ts";
import { checkUrl } from "../worker/worker_options.ts";
import { MEMORY_OPTION } from "../worker/memory_option.ts";

const OPTIONS = {
  upstream: {
    kind: "string",
    value: "URL",
    about:
      "Address of the run's coordinator, or of another relay, e.g. ws://10.0.0.5:7700, or wss://… for a " +
      "coordinator with TLS",
    default_text: "none: it must be given",
  },
  token_file: {
    kind: "string",
    value: "PATH",
    about: "File with the run's token, which the workers of this relay also need",
    default_text: "the environment variable WAGON_TOKEN, else the token of your coordinator on this machine",
  },
  host: {
    kind: "string",
    value: "ADDRESS",
    default: "127.0.0.1",
    about: "Address to listen on for workers; 0.0.0.0 lets other machines connect",
  },
  port: {
    kind: "number",
    integer: true,
    min: 0,
    max: 65_535,
    default: 7700,
    about: "Port to listen on; 0 means any free one",
  },
  key: {
    kind: "string",
    value: "FILE",
    about:
      "This relay's own key (PEM), for coordinators with --allow-keys; deno task keys --worker makes one",
    default_text: "none, the token is enough",
  },
  allow_keys: {
    kind: "string",
    value: "FILE",
    about:
      "Admit only workers that have the token and one of the keys in this file; it is read again when it changes",
  },
  tls_ca: {
    kind: "string",
    value: "FILE",
    about:
      "With wss://: trust only the certificates in this file (PEM), a copy of the coordinator's or of its " +
      "authority's",
    default_text: "the authorities that Deno knows",
  },
  tls_cert: {
    kind: "string",
    value: "FILE",
    about: "Encrypt the workers' connections with this certificate (PEM); deno task keys makes one",
  },
  tls_key: { kind: "string", value: "FILE", about: "Private key of --tls-cert (PEM)" },
  name: {
    kind: "string",
    value: "TEXT",
    about: "Name that the coordinator shows for this relay",
    default_text: "host name and process number",
  },
  memory: MEMORY_OPTION,
  fail_when_stopped: {
    kind: "boolean",
    about:
      "Exit with 143 if a signal stops this relay before the run is over: for schedulers that restart a relay only " +
      "if it failed",
  },
} as const;

export const RELAY_COMMAND: Command<typeof OPTIONS> = {
  name: "deno task relay",
  about:
    "Connects a coordinator with workers that share one slow link to it: weights and data cross the link once for " +
    "all of them, and their gradients are sent as one sum.",
  options: OPTIONS,
  examples: [
    {
      line: "WAGON_TOKEN=… deno task relay --upstream ws://10.0.0.5:7700 --host 0.0.0.0",
      about:
        "start a relay for workers on other machines of this network (it prints the line that they need)",
    },
    {
      line: "WAGON_TOKEN=… deno task worker --coordinator ws://RELAY:7700",
      about: "join the run through a relay, as if it were the coordinator",
    },
  ],
};

export type RelayValues = Values<typeof OPTIONS>;

/** Checks `--upstream`. Throws {@linkcode UserError}. */
export function checkUpstream(url: string | undefined): string {
  if (url !== undefined) return checkUrl(url, "--upstream");
  throw new UserError(
    "Cannot relay: --upstream must be the address of the run's coordinator or of another relay, found none; give " +
      "it, " +
      "e.g. --upstream ws://10.0.0.5:7700",
  );
}

/** The command line of `keys`. */
import type { Command, OptionTable } from "../../common/cli/options.ts";

const OPTIONS = {
  tls: {
    kind: "string",
    value: "NAME[,…]",
    repeated: true,
    about:
      "Names and addresses at which workers reach the coordinator; this machine's loopback is always one of them",
    default_text: "the name and the addresses of this machine",
  },
  worker: {
    kind: "string",
    value: "NAME",
    repeated: true,
    about: "Make a key for a worker, NAME.key, instead of a certificate, and print its line for --allow-keys",
  },
  days: {
    kind: "number",
    integer: true,
    min: 1,
    max: 3650,
    unit: "days",
    default: 365,
    about: "Days for which the certificate is valid",
  },
  out: { kind: "string", value: "DIR", default: ".", about: "Folder for the files" },
  force: { kind: "boolean", about: "Replace files that exist" },
} as const satisfies OptionTable;

export const KEYS_COMMAND: Command<typeof OPTIONS> = {
  name: "deno task keys",
  about:
    "Makes what encrypted connections need: a certificate for the coordinator (wagon.crt, which workers need, too) " +
    "and its private key (wagon.key, which stays on the coordinator's machine). With --worker, makes keys by which " +
    "workers prove who they are.",
  options: OPTIONS,
  examples: [
    { line: "deno task keys", about: "a certificate for this machine" },
    { line: "deno task keys --tls gpu-box,192.168.1.20", about: "a certificate for these names" },
    { line: "deno task keys --worker laptop >> workers.keys", about: "a key for one worker, laptop.key" },
    {
      line: "deno task coordinator --host 0.0.0.0 --tls-cert wagon.crt --tls-key wagon.key",
      about: "use it; the line for workers that this prints has --tls-ca wagon.crt",
    },
  ],
};

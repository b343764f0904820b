/** The command line of `keys`. */
import type { Command, OptionTable } from "../../common/cli/options.ts";

const OPTIONS = {
  tls: {
    kind: "string",
    value: "NAME[,…]",
    repeated: true,
    about:
      "Names and addresses at which workers reach the coordinator; the certificate is always valid for this " +
      "machine's loopback addresses, too",
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
  force: { kind: "boolean", about: "Replace existing files" },
} as const satisfies OptionTable;

export const KEYS_COMMAND: Command<typeof OPTIONS> = {
  name: "deno task keys",
  about:
    "Makes the files for encrypted connections: a certificate for the coordinator (wagon.crt, which workers also " +
    "need) and its private key (wagon.key, which stays on the coordinator's machine). With --worker, makes keys " +
    "with which workers prove their identity.",
  options: OPTIONS,
  examples: [
    { line: "deno task keys", about: "make a certificate for this machine" },
    { line: "deno task keys --tls gpu-box,192.168.1.20", about: "make a certificate for these names" },
    {
      line: "deno task keys --worker laptop >> workers.keys",
      about: "make laptop.key, and list its public key",
    },
    {
      line: "deno task coordinator --host 0.0.0.0 --tls-cert wagon.crt --tls-key wagon.key",
      about: "use the certificate; the line that this prints for workers has --tls-ca wagon.crt",
    },
  ],
};

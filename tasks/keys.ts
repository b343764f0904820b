/** `deno task keys`: makes the files that encrypted connections need, and workers' own keys. */
import { hostname } from "node:os";
import { join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Values } from "../common/cli/options.ts";
import { UserError } from "../common/errors.ts";
import { shellWord } from "../common/text/shell_word.ts";
import { dayOf, readCertificate } from "../common/tls/certificate.ts";
import { ownInterfaces, reachedAt } from "../coordinator/terminal/addresses.ts";
import { newWorkerKey } from "../wire/proof/worker_key.ts";
import { certificateNames } from "./keys/certificate_names.ts";
import { writeNewFiles } from "./keys/key_files.ts";
import { KEYS_COMMAND } from "./keys/options.ts";
import { pem, selfSigned } from "./keys/self_signed.ts";

type KeysValues = Values<typeof KEYS_COMMAND.options>;

const DAY_MS = 86_400_000;
/** A part of a file's name, and one word of a list. */
const WORKER_NAME = /^[\w][\w.-]{0,63}$/;

/** The name of this machine, and the addresses that others reach. */
function ownNames(): string[] {
  return [hostname().toLowerCase(), ...reachedAt("0.0.0.0", ownInterfaces)];
}

async function makeCertificate({ tls, days, out, force }: KeysValues): Promise<void> {
  const names = certificateNames(tls, ownNames);
  const { cert, key } = await selfSigned({ names, now_ms: Date.now(), valid_ms: days * DAY_MS });
  const [cert_file, key_file] = [join(out, "wagon.crt"), join(out, "wagon.key")];
  await writeNewFiles([
    { path: key_file, text: key, is_secret: true },
    { path: cert_file, text: cert, is_secret: false },
  ], force);
  const { not_after_ms, sha256 } = readCertificate(cert);
  console.error([
    `Wrote ${cert_file} and ${key_file}: for ${names.join(", ")}; valid until ${dayOf(not_after_ms)}; ` +
    `SHA-256 ${sha256.slice(0, 16)}…`,
    `Start the coordinator with: --tls-cert ${shellWord(cert_file)} --tls-key ${shellWord(key_file)}`,
    `Copy ${cert_file} to each worker's machine, and start the worker with --tls-ca; ${key_file} stays here`,
  ].join("\n"));
}

async function makeWorkerKeys({ worker: names, out, force }: KeysValues): Promise<void> {
  for (const name of names) {
    if (WORKER_NAME.test(name)) continue;
    throw new UserError(
      `Option --worker must be a name of letters, digits and . _ - for a file: found ${JSON.stringify(name)}`,
    );
  }
  const made = await Promise.all([...new Set(names)].map(async (name) => {
    const { pkcs8, public_key } = await newWorkerKey();
    const path = join(out, `${name}.key`);
    return { line: `${name} ${public_key}`, path, text: pem("PRIVATE KEY", pkcs8), is_secret: true };
  }));
  await writeNewFiles(made, force);
  console.log(made.map(({ line }) => line).join("\n"));
  for (const { path } of made) {
    console.error(`Wrote ${path}: start the worker with --key ${shellWord(path)}, and keep the file secret`);
  }
  console.error("Add the printed lines to the coordinator's --allow-keys file; they are not secret");
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(KEYS_COMMAND, args);
  if (values.worker.length > 0) await makeWorkerKeys(values);
  if (values.worker.length === 0 || values.tls.length > 0) await makeCertificate(values);
}

if (import.meta.main) await runMain(main);

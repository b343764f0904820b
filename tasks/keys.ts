/** `deno task keys`: makes the files that encrypted connections need. */
import { hostname } from "node:os";
import { join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { shellWord } from "../common/text/shell_word.ts";
import { dayOf, readCertificate } from "../common/tls/certificate.ts";
import { ownInterfaces, reachedAt } from "../coordinator/terminal/addresses.ts";
import { certificateNames } from "./keys/certificate_names.ts";
import { writeNewFiles } from "./keys/key_files.ts";
import { KEYS_COMMAND } from "./keys/options.ts";
import { selfSigned } from "./keys/self_signed.ts";

const DAY_MS = 86_400_000;

/** The name of this machine, and the addresses that others reach. */
function ownNames(): string[] {
  return [hostname().toLowerCase(), ...reachedAt("0.0.0.0", ownInterfaces)];
}

async function main(args: readonly string[]): Promise<void> {
  const { values: { tls, days, out, force } } = parseOptions(KEYS_COMMAND, args);
  const names = certificateNames(tls, ownNames);
  const { cert, key } = await selfSigned({ names, now_ms: Date.now(), valid_ms: days * DAY_MS });
  const [cert_file, key_file] = [join(out, "wagon.crt"), join(out, "wagon.key")];
  await writeNewFiles([
    { path: key_file, text: key, is_secret: true },
    { path: cert_file, text: cert, is_secret: false },
  ], force);
  const { not_after_ms, sha256 } = readCertificate(cert);
  console.log([
    `Wrote ${cert_file} and ${key_file}: for ${names.join(", ")}; valid until ${dayOf(not_after_ms)}; ` +
    `SHA-256 ${sha256.slice(0, 16)}…`,
    `Start the coordinator with: --tls-cert ${shellWord(cert_file)} --tls-key ${shellWord(key_file)}`,
    `Copy ${cert_file} to each worker's machine, and start the worker with --tls-ca; ${key_file} stays here`,
  ].join("\n"));
}

if (import.meta.main) await runMain(main);

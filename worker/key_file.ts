/** The file with a worker's own key (`--key`). */
import { UserError } from "../common/errors.ts";
import { readNamed } from "../common/files/named_file.ts";
import { readWorkerKey, type WorkerKey } from "../wire/proof/worker_key.ts";

/** Throws {@linkcode UserError}. */
export async function readKeyFile(file: string): Promise<WorkerKey> {
  const { text } = await readNamed(file).catch((error: Error) => {
    throw new UserError(
      `Cannot read ${file}: a readable file is required, found ${error.message}; check --key`,
    );
  });
  return await readWorkerKey(text).catch(() => {
    throw new UserError(
      `Cannot use key file ${file}: an Ed25519 private key in PEM is required, found something else; make one with ` +
        "deno task keys --worker NAME",
    );
  });
}

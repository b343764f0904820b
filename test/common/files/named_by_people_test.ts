/** Every small file that a person names: its reader waits for nobody, and takes no more than such a file can have. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { readServerTls, readTrusted } from "../../../common/tls/tls_files.ts";
import { givenConfig } from "../../../coordinator/config/given_config.ts";
import { readScaling } from "../../../coordinator/data/scaling.ts";
import { openKeyList } from "../../../coordinator/fleet/admission/key_list.ts";
import { chooseToken } from "../../../coordinator/terminal/token.ts";
import { slurmScript } from "../../../tasks/slurm.ts";
import { hostsFor } from "../../../tasks/workers/crew.ts";
import { readKeyFile } from "../../../worker/key_file.ts";
import { inTempDir } from "../../temp_dir.ts";

/** More than the 16 MiB that are read. */
const LARGE_BYTES = 2 ** 24 + 1;

const READERS: Readonly<Record<string, (path: string) => unknown>> = {
  "--config": (config) => givenConfig({ config }),
  "--scale": readScaling,
  "--tls-cert": (path) => readServerTls({ tls_cert: path, tls_key: path }, 0),
  "--tls-ca": readTrusted,
  "--key": readKeyFile,
  "--allow-keys": openKeyList,
  "--token-file": chooseToken,
  "--hosts": (hosts) => hostsFor({ hosts, workers: 1 } as Parameters<typeof hostsFor>[0]),
  "--sweep": (path) => slurmScript(["--sweep", path, "--", "--steps", "1"]),
};

for (const [option, read] of Object.entries(READERS)) {
  Deno.test(`a file of ${option} is no device, and has no more than 16 MiB`, () =>
    inTempDir(async (folder) => {
      const large = join(folder, "large");
      await Deno.writeFile(large, new Uint8Array(0));
      await Deno.truncate(large, LARGE_BYTES);
      for (
        const [path, found] of [["/dev/null", /found a device/], [
          large,
          /found more than 16777216 bytes/,
        ]] as const
      ) {
        await assert.rejects(async () => await read(path), (error) => {
          return error instanceof UserError && found.test(error.message);
        });
      }
    }));
}

Deno.test("the file of a sweep is read again by each job: a pipe is refused", () =>
  inTempDir(async (folder) => {
    const pipe = join(folder, "pipe");
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    const writer = new Deno.Command("sh", { args: ["-c", 'echo "--lr 1e-4" > "$0"', pipe] }).spawn();
    const script = slurmScript(["--sweep", pipe, "--", "--steps", "1"]);
    await assert.rejects(script, { name: "UserError", message: /found a pipe/ });
    await writer.status;
  }));

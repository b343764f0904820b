/** Small files that a person names, damaged: certificates, keys, lists of them, settings, machines. */
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { readServerTls, readTrusted } from "../../common/tls/tls_files.ts";
import { givenConfig } from "../../coordinator/config/given_config.ts";
import { openKeyList } from "../../coordinator/fleet/admission/key_list.ts";
import { newWorkerKey } from "../../wire/proof/worker_key.ts";
import { pem, selfSigned } from "../../tasks/keys/self_signed.ts";
import { readHosts } from "../../tasks/workers/hosts_file.ts";
import { readKeyFile } from "../../worker/key_file.ts";
import type { Chance } from "./chance.ts";
import { mutateBytes, mutateValue } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Share of the files that stay as they are, and have to be read. */
const WHOLE = 0.05;
const DAY_MS = 86_400_000;
const NOW_MS = Date.parse("2026-06-01");

const CONFIG = {
  preset: "wgan",
  steps: 100,
  lr: 1e-4,
  data: "images.npy",
  scale: "minmax",
  labels: "auto",
  exact: true,
  holdout: 0.1,
};
const HOSTS = '# machines\nme@gpu-box gpu=0,1 threads=2\n10.0.0.2 dir="/data/my wagon"\n';

type File = { readonly text: string; readonly read: (path: string, bytes: Uint8Array) => unknown };

export class NamedTarget implements Target {
  readonly name = "named files";
  readonly #folder: string;
  readonly #files: Readonly<Record<string, File>>;

  private constructor(folder: string, files: Readonly<Record<string, File>>) {
    this.#folder = folder;
    this.#files = files;
  }

  /** `folder` is the target's own. */
  static async open(folder: string): Promise<NamedTarget> {
    const { cert, key } = await selfSigned({ names: ["a.example"], now_ms: NOW_MS, valid_ms: DAY_MS });
    const own = await newWorkerKey();
    const [cert_file, key_file] = [join(folder, "whole.crt"), join(folder, "whole.key")];
    await Deno.writeTextFile(cert_file, cert);
    await Deno.writeTextFile(key_file, key);
    return new NamedTarget(folder, {
      "server.crt": {
        text: cert,
        read: (tls_cert) => readServerTls({ tls_cert, tls_key: key_file }, NOW_MS),
      },
      "server.key": { text: key, read: (tls_key) => readServerTls({ tls_cert: cert_file, tls_key }, NOW_MS) },
      "trusted.crt": { text: cert + cert, read: readTrusted },
      "worker.key": { text: pem("PRIVATE KEY", own.pkcs8), read: readKeyFile },
      "allowed.keys": {
        text: `# who\nlaptop ${own.public_key}\nbox ${"0a".repeat(32)}\n`,
        read: openKeyList,
      },
      "hosts.txt": {
        text: HOSTS,
        read: (_, bytes) => readHosts(new TextDecoder().decode(bytes), "hosts.txt"),
      },
      "config.json": { text: JSON.stringify(CONFIG), read: (config) => givenConfig({ config }, () => {}) },
    });
  }

  async attempt(chance: Chance): Promise<string> {
    const name = chance.of(Object.keys(this.#files)), { text, read } = this.#files[name]!;
    const is_whole = chance.is(WHOLE), of_values = !is_whole && name === "config.json" && chance.is(0.7);
    const changed = new TextEncoder().encode(of_values ? JSON.stringify(mutateValue(CONFIG, chance)) : text);
    const bytes = is_whole || (of_values && chance.is(0.8)) ? changed : mutateBytes(changed, chance);
    const path = join(this.#folder, name);
    await Deno.writeFile(path, bytes);
    try {
      await read(path, bytes);
      return `${name} read`;
    } catch (error) {
      if (is_whole || !(error instanceof UserError) || error.message.includes("\n")) throw error;
      return `${name} refused`;
    }
  }
}

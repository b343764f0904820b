/** Keys of a control plane on loopback, and the configuration with which kubectl and the controllers reach it. */
import { join } from "node:path";

/** Of the administrator, who is the only one. */
export const TOKEN = "only-on-loopback";

/** What a program printed and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], env, stdin: "null" })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Keys with which tokens of accounts are signed, and the token of the administrator. */
export async function writeKeys(folder: string): Promise<void> {
  const key = join(folder, "sa.key");
  for (
    const args of [["genrsa", "-out", key, "2048"], [
      "rsa",
      "-in",
      key,
      "-pubout",
      "-out",
      join(folder, "sa.pub"),
    ]]
  ) {
    const { code, stderr } = await run("openssl", args);
    if (code !== 0) throw new Error(`openssl must make a key: found ${stderr}`);
  }
  await Deno.writeTextFile(join(folder, "tokens.csv"), `${TOKEN},admin,admin,system:masters\n`, {
    mode: 0o600,
  });
}

/** The file `kubeconfig`. */
export async function writeKubeconfig(folder: string, server: string): Promise<void> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: TOKEN } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await Deno.writeTextFile(join(folder, "kubeconfig"), JSON.stringify(config), { mode: 0o600 });
}

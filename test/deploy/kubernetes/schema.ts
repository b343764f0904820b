/**
 * A strict check of manifests without a server: each is written as a literal of its type in kubernetes-types and given to
 * the type checker, which finds unknown fields, missing ones, and wrong types.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lockedBy } from "../../../tasks/task_command.ts";
import type { Manifest } from "./manifests.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CUSTOM = new URL("./custom_resources.ts", import.meta.url).href;
/** Where kubernetes-types has the types of a group. */
const FOLDERS: Readonly<Record<string, string>> = {
  "v1": "core/v1",
  "apps/v1": "apps/v1",
  "batch/v1": "batch/v1",
  "policy/v1": "policy/v1",
  "networking.k8s.io/v1": "networking/v1",
};
const CUSTOM_GROUPS = ["jobset.x-k8s.io/v1alpha2", "trainer.kubeflow.org/v1alpha1"];

/** A manifest, and where it comes from. `partial`: a patch, which may leave out anything. */
export interface Checked {
  readonly where: string;
  readonly manifest: Manifest;
  readonly partial: boolean;
}

function typeOf({ apiVersion, kind }: Manifest): string {
  if (CUSTOM_GROUPS.includes(apiVersion)) return `import("${CUSTOM}").${kind}`;
  const folder = FOLDERS[apiVersion];
  if (folder === undefined) {
    throw new Error(`A manifest must be of a known group: found ${apiVersion} ${kind}`);
  }
  return `import("kubernetes-types/${folder}.d.ts").${kind}`;
}

function sourceOf(checked: readonly Checked[]): string {
  const partial =
    "export type Part<T> = T extends (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;";
  const literals = checked.map(({ where, manifest, partial }, i) => {
    const type = typeOf(manifest);
    return `// ${where}\nexport const m${i}: ${partial ? `Part<${type}>` : type} = ${
      JSON.stringify(manifest, null, 2)
    };`;
  });
  return [partial, ...literals].join("\n");
}

/** What the type checker finds; "" if nothing. */
export async function schemaFaults(checked: readonly Checked[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "manifests.ts");
    await Deno.writeTextFile(file, sourceOf(checked));
    const args = ["check", "--quiet", "--config", join(ROOT, "deno.json"), ...lockedBy(), file];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } })
      .output();
    return success ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

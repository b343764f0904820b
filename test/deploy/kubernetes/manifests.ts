/** The manifests of deploy/kubernetes: read as they are, and as kustomize puts them together. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

export const FOLDER = fileURLToPath(new URL("../../../deploy/kubernetes/", import.meta.url));

/** What is applied, as folders below {@linkcode FOLDER}. */
export const ENTRIES = ["overlays/cpu", "overlays/nvidia", "overlays/spot", "jobset", "kubeflow"] as const;
export type Entry = typeof ENTRIES[number];

/** An object of Kubernetes, as far as all have the same form. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** All documents of a YAML text. Throws where it is none. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if ("errors" in document && document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Manifest;
  }).filter((manifest) => manifest !== null);
}

/** Paths of all files, from {@linkcode FOLDER}. */
export function manifestFiles(below = ""): string[] {
  return [...Deno.readDirSync(join(FOLDER, below))].flatMap(({ name, isDirectory }) => {
    const path = join(below, name);
    return isDirectory ? manifestFiles(path) : [path];
  }).sort();
}

export function manifestsIn(file: string): Manifest[] {
  return readManifests(Deno.readTextFileSync(join(FOLDER, file)));
}

/** True if kubectl, which has kustomize, is installed. */
export const HAS_KUBECTL = await new Deno.Command("kubectl", { args: ["version", "--client"] }).output()
  .then(({ success }) => success, () => false);

/** Puts a folder together, as `kubectl apply -k` does before it sends it. */
export async function render(folder: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("kubectl", { args: ["kustomize", folder] })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return text(stdout);
  throw new Error(`kubectl kustomize ${folder} must succeed: found ${text(stderr)}`);
}

export async function rendered(entry: Entry): Promise<Manifest[]> {
  return readManifests(await render(join(FOLDER, entry)));
}

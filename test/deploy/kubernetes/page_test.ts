/** docs/on-kubernetes.md: its commands name what is there. `deno task kube-proof` runs the first ones on a cluster. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { manifestFiles, manifestsIn } from "./manifests.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGE = await Deno.readTextFile(`${ROOT}docs/on-kubernetes.md`);
const BLOCKS = [...PAGE.matchAll(/^```(\w*)\n(.*?)^```/gms)];
const COMMANDS = BLOCKS.filter(([, language]) => language === "sh").flatMap(([, , text]) =>
  text!.trimEnd().split("\n")
);
const NAMES = manifestFiles().filter((file) => !file.endsWith("kustomization.yaml")).flatMap(manifestsIn)
  .flatMap(({ kind, metadata: { name } }) => [name, `${kind.toLowerCase()}/${name}`]);

Deno.test("docs/on-kubernetes.md: folders that are applied, and objects that are named, are there", async () => {
  const folders = [...PAGE.matchAll(/ -k (\S*[\w/])/g)].map(([, folder]) => folder!);
  assert.ok(folders.length >= 4, folders.join());
  for (const folder of folders) await Deno.stat(`${ROOT}${folder}/kustomization.yaml`);
  const named = COMMANDS.join("\n").match(/\b(?:\w+\/)?wagon-(?!run\b)[\w-]+/g)!;
  // Some are made by a command of the page.
  const made = COMMANDS.flatMap((line) => /^kubectl create secret \w+ (\S+)/.exec(line)?.[1] ?? []);
  for (const name of named) assert.ok([...NAMES, ...made].includes(name.replace(/-0$/, "")), name);
  const overlay = await Deno.readTextFile(`${ROOT}deploy/kubernetes/overlays/cpu/kustomization.yaml`);
  for (const line of ["kubectl apply -k ", "kubectl rollout status "]) {
    const command = COMMANDS.find((one) => one.startsWith(line))!;
    assert.ok(overlay.includes(`#     ${command}\n`), command);
  }
});

Deno.test("docs/on-kubernetes.md: the first run needs two commands", () => {
  const [first] = BLOCKS.filter(([, language]) => language === "sh");
  assert.equal(first![2]!.trimEnd().split("\n").length, 2);
});

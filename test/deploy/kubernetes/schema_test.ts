/** Every manifest of deploy/kubernetes against the types of its kind, and that the check finds faults. */
import assert from "node:assert/strict";
import { type Manifest, manifestFiles, manifestsIn } from "./manifests.ts";
import { type Checked, schemaFaults } from "./schema.ts";

/** Patches, which have a part of what they change. */
const isPatch = (file: string) => /^(overlays|components)\//.test(file);

const ALL: readonly Checked[] = manifestFiles().filter((file) => !file.endsWith("kustomization.yaml"))
  .flatMap((file) =>
    manifestsIn(file).map((manifest) => ({ where: file, manifest, partial: isPatch(file) }))
  );

function of(kind: string): Checked {
  return ALL.find(({ manifest, partial }) => manifest.kind === kind && !partial)!;
}

/** The same with one change in its text. */
function changed(checked: Checked, from: string, to: string): Checked {
  const text = JSON.stringify(checked.manifest);
  assert.ok(text.includes(from), from);
  return { ...checked, manifest: JSON.parse(text.replace(from, to)) as Manifest };
}

Deno.test("Kubernetes: every manifest has the fields and the values of its kind, and no others", async () => {
  assert.ok(ALL.length >= 15, `${ALL.length}`);
  assert.equal(await schemaFaults(ALL), "");
});

Deno.test("Kubernetes: the check finds unknown, missing and wrong fields", async () => {
  const faults = await schemaFaults([
    changed(of("Job"), '"parallelism"', '"paralelism"'),
    changed(of("Job"), '"action":"Ignore",', ""),
    changed(of("StatefulSet"), '"readOnlyRootFilesystem"', '"readOnlyRootFileSystem"'),
    changed(of("Service"), '"port":7700', '"port":"7700"'),
    changed(of("JobSet"), '"operator":"All"', '"operator":"Most"'),
    changed(of("ClusterTrainingRuntime"), '"replicatedJobs"', '"replicatedJob"'),
    changed(of("NetworkPolicy"), '"policyTypes"', '"types"'),
  ]);
  for (
    const word of [
      "paralelism",
      "action",
      "readOnlyRootFileSystem",
      "port",
      '"Most"',
      "replicatedJob",
      "types",
    ]
  ) {
    assert.ok(faults.includes(word), `${word}:\n${faults}`);
  }
  assert.equal(faults.match(/^TS\d+ /gm)?.length, 7, faults);
});

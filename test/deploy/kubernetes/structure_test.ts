/** What is applied together fits together, has no more rights than it needs, and gives wagon options that it has. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseOptions } from "../../../common/cli/cli.ts";
import { COORDINATOR_COMMAND } from "../../../coordinator/config/options/options.ts";
import { WORKER_COMMAND } from "../../../worker/worker_options.ts";
import { inTempDir } from "../../temp_dir.ts";
import {
  ENTRIES,
  FOLDER,
  HAS_KUBECTL,
  type Manifest,
  manifestFiles,
  manifestsIn,
  readManifests,
  render,
  rendered,
} from "./manifests.ts";
import { type Container, podTemplates } from "./pod_templates.ts";
import { structureFaults } from "./structure.ts";

const CONFIG: Manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "wagon-run" } };
/** Without kustomize: what the overlays build on, and what their generator makes. */
const BASE = [
  ...["tokens/tokens.yaml", ...manifestFiles("base")].filter((file) => !file.endsWith("kustomization.yaml"))
    .flatMap(manifestsIn),
  CONFIG,
];

function checkArgs({ args = [], name }: Container): void {
  const [task, ...words] = args.map((word) => word.replace("$(CPUS)", "2"));
  assert.ok(task === "coordinator" || task === "worker", `${name}: ${task}`);
  if (task === "worker") parseOptions(WORKER_COMMAND, words);
  else parseOptions(COORDINATOR_COMMAND, words);
}

Deno.test("Kubernetes: the base fits together", () => {
  assert.deepEqual(structureFaults(BASE), []);
  const containers = BASE.flatMap(podTemplates).flatMap(({ template }) => template.spec.containers);
  assert.deepEqual(containers.map(({ name }) => name), ["coordinator", "worker"]);
  containers.forEach(checkArgs);
});

Deno.test("Kubernetes: the check finds what does not fit together", () => {
  const faultsWith = (from: string, to: string) => {
    const text = JSON.stringify(BASE);
    assert.ok(text.includes(from), from);
    return structureFaults(JSON.parse(text.replace(from, to)) as Manifest[]).join("\n");
  };
  const cases: readonly [string, string, RegExp][] = [
    ['"secretName":"wagon-token"', '"secretName":"wagon"', /needs the Secret wagon,/],
    ['"configMap":{"name":"wagon-run"}', '"configMap":{"name":"run"}', /needs the ConfigMap run,/],
    [
      '"name":"tmp","mountPath"',
      '"name":"temp","mountPath"',
      /mounts temp[^]*volume tmp, which nobody mounts/,
    ],
    ['"path":"/readyz","port":"wagon"', '"path":"/readyz","port":"web"', /probes web/],
    ['"targetPort":"wagon"', '"targetPort":"web"', /Service wagon-coordinator leads to the port web/],
    [
      '"app.kubernetes.io/component":"coordinator"},"ports"',
      '"app.kubernetes.io/component":"x"},"ports"',
      /Service .* found 0/,
    ],
    ['"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false', /root file system/],
    ['"runAsNonRoot":true', '"runAsNonRoot":false', /must not have root/],
    ['"action":"Ignore"', '"action":"Forgive"', /found Forgive/],
    ['"name":"CPUS"', '"name":"WAGON_TOKEN"', /a secret in WAGON_TOKEN/],
  ];
  for (const [from, to, fault] of cases) assert.match(faultsWith(from, to), fault);
});

for (const entry of ENTRIES) {
  Deno.test({
    name: `Kubernetes: ${entry} fits together as kustomize puts it together`,
    ignore: !HAS_KUBECTL,
    fn: async () => {
      const manifests = await rendered(entry);
      assert.deepEqual(structureFaults(manifests), []);
      const containers = manifests.flatMap(podTemplates).flatMap(({ template }) => template.spec.containers);
      assert.equal(containers.length, 2);
      containers.forEach(checkArgs);
      const run = manifests.find(({ kind }) => kind === "ConfigMap") as unknown as {
        data: Record<string, string>;
      };
      await inTempDir(async (folder) => {
        const file = join(folder, "run.json");
        await Deno.writeTextFile(file, run.data["run.json"]!);
        parseOptions(COORDINATOR_COMMAND, ["--config", file]);
        assert.equal(typeof JSON.parse(run.data["run.json"]!), "object");
      });
    },
  });
}

/** Made by hand, of a certificate. */
const SECRET: Manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "wagon-tls" } };

/** An overlay with one more component, as kustomize puts it together. */
async function withComponent(entry: string, component: string): Promise<Manifest[]> {
  let text = "";
  await inTempDir(async (folder) => {
    const copy = join(folder, "kubernetes");
    await new Deno.Command("cp", { args: ["-R", FOLDER, copy] }).output();
    const file = join(copy, entry, "kustomization.yaml");
    await Deno.writeTextFile(file, `components:\n  - ../../components/${component}\n`, { append: true });
    text = await render(join(copy, entry));
  });
  return readManifests(text);
}

Deno.test({
  name: "Kubernetes: with data of one's own",
  ignore: !HAS_KUBECTL,
  fn: async () => {
    const manifests = await withComponent("overlays/cpu", "data");
    assert.deepEqual(structureFaults(manifests, ["wagon-data"]), []);
    assert.match(structureFaults(manifests).join(), /needs the PersistentVolumeClaim wagon-data/);
  },
});

for (const entry of ["overlays/cpu", "overlays/nvidia"]) {
  Deno.test({
    name: `Kubernetes: ${entry} with TLS: workers trust the certificate alone, and have no key`,
    ignore: !HAS_KUBECTL,
    fn: async () => {
      const manifests = await withComponent(entry, "tls");
      assert.deepEqual(structureFaults([...manifests, SECRET]), []);
      assert.match(structureFaults(manifests).join(), /needs the Secret wagon-tls/);
      const [coordinator, worker] = manifests.flatMap(podTemplates).map(({ template }) => template.spec);
      const [door, client] = [coordinator!, worker!].map(({ containers }) => containers[0]!);
      const opened = parseOptions(COORDINATOR_COMMAND, door!.args!.slice(1)).values;
      assert.deepEqual([opened.tls_cert, opened.tls_key], [
        "/etc/wagon/tls/tls.crt",
        "/etc/wagon/tls/tls.key",
      ]);
      const joined = parseOptions(
        WORKER_COMMAND,
        client!.args!.slice(1).map((word) => word.replace("$(CPUS)", "2")),
      ).values;
      assert.deepEqual([joined.coordinator, joined.tls_ca], [
        "wss://wagon-coordinator:7700",
        "/etc/wagon/tls/tls.crt",
      ]);
      const text = JSON.stringify(manifests);
      assert.equal(text.match(/"scheme":"HTTPS"/g)?.length, 3);
      assert.match(JSON.stringify(worker), /"secretName":"wagon-tls"/);
      assert.match(JSON.stringify(worker), /"items":\[\{"key":"tls.crt","path":"tls.crt"\}\]/);
    },
  });
}

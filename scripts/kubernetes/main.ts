/**
 * `deno task kube-proof`: deploy/kubernetes on a real control plane of Kubernetes on this machine. Every manifest is sent
 * to the API server, and runs have their pods deleted, drained and scaled by real controllers, each beside a local run,
 * step by step. Pods are processes (container.ts).
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { taskCommand } from "../../tasks/task_command.ts";
import { cloneInto } from "../slurm/clone.ts";
import { Container } from "./container.ts";
import { ControlPlane, missingPrograms } from "./control_plane.ts";
import { checkManifests } from "./dry_runs.ts";
import { Kubelet } from "./kubelet.ts";
import { happen, SCENARIOS } from "./scenarios.ts";
import type { Outcome } from "./outcome.ts";
import type { Site } from "./trial.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const OPTIONS = {
  servers: {
    kind: "string",
    value: "DIR",
    about: "Folder with kube-apiserver, kube-controller-manager and kube-scheduler",
  },
  crds: {
    kind: "string",
    value: "FILE",
    repeated: true,
    about:
      "Definitions of custom resources for JobSet and Kubeflow; without them their manifests are not sent",
  },
  only: {
    kind: "string",
    value: "NAME",
    repeated: true,
    about: `Only these runs: ${SCENARIOS.map(({ name }) => name).join(", ")}`,
  },
  manifests: { kind: "boolean", about: "Only send the manifests, which needs no controllers and no root" },
  steps: { kind: "number", integer: true, min: 500, default: 6_000, about: "Length of each run" },
  verbose: { kind: "boolean", about: "Print what happens to pods" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task kube-proof",
  about:
    "Sends the manifests of deploy/kubernetes to a real API server, and trains in pods that real controllers make, while " +
    "they are deleted, drained and scaled. Needs root, the servers of Kubernetes, Debian's etcd-server, kubectl and openssl.",
  options: OPTIONS,
  examples: [{ line: "deno task kube-proof --servers DIR", about: "about ten minutes on two cores" }],
};

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string }).denoDir;
}

/** A user's edit: what to train. */
async function editOverlay(manifests: string, run: unknown): Promise<void> {
  const file = join(manifests, "overlays/cpu/kustomization.yaml");
  const text = await Deno.readTextFile(file);
  const edited = text.replace(/run\.json=\{[^}]*\}/, `run.json=${JSON.stringify(run)}`);
  if (edited === text) throw new Error("The overlay must say what to train: found nothing to replace");
  await Deno.writeTextFile(file, edited);
}

/** The same run on this machine alone. */
async function trainLocally(clone: string, run: unknown, out: string): Promise<void> {
  const config = `${out}.json`;
  await Deno.writeTextFile(config, JSON.stringify(run));
  const args = [...taskCommand("train"), "--config", config, "--out", out];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: clone,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  })
    .output();
  if (!success) throw new Error(`The local run must train: found ${new TextDecoder().decode(stderr)}`);
}

const STORAGE_CLASS = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "local", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kubernetes.io/no-provisioner",
  volumeBindingMode: "WaitForFirstConsumer",
};

function rowOf(name: string, about: string, { pods, made_again, pause_s, same, leaks }: Outcome): string {
  const seen = leaks.length === 0 ? "nowhere" : `**${leaks.join(", ")}**`;
  return `| ${name} | ${about} | ${pods} | ${made_again} | ${pause_s.toFixed(1)} s | ${seen} | ${
    same ? "yes" : "**no**"
  } |`;
}

async function runAll(site: Site, chosen: typeof SCENARIOS): Promise<boolean> {
  console.log(
    "| run | what happens | pods | steps computed again | longest pause | token exposed | same weights |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  let good = true;
  for (const scenario of chosen) {
    const outcome = await happen(site, scenario);
    console.log(rowOf(scenario.name, scenario.about, outcome));
    good &&= outcome.same && outcome.leaks.length === 0;
  }
  return good;
}

async function main(args: readonly string[]): Promise<number> {
  const { servers, crds, only, manifests, steps, verbose } = parseOptions(COMMAND, args).values;
  const missing = missingPrograms(servers, !manifests);
  if (missing.length > 0) {
    throw new UserError(
      `Cannot start Kubernetes: ${
        missing.join(", ")
      } must be there; give --servers DIR, and install etcd-server`,
    );
  }
  const chosen = SCENARIOS.filter(({ name }) => only.length === 0 || only.includes(name));
  const folder = await Deno.makeTempDir({ prefix: "wagon-kube-" });
  // Pods are other users.
  await Deno.chmod(folder, 0o755);
  const at = (name: string) => join(folder, name);
  try {
    for (const name of ["plane", "pods", "volumes"]) await Deno.mkdir(at(name));
    await using plane = await ControlPlane.start(at("plane"), servers!, !manifests);
    console.log(await plane.must("version"));
    if (!await checkManifests(plane, join(ROOT, "deploy/kubernetes"), crds)) return 1;
    if (manifests) return 0;
    await cloneInto(at("clone"));
    // As the image has it: where a volume is mounted.
    await Deno.mkdir(at("clone/runs"));
    const run = { preset: "strokes", dataset: "strokes", steps, sample_every: 0, exact: true };
    await editOverlay(at("clone/deploy/kubernetes"), run);
    await trainLocally(at("clone"), run, at("local"));
    const containerfile = await Deno.readTextFile(join(ROOT, "deploy/Containerfile"));
    await plane.client.create("/apis/storage.k8s.io/v1/storageclasses", STORAGE_CLASS);
    await using kubelet = await Kubelet.start(["node-1", "node-2", "node-3"], {
      api: plane.client,
      start: (options) => new Container(options),
      pace: { look_ms: 300, restart_ms: 1_000 },
      image: { clone: at("clone"), deno_dir: await denoDir(), containerfile },
      hosts: ["wagon-coordinator"],
      folder: at("pods"),
      tell: (line) => verbose && console.error(line),
    });
    const site: Site = {
      plane,
      kubelet,
      manifests: at("clone/deploy/kubernetes"),
      folder: at("volumes"),
      local: at("local"),
      steps,
    };
    return await runAll(site, chosen) ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

if (import.meta.main) await runMain(main);

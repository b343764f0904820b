/** One run on the cluster: applied as the page says, watched, and compared with a run on this machine alone. */
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { LOG_NAME } from "../../runlog/records.ts";
import { readRun } from "../../runlog/log/reader.ts";
import { exposures } from "../../test/e2e/exposed.ts";
import type { ControlPlane } from "./control_plane.ts";
import type { Kubelet } from "./kubelet.ts";
import { compareRuns, type Outcome } from "./outcome.ts";

const LOOK_MS = 200;
/** Longer than anything takes here. */
const DEADLINE_MS = 420_000;
const PODS = ["get", "pods", "--output=json", "--selector=app.kubernetes.io/component=worker"];

/** A cluster, the manifests as a user has edited them, and a run of the same options without Kubernetes. */
export interface Site {
  readonly plane: ControlPlane;
  readonly kubelet: Kubelet;
  /** A copy of deploy/kubernetes. */
  readonly manifests: string;
  /** For the volumes of runs. */
  readonly folder: string;
  readonly local: string;
  readonly steps: number;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: { readonly phase?: string };
  }[];
}

export async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline_ms = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline_ms) throw new Error(`${what} must be so within ${DEADLINE_MS} ms`);
    await delay(LOOK_MS);
  }
}

export class Trial {
  readonly #pods_before: number;
  readonly #seen_leaks = new Set<string>();

  private constructor(readonly site: Site, readonly namespace: string, readonly volume: string) {
    this.#pods_before = this.#numPods();
  }

  /** Makes a namespace and a volume, and applies the overlay `cpu`. */
  static async start(site: Site, name: string): Promise<Trial> {
    const volume = join(site.folder, name);
    await Deno.mkdir(volume, { recursive: true });
    await site.plane.must("create", "namespace", name);
    await site.plane.client.create("/api/v1/persistentvolumes", {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        capacity: { storage: "10Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "local",
        hostPath: { path: volume },
        claimRef: { namespace: name, name: "runs-wagon-coordinator-0" },
      },
    });
    const trial = new Trial(site, name, volume);
    await trial.apply();
    return trial;
  }

  /** The first command of the page. */
  async apply(): Promise<void> {
    await this.kubectl("apply", "-k", join(this.site.manifests, "overlays/cpu"));
  }

  get run(): string {
    return join(this.volume, "kubernetes");
  }

  #numPods(): number {
    return this.site.kubelet.pods.reduce((sum, { restarts }) => sum + 1 + restarts, 0);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.site.plane.must(`--namespace=${this.namespace}`, ...args);
  }

  /** The last step in the log; 0 before there is one. */
  async step(): Promise<number> {
    // Its first record may be on the way.
    if (!await Deno.stat(join(this.run, LOG_NAME)).then(({ size }) => size > 0, () => false)) return 0;
    let step = 0;
    try {
      for await (const record of readRun(this.run)) if (record.type === "step") step = record.step;
    } catch (error) {
      if (step > 0) throw error;
    }
    return step;
  }

  /** Waits for so many steps more than there are. */
  async trains(more = 50): Promise<void> {
    const before = await this.step();
    await until(
      `run ${this.namespace} training`,
      async () => await this.step() >= before + more ? true : null,
    );
  }

  /** Names of workers that run and are not about to go, by the node that they are on. */
  async workers(): Promise<{ name: string; node: string }[]> {
    const { items } = JSON.parse(await this.kubectl(...PODS)) as PodList;
    return items.filter(({ metadata, status }) => status.phase === "Running" && !metadata.deletionTimestamp)
      .map(({ metadata, spec }) => ({ name: metadata.name, node: spec.nodeName! }));
  }

  /** Waits until so many workers run, and none more. */
  async hasWorkers(count: number): Promise<void> {
    await until(`${count} workers`, async () => (await this.workers()).length === count ? true : null);
  }

  async scale(count: number): Promise<void> {
    const spec = { completions: count, parallelism: count };
    await this.kubectl("patch", "job", "wagon-worker", "--type=merge", `--patch=${JSON.stringify({ spec })}`);
    await this.hasWorkers(count);
  }

  async coordinatorNode(): Promise<string> {
    return await this.kubectl("get", "pod", "wagon-coordinator-0", "--output=jsonpath={.spec.nodeName}");
  }

  async #token(name: string): Promise<string> {
    return atob(await this.kubectl("get", "secret", name, "--output=jsonpath={.data.token}"));
  }

  /** Looks for both tokens in command lines, variables, logs and the run. */
  async lookForLeaks(): Promise<void> {
    const logs = this.site.kubelet.pods.map(({ log }) => log);
    for (const name of ["wagon-token", "wagon-read-token"]) {
      const token = await this.#token(name);
      for (const place of await exposures(token, this.volume)) this.#seen_leaks.add(place);
      for (const log of logs) {
        if ((await Deno.readTextFile(log).catch(() => "")).includes(token)) this.#seen_leaks.add(log);
      }
    }
  }

  /** Waits until the workers' job is complete. */
  async complete(): Promise<void> {
    await until(`job of ${this.namespace} complete`, async () => {
      const job = await this.kubectl("get", "job", "wagon-worker", "--output=jsonpath={.status.conditions}");
      if (job.includes('"FailureTarget"') || job.includes('"Failed"')) {
        throw new Error(`The job failed: ${job}\n${await this.logs()}`);
      }
      return /"Complete"/.test(job) ? true : null;
    });
  }

  /** Waits for the end of the run and of the workers' job, takes everything away, and compares. */
  async outcome(): Promise<Outcome> {
    await this.lookForLeaks();
    await this.complete();
    const phase = await this.kubectl(
      "get",
      "pod",
      "wagon-coordinator-0",
      "--output=jsonpath={.status.phase}",
    );
    const { site, run, namespace } = this;
    const pods = this.#numPods() - this.#pods_before;
    await this.lookForLeaks();
    await this.kubectl(
      "delete",
      "-k",
      join(site.manifests, "overlays/cpu"),
      "--ignore-not-found",
      "--wait=true",
      "--timeout=120s",
    );
    await this.kubectl("wait", "--for=delete", "pod", "--all", "--timeout=180s");
    await site.plane.must("delete", "namespace", namespace, "--wait=false");
    const { same, ...compared } = await compareRuns(site, run);
    return { pods, ...compared, same: same && phase === "Running", leaks: [...this.#seen_leaks] };
  }

  /** The last lines of all pods. */
  async logs(lines = 12): Promise<string> {
    const texts = await Promise.all(this.site.kubelet.pods.map(async ({ name, log }) => {
      const text = await Deno.readTextFile(log).catch(() => "");
      return `== ${name}\n${text.trimEnd().split("\n").slice(-lines).join("\n")}`;
    }));
    return texts.join("\n");
  }
}

/** Nodes of a cluster on this machine: each says that it lives, and runs the pods that the scheduler gives it. */
import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient, ApiObject } from "./api_client.ts";
import { PodRunner, type RunnerOptions } from "./pod_runner.ts";
import type { Pod } from "./pod_spec.ts";

const BEAT_MS = 5_000;
const NODES = "/api/v1/nodes";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const RESOURCES = { cpu: "16", memory: "64Gi", pods: "50", "ephemeral-storage": "200Gi" };

export interface KubeletOptions extends RunnerOptions {
  readonly api: ApiClient;
}

function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

export class Kubelet implements AsyncDisposable {
  readonly #api: ApiClient;
  readonly #options: KubeletOptions;
  readonly #names: readonly string[];
  readonly #runners = new Map<string, PodRunner>();
  #stopped = false;

  private constructor(names: readonly string[], options: KubeletOptions) {
    this.#api = options.api;
    this.#options = options;
    this.#names = names;
  }

  /** Brings nodes of these names. */
  static async start(names: readonly string[], options: KubeletOptions): Promise<Kubelet> {
    const kubelet = new Kubelet(names, options);
    for (const name of names) await kubelet.#register(name);
    void kubelet.#beat();
    void kubelet.#follow();
    return kubelet;
  }

  /** Pods that are here now. */
  get pods(): readonly PodRunner[] {
    return [...this.#runners.values()];
  }

  async #register(name: string): Promise<void> {
    const labels = { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
    await this.#api.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name, labels } });
    await this.#api.create(LEASES, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTime() },
    });
    await this.#tellReady(name);
  }

  async #tellReady(name: string): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+/, "");
    const ready = { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: now };
    await this.#api.patch(`${NODES}/${name}/status`, {
      status: { capacity: RESOURCES, allocatable: RESOURCES, conditions: [ready] },
    });
  }

  async #beat(): Promise<void> {
    while (!this.#stopped) {
      for (const name of this.#names) {
        const renewed = this.#api.patch(`${LEASES}/${name}`, { spec: { renewTime: microTime() } });
        await Promise.all([renewed, this.#tellReady(name)]).catch(() => {});
      }
      await delay(BEAT_MS);
    }
  }

  async #follow(): Promise<void> {
    try {
      for await (const { type, object } of this.#api.watch<Pod & ApiObject>("/api/v1/pods")) {
        if (this.#names.includes(object.spec.nodeName ?? "")) this.#see(type === "DELETED", object);
      }
    } catch (error) {
      if (!this.#stopped) this.#options.tell(`kubelet: ${(error as Error).message}`);
    }
  }

  #see(gone: boolean, pod: Pod): void {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    let runner = this.#runners.get(uid);
    if (gone) return runner?.vanish();
    if (runner === undefined) {
      if (["Succeeded", "Failed"].includes(pod.status.phase ?? "")) return;
      runner = new PodRunner(pod, this.#options);
      this.#runners.set(uid, runner);
    }
    if (deletionTimestamp !== undefined) runner.leave(deletionGracePeriodSeconds);
  }

  /** Kills every container. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    for (const runner of this.#runners.values()) runner.vanish();
    await Promise.all([...this.#runners.values()].map(({ ended }) => ended));
  }
}

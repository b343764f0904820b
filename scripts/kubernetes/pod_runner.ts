/** One pod of a node from its start to its end: volumes, container, probes, restarts, and what the API server is told. */
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { type ApiClient, ApiError } from "./api_client.ts";
import type { ContainerOptions, Image, Running } from "./container.ts";
import { type ContainerState, isOver, type Pod, type Probe, statusOf } from "./pod_spec.ts";
import { NotYet, PodVolumes } from "./pod_volumes.ts";

/** What of a client a runner needs. */
export type PodApi = Pick<ApiClient, "get" | "find" | "patch" | "delete">;

/** How often a runner looks at what it waits for, and how long it waits before it starts a container again. */
export interface Pace {
  readonly look_ms: number;
  readonly restart_ms: number;
}

export interface RunnerOptions {
  readonly api: PodApi;
  readonly start: (options: ContainerOptions) => Running;
  readonly pace: Pace;
  readonly image: Image;
  readonly hosts: readonly string[];
  /** For the files of all pods. */
  readonly folder: string;
  readonly tell: (line: string) => void;
}

/** Whether the port of a container answers a probe. */
async function answers(port: number, { httpGet: { path }, timeoutSeconds }: Probe): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal });
    await response.body?.cancel();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false;
  }
}

export class PodRunner {
  readonly log: string;
  readonly #options: RunnerOptions;
  readonly #pod: Pod;
  readonly #volumes: PodVolumes;
  #container: Running | null = null;
  #state: ContainerState = { kind: "waiting", reason: "ContainerCreating" };
  #restarts = 0;
  /** Time that it has left, once it is deleted. */
  #leaving: { readonly grace_ms: number } | null = null;
  #gone = false;
  readonly ended: Promise<void>;

  constructor(pod: Pod, options: RunnerOptions) {
    this.#options = options;
    this.#pod = pod;
    const folder = join(options.folder, pod.metadata.uid);
    this.#volumes = new PodVolumes(options.api, pod, join(folder, "volumes"));
    this.log = join(folder, "log");
    this.ended = this.#run(folder).catch((error) =>
      options.tell(`pod ${pod.metadata.name}: ${(error as Error).message}`)
    );
  }

  get name(): string {
    return this.#pod.metadata.name;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Ends the container as the kernel does where it has no memory left. */
  crash(): void {
    this.#container?.signal("SIGKILL");
  }

  /** The pod is deleted: SIGTERM, and SIGKILL when its time is over. */
  leave(grace_s: number): void {
    if (this.#leaving !== null) return;
    this.#leaving = { grace_ms: grace_s * 1000 };
    this.#container?.signal("SIGTERM");
    const timer = setTimeout(() => this.#container?.signal("SIGKILL"), this.#leaving.grace_ms);
    void this.ended.finally(() => clearTimeout(timer));
  }

  /** The API server has no such pod any more. */
  vanish(): void {
    this.#gone = true;
    this.leave(0);
    this.crash();
  }

  async #run(folder: string): Promise<void> {
    await Deno.mkdir(join(folder, "root"), { recursive: true });
    try {
      for (;;) {
        await this.#runOnce(folder);
        if (this.#leaving !== null || isOver(this.#pod, this.#state)) break;
        await delay(this.#options.pace.restart_ms);
        this.#restarts++;
      }
      await this.#report();
      // A pod that is over stays until somebody deletes it.
      while (this.#leaving === null) await delay(this.#options.pace.look_ms);
      await this.#remove();
    } finally {
      await this.#volumes[Symbol.asyncDispose]();
    }
  }

  async #runOnce(folder: string): Promise<void> {
    this.#state = { kind: "waiting", reason: "ContainerCreating" };
    await this.#report();
    const mounts = await this.#mounts();
    if (mounts === null) return;
    const { image, hosts, start } = this.#options;
    const container = start({
      pod: this.#pod,
      image,
      mounts,
      hosts,
      root: join(folder, "root"),
      log: this.log,
    });
    this.#container = container;
    const { started } = container;
    const over = new AbortController();
    const probed = this.#probe(started, over.signal);
    const code = await container.ended();
    this.#container = null;
    over.abort();
    await probed;
    this.#state = { kind: "ended", code, started, ended: new Date().toISOString() };
    this.#options.tell(`pod ${this.name} ended with ${code}${this.#leaving ? ", deleted" : ""}`);
    await this.#report();
  }

  /** Null where the pod is deleted before it has what it needs. */
  async #mounts() {
    while (this.#leaving === null) {
      try {
        return await this.#volumes.mounts();
      } catch (error) {
        if (!(error instanceof NotYet)) throw error;
        await delay(this.#options.pace.look_ms);
      }
    }
    return null;
  }

  /** Follows the container by its probes until it has ended. */
  async #probe(since: string, over: AbortSignal): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe, ports = [] } = this.#pod.spec.containers[0];
    const port = ports[0]?.containerPort ?? 0;
    const tell = async (started: boolean, ready: boolean) => {
      const before = this.#state;
      if (before.kind === "running" && before.started === started && before.ready === ready) return;
      this.#state = { kind: "running", since, started, ready };
      await this.#report();
    };
    const starts = await this.#tries(startupProbe, port, over, () => tell(false, false));
    if (!starts) return;
    await tell(true, readinessProbe === undefined);
    let failures = 0;
    while (!over.aborted) {
      if (readinessProbe) await tell(true, await answers(port, readinessProbe));
      if (livenessProbe) {
        failures = await answers(port, livenessProbe) ? 0 : failures + 1;
        if (failures >= livenessProbe.failureThreshold) this.crash();
      }
      await delay(this.#options.pace.look_ms);
    }
  }

  async #tries(
    probe: Probe | undefined,
    port: number,
    over: AbortSignal,
    waiting: () => Promise<void>,
  ): Promise<boolean> {
    await waiting();
    for (let i = 0; probe && !over.aborted; i++) {
      if (await answers(port, probe)) return true;
      if (i >= probe.failureThreshold * probe.periodSeconds * 1000 / this.#options.pace.look_ms) this.crash();
      await delay(this.#options.pace.look_ms);
    }
    return !over.aborted;
  }

  #path(): string {
    return `/api/v1/namespaces/${this.#pod.metadata.namespace}/pods/${this.name}`;
  }

  async #report(): Promise<void> {
    if (this.#gone) return;
    const status = statusOf(this.#pod, this.#state, this.#restarts, this.#leaving !== null);
    await this.#unlessGone(() =>
      this.#options.api.patch(`${this.#path()}/status`, { metadata: { uid: this.#pod.metadata.uid }, status })
    );
  }

  /** Tells the API server that nothing is left of a pod that is deleted. */
  async #remove(): Promise<void> {
    if (this.#gone) return;
    const { uid } = this.#pod.metadata;
    await this.#unlessGone(() =>
      this.#options.api.delete(this.#path(), { gracePeriodSeconds: 0, preconditions: { uid } })
    );
  }

  async #unlessGone(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError) || ![404, 409].includes(error.status)) throw error;
      if (error.status === 404) this.#gone = true;
    }
  }
}

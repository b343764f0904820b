/** Pods, as far as the kubelet of the proof runs them: types, and what their fields come to. Pure. */
import type { ApiObject } from "./api_client.ts";

export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string };
  readonly secret?: KeyedVolume & { readonly secretName: string };
  readonly configMap?: KeyedVolume & { readonly name: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

interface KeyedVolume {
  readonly defaultMode?: number;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: { readonly resource: string };
  };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: readonly Variable[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests?: Readonly<Record<string, string>> };
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly securityContext: { readonly readOnlyRootFilesystem?: boolean };
}

export interface Pod extends ApiObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly hostname?: string;
    readonly restartPolicy: "Always" | "Never" | "OnFailure";
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly [Container];
    readonly volumes?: readonly Volume[];
    readonly securityContext: {
      readonly runAsUser: number;
      readonly runAsGroup: number;
      readonly fsGroup?: number;
    };
  };
  readonly status: { readonly phase?: string };
}

/** An amount such as "2", "1500m" in whole units, rounded up, as a variable of a container gets it. */
export function wholeUnits(quantity: string): number {
  const milli = /^(\d+)m$/.exec(quantity);
  if (milli) return Math.ceil(Number(milli[1]) / 1000);
  if (/^\d+$/.test(quantity)) return Number(quantity);
  throw new Error(`An amount must be a number, or one of thousandths: found ${quantity}`);
}

/** A field of a pod that a variable refers to, such as metadata.name or metadata.annotations['a']. */
export function fieldOf(pod: Pod, path: string): string {
  const keyed = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as "annotations" | "labels"]?.[keyed[2]!] ?? "";
  if (path === "metadata.name") return pod.metadata.name;
  if (path === "metadata.namespace") return pod.metadata.namespace!;
  throw new Error(`A variable must refer to a field that is known: found ${path}`);
}

/** Variables of a container. */
export function variablesOf(pod: Pod, { env = [], resources }: Container): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value = "", valueFrom }) => {
    if (valueFrom?.fieldRef) return [name, fieldOf(pod, valueFrom.fieldRef.fieldPath)];
    if (!valueFrom?.resourceFieldRef) return [name, value];
    const [kind, resource] = valueFrom.resourceFieldRef.resource.split(".");
    if (kind !== "requests") throw new Error(`A variable must refer to a request: found ${kind}`);
    return [name, `${wholeUnits(resources.requests?.[resource!] ?? "0")}`];
  }));
}

/** Arguments with `$(NAME)` replaced; `$$(NAME)` and unknown names stay, as Kubernetes has it. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(\$)?\((\w+)\)/g,
    (all, escaped, name) => escaped ? `$(${name})` : variables[name] ?? all,
  );
}

/** The file of a variable-free image: its ENV and ENTRYPOINT, as a Containerfile's last stage has them. */
export function imageOf(containerfile: string): { env: Record<string, string>; entrypoint: string[] } {
  const stage = containerfile.slice(containerfile.lastIndexOf("\nFROM "));
  const env = Object.fromEntries(
    [...stage.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) =>
      line!.split(" ").map((pair) => pair.split(/=(.*)/s, 2) as [string, string])
    ),
  );
  return { env, entrypoint: JSON.parse(/^ENTRYPOINT (\[.+\])$/m.exec(stage)![1]!) as string[] };
}

export interface Ended {
  readonly code: number;
  readonly started: string;
  readonly ended: string;
}

/** State of a container, for the status of its pod. */
export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "running"; readonly since: string; readonly ready: boolean; readonly started: boolean }
  | ({ readonly kind: "ended" } & Ended);

/** True for a pod of which nothing is started again. */
export function isOver({ spec: { restartPolicy } }: Pod, state: ContainerState): boolean {
  return state.kind === "ended" && restartPolicy !== "Always";
}

/** The status that the API server is told. `leaving`: the pod is deleted, and its container not started again. */
export function statusOf(pod: Pod, state: ContainerState, restarts: number, leaving: boolean): unknown {
  const { name } = pod.spec.containers[0];
  const over = state.kind === "ended" && (leaving || isOver(pod, state));
  const ready = state.kind === "running" && state.ready;
  const phase = over
    ? (state.code === 0 ? "Succeeded" : "Failed")
    : state.kind === "waiting" && restarts === 0
    ? "Pending"
    : "Running";
  const condition = (type: string, holds: boolean) => ({ type, status: holds ? "True" : "False" });
  const terminated = state.kind === "ended"
    ? {
      exitCode: state.code,
      startedAt: state.started,
      finishedAt: state.ended,
      reason: state.code === 0 ? "Completed" : "Error",
    }
    : undefined;
  const at = state.kind === "waiting"
    ? { waiting: { reason: state.reason } }
    : state.kind === "running"
    ? { running: { startedAt: state.since } }
    : { terminated };
  return {
    phase,
    podIP: "127.0.0.1",
    hostIP: "127.0.0.1",
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", ready),
      condition("Ready", ready),
    ],
    containerStatuses: [{
      name,
      state: at,
      ready,
      started: state.kind === "running" && state.started,
      restartCount: restarts,
      image: "wagon",
      imageID: "",
    }],
  };
}

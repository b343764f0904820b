/** The pods that manifests make, wherever in them they stand. Pure. */
import type { Manifest } from "./manifests.ts";

export type Labels = Readonly<Record<string, string>>;

/** As far as it is looked at here. */
export interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: PodSpec;
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string };
  readonly configMap?: { readonly name: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

export interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name: string }[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly resources?: { readonly requests?: object; readonly limits?: object };
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly securityContext?: Readonly<Record<string, unknown>>;
}

/** A pod's template, the manifest that it is in, and names that the manifest makes itself. */
export interface Found {
  readonly where: string;
  readonly template: PodTemplate;
  readonly claims: readonly string[];
}

/** Every place in a manifest at which `at` finds something. */
export function* places(value: unknown, path = ""): Generator<{ path: string; key: string; value: unknown }> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = `${path}.${key}`;
    yield { path: at, key, value: inner };
    yield* places(inner, at);
  }
}

export function podTemplates(manifest: Manifest): Found[] {
  return [...places(manifest)].flatMap(({ path, key, value }) => {
    const template = value as PodTemplate;
    if (key !== "template" || !Array.isArray(template?.spec?.containers)) return [];
    const claims = [...places(manifest)].flatMap(({ key, value }) =>
      key === "volumeClaimTemplates"
        ? (value as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
        : []
    );
    return [{ where: `${manifest.kind} ${manifest.metadata.name}${path}`, template, claims }];
  });
}

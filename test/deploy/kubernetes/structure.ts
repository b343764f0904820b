/**
 * What no schema says of manifests: that what they name is there, that values are among those allowed, and that pods have
 * no more rights than they need. Pure.
 */
import type { Manifest } from "./manifests.ts";
import { type Found, type Labels, places, podTemplates } from "./pod_templates.ts";

/** Words that a field may have. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  action: ["Ignore", "FailJob", "Count", "FailIndex"],
  completionMode: ["Indexed", "NonIndexed"],
  podReplacementPolicy: ["Failed", "TerminatingOrFailed"],
  restartPolicy: ["Never", "Always", "OnFailure"],
  operator: ["In", "NotIn", "Exists", "Equal", "DoesNotExist", "All", "Any"],
  effect: ["NoSchedule", "NoExecute", "PreferNoSchedule"],
  medium: ["Memory", ""],
  protocol: ["TCP", "UDP", "SCTP"],
  unhealthyPodEvictionPolicy: ["AlwaysAllow", "IfHealthyBudget"],
  whenUnsatisfiable: ["ScheduleAnyway", "DoNotSchedule"],
  whenDeleted: ["Retain", "Delete"],
  whenScaled: ["Retain", "Delete"],
  fsGroupChangePolicy: ["OnRootMismatch", "Always"],
};

const namesOf = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);

/** True if labels fit a selector. */
function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** One line for each fault of manifests that are applied together. `elsewhere`: volume claims that a user makes. */
export function structureFaults(manifests: readonly Manifest[], elsewhere: readonly string[] = []): string[] {
  const pods = manifests.flatMap(podTemplates);
  return [
    ...manifests.flatMap(wordFaults),
    ...pods.flatMap((pod) => [
      ...volumeFaults(pod, manifests, elsewhere),
      ...portFaults(pod),
      ...rightFaults(pod),
      ...secretFaults(pod),
    ]),
    ...manifests.flatMap((manifest) => selectorFaults(manifest, pods)),
  ];
}

function wordFaults(manifest: Manifest): string[] {
  return [...places(manifest)].flatMap(({ path, key, value }) => {
    const words = WORDS[key];
    if (words === undefined || typeof value !== "string" || words.includes(value)) return [];
    return [`${manifest.kind}${path} must be one of ${words.join(", ")}: found ${value}`];
  });
}

function volumeFaults(
  { where, template, claims }: Found,
  manifests: readonly Manifest[],
  elsewhere: readonly string[],
): string[] {
  const { containers, volumes = [] } = template.spec;
  const names = [...volumes.map(({ name }) => name), ...claims];
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
  const needs = volumes.flatMap(({ secret, configMap, persistentVolumeClaim: claim }) => [
    ...secret ? [["Secret", secret.secretName] as const] : [],
    ...configMap ? [["ConfigMap", configMap.name] as const] : [],
    ...claim && !elsewhere.includes(claim.claimName)
      ? [["PersistentVolumeClaim", claim.claimName] as const]
      : [],
  ]);
  const account = template.spec.serviceAccountName;
  return [
    ...mounted.filter((name) => !names.includes(name)).map((name) =>
      `${where} mounts ${name}, which is no volume`
    ),
    ...names.filter((name) => !mounted.includes(name)).map((name) =>
      `${where} has the volume ${name}, which nobody mounts`
    ),
    ...[...needs, ...account === undefined ? [] : [["ServiceAccount", account] as const]]
      .filter(([kind, name]) => !namesOf(manifests, kind).includes(name))
      .map(([kind, name]) => `${where} needs the ${kind} ${name}, which is not there`),
  ];
}

function portFaults({ where, template }: Found): string[] {
  return template.spec.containers.flatMap(({ ports = [], livenessProbe, readinessProbe, startupProbe }) =>
    [livenessProbe, readinessProbe, startupProbe].flatMap((probe) => {
      const port = probe?.httpGet.port;
      return port === undefined || ports.some(({ name }) => name === port)
        ? []
        : [`${where} probes ${port}, which is no port`];
    })
  );
}

function rightFaults({ where, template: { spec } }: Found): string[] {
  const pod = spec.securityContext ?? {};
  const containers = spec.containers.flatMap(({ securityContext = {}, resources }) => [
    ...securityContext["readOnlyRootFilesystem"] === true
      ? []
      : ["a root file system that can be written to"],
    ...securityContext["allowPrivilegeEscalation"] === false ? [] : ["privilege escalation"],
    ...JSON.stringify(securityContext["capabilities"]) === '{"drop":["ALL"]}' ? [] : ["capabilities"],
    ...resources?.requests === undefined ? ["no requests"] : [],
  ]);
  const found = [
    ...containers,
    ...pod["runAsNonRoot"] === true ? [] : ["root"],
    ...JSON.stringify(pod["seccompProfile"]) === '{"type":"RuntimeDefault"}' ? [] : ["system calls"],
    ...spec.automountServiceAccountToken === false ? [] : ["credentials of the cluster"],
    ...spec.enableServiceLinks === false ? [] : ["variables of services"],
  ];
  return found.map((what) => `${where} must not have ${what}`);
}

/** Secrets come as files: whoever reads the process list or a dump of the environment sees none. */
function secretFaults({ where, template: { spec } }: Found): string[] {
  return spec.containers.flatMap(({ env = [], name }) =>
    env.filter(({ name, valueFrom }) =>
      /TOKEN/.test(name) || JSON.stringify(valueFrom ?? {}).includes("secretKeyRef")
    )
      .map((variable) => `${where}: ${name} must not have a secret in ${variable.name}`)
  );
}

function selectorFaults(manifest: Manifest, pods: readonly Found[]): string[] {
  const what = `${manifest.kind} ${manifest.metadata.name}`;
  const spec = manifest["spec"] as {
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly podSelector?: { readonly matchLabels: Labels };
    readonly ports?: readonly { readonly targetPort?: string }[];
  } | undefined;
  const selector = spec?.podSelector?.matchLabels ?? spec?.selector?.matchLabels ??
    (manifest.kind === "Service" ? spec?.selector as Labels | undefined : undefined);
  if (selector === undefined) return [];
  const chosen = pods.filter(({ template }) => selects(selector, template.metadata?.labels ?? {}));
  if (chosen.length !== 1) return [`${what} must select the pods of one template: found ${chosen.length}`];
  const ports = chosen[0]!.template.spec.containers.flatMap(({ ports = [] }) =>
    ports.map(({ name }) => name)
  );
  return manifest.kind !== "Service"
    ? []
    : (spec?.ports ?? []).flatMap(({ targetPort }) =>
      ports.includes(targetPort ?? "") ? [] : [`${what} leads to the port ${targetPort}, which is not there`]
    );
}

/** What the kubelet of `deno task kube-proof` makes of pods. */
import assert from "node:assert/strict";
import {
  type ContainerState,
  expand,
  imageOf,
  type Pod,
  statusOf,
  variablesOf,
  wholeUnits,
} from "../../../scripts/kubernetes/pod_spec.ts";

const CONTAINERFILE = await Deno.readTextFile(new URL("../../../deploy/Containerfile", import.meta.url));

function pod(restartPolicy: Pod["spec"]["restartPolicy"]): Pod {
  return {
    metadata: {
      name: "p",
      namespace: "n",
      uid: "u",
      resourceVersion: "1",
      annotations: { "a.b/c": "value" },
    },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsUser: 1, runAsGroup: 1 },
      containers: [{
        name: "c",
        args: [],
        resources: { requests: { cpu: "1500m" } },
        securityContext: {},
        env: [
          { name: "A", value: "plain" },
          { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "NOTE", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['a.b/c']" } } },
          { name: "CPUS", valueFrom: { resourceFieldRef: { resource: "requests.cpu" } } },
        ],
      }],
    },
    status: {},
  };
}

const phase = (of: Pod, state: ContainerState, leaving = false) =>
  (statusOf(of, state, 0, leaving) as { phase: string }).phase;
const ended = (code: number): ContainerState => ({ kind: "ended", code, started: "s", ended: "e" });

Deno.test("variables of a container come from fields and requests, and stand in arguments", () => {
  const of = pod("Never");
  const variables = variablesOf(of, of.spec.containers[0]);
  assert.deepEqual(variables, { A: "plain", NAME: "p", NOTE: "value", CPUS: "2" });
  assert.equal(expand("--name=$(NAME)-$(CPUS) $$(NAME) $(NONE)", variables), "--name=p-2 $(NAME) $(NONE)");
  assert.deepEqual([wholeUnits("3"), wholeUnits("1m")], [3, 1]);
  assert.throws(() => wholeUnits("1Gi"));
});

Deno.test("the image's variables and its command are those of deploy/Containerfile", () => {
  const { env, entrypoint } = imageOf(CONTAINERFILE);
  assert.equal(env["DENO_DIR"], "/deno-dir");
  assert.equal(env["WAGON_STATE_DIR"], "/tmp/wagon");
  assert.deepEqual(entrypoint, ["deno", "task", "--quiet"]);
});

Deno.test("a pod's phase: only what is never started again has succeeded or failed", () => {
  assert.equal(phase(pod("Never"), { kind: "waiting", reason: "r" }), "Pending");
  assert.equal(phase(pod("Never"), { kind: "running", since: "s", ready: false, started: true }), "Running");
  assert.deepEqual([phase(pod("Never"), ended(0)), phase(pod("Never"), ended(143))], ["Succeeded", "Failed"]);
  assert.equal(phase(pod("Always"), ended(1)), "Running");
  assert.deepEqual([phase(pod("Always"), ended(0), true), phase(pod("Always"), ended(143), true)], [
    "Succeeded",
    "Failed",
  ]);
});

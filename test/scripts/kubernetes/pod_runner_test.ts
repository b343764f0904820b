/** The kubelet of `deno task kube-proof` with an API server and containers in memory. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ContainerOptions, Running } from "../../../scripts/kubernetes/container.ts";
import { type PodApi, PodRunner } from "../../../scripts/kubernetes/pod_runner.ts";
import type { Pod } from "../../../scripts/kubernetes/pod_spec.ts";
import { inTempDir } from "../../temp_dir.ts";

interface Status {
  readonly phase: string;
  readonly containerStatuses: readonly [
    { readonly restartCount: number; readonly state: Record<string, { exitCode?: number }> },
  ];
}

/** A container that ends when it is told to. */
class FakeContainer implements Running {
  readonly started = "2026-11-30T00:00:00Z";
  readonly signals: string[] = [];
  readonly #end = Promise.withResolvers<number>();
  constructor(readonly options: ContainerOptions) {}

  signal(signal: Deno.Signal): void {
    this.signals.push(signal);
    if (signal === "SIGKILL") this.end(137);
  }

  end(code: number): void {
    this.#end.resolve(code);
  }

  ended(): Promise<number> {
    return this.#end.promise;
  }
}

function podOf(restartPolicy: "Always" | "Never"): Pod {
  return {
    metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1" },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 30,
      securityContext: { runAsUser: 1, runAsGroup: 1 },
      volumes: [{
        name: "token",
        secret: { secretName: "s", items: [{ key: "token", path: "token" }], defaultMode: 0o440 },
      }],
      containers: [{
        name: "c",
        args: [],
        resources: {},
        securityContext: {},
        volumeMounts: [{ name: "token", mountPath: "/token", readOnly: true }],
      }],
    },
    status: {},
  };
}

/** A pod that runs in a folder; `secret`: whether its Secret has its key from the start. */
function scene(folder: string, pod: Pod, secret = true) {
  const statuses: Status[] = [], deleted: unknown[] = [], containers: FakeContainer[] = [];
  const state = { secret };
  const found = () => Promise.resolve({ data: state.secret ? { token: btoa("the token") } : {} });
  const api = {
    get: () => Promise.reject(new Error("never asked")),
    find: found,
    patch: (_path: string, { status }: { status: Status }) => Promise.resolve(void statuses.push(status)),
    delete: (path: string, options: unknown) => Promise.resolve(void deleted.push({ path, options })),
  } as unknown as PodApi;
  const start = (options: ContainerOptions) => {
    const container = new FakeContainer(options);
    containers.push(container);
    return container;
  };
  const runner = new PodRunner(pod, {
    api,
    start,
    pace: { look_ms: 5, restart_ms: 5 },
    image: { clone: "", deno_dir: "", containerfile: "" },
    hosts: [],
    folder,
    tell: (line) => line.includes("ended with") || statuses.push({ phase: line } as Status),
  });
  const until = async (holds: () => boolean) => {
    for (let i = 0; !holds(); i++) {
      assert.ok(i < 2_000, JSON.stringify(statuses));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return {
    runner,
    state,
    statuses,
    deleted,
    containers,
    until,
    phases: () => statuses.map(({ phase }) => phase),
  };
}

Deno.test("a pod of a job runs once, says how it ended, and stays until it is deleted", () =>
  inTempDir(async (folder) => {
    const { runner, statuses, deleted, containers, until, phases } = scene(folder, podOf("Never"));
    await until(() => containers.length === 1);
    const { mounts } = containers[0]!.options;
    assert.equal(await Deno.readTextFile(join(mounts[0]!.source, "token")), "the token");
    assert.equal((await Deno.stat(join(mounts[0]!.source, "token"))).mode! & 0o777, 0o440);
    containers[0]!.end(2);
    await until(() => phases().at(-1) === "Failed");
    assert.equal(statuses.at(-1)!.containerStatuses[0].state["terminated"]!.exitCode, 2);
    assert.deepEqual([containers.length, deleted], [1, []]);
    runner.leave(0);
    await runner.ended;
    assert.deepEqual(deleted, [{
      path: "/api/v1/namespaces/n/pods/p",
      options: { gracePeriodSeconds: 0, preconditions: { uid: "u" } },
    }]);
  }));

Deno.test("a pod of a set is started again, until it is deleted: SIGTERM, and SIGKILL when its time is over", () =>
  inTempDir(async (folder) => {
    const { runner, statuses, containers, until, phases } = scene(folder, podOf("Always"));
    await until(() => containers.length === 1);
    containers[0]!.end(137);
    await until(() => containers.length === 2);
    assert.deepEqual([runner.restarts, phases().includes("Failed")], [1, false]);
    await until(() => "running" in statuses.at(-1)!.containerStatuses[0].state);
    runner.leave(0.05);
    assert.deepEqual(containers[1]!.signals, ["SIGTERM"]);
    await runner.ended;
    assert.deepEqual([containers[1]!.signals, containers.length, phases().at(-1)], [
      ["SIGTERM", "SIGKILL"],
      2,
      "Failed",
    ]);
  }));

Deno.test("a pod waits for a Secret that is not filled yet, and may be deleted meanwhile", () =>
  inTempDir(async (folder) => {
    const first = scene(join(folder, "a"), podOf("Never"), false);
    await first.until(() => first.phases().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([first.containers.length, first.phases()], [0, ["Pending"]]);
    first.state.secret = true;
    await first.until(() => first.containers.length === 1);
    first.runner.vanish();
    await first.runner.ended;
    assert.deepEqual([first.containers[0]!.signals, first.deleted], [["SIGTERM", "SIGKILL"], []]);

    const second = scene(join(folder, "b"), podOf("Never"), false);
    await second.until(() => second.phases().length > 0);
    second.runner.leave(30);
    await second.runner.ended;
    assert.deepEqual([second.containers.length, second.deleted.length], [0, 1]);
  }));

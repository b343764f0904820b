/** What happens to pods, each done to a real run: `deno task kube-proof` has them one after another. */
import type { Outcome } from "./outcome.ts";
import { type Site, Trial } from "./trial.ts";

export interface Scenario {
  readonly name: string;
  /** What is done, in words. */
  readonly about: string;
  readonly act: (trial: Trial) => Promise<void>;
}

async function drain(trial: Trial, node: string): Promise<void> {
  const { plane } = trial.site;
  const flags = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s"];
  await plane.must("drain", node, ...flags);
  await trial.trains();
  await plane.must("uncordon", node);
}

export const SCENARIOS: readonly Scenario[] = [
  { name: "plain", about: "a coordinator and two workers, left alone", act: () => Promise.resolve() },
  {
    name: "workers-deleted",
    about: "`kubectl delete pod` of one worker, then of all",
    act: async (trial) => {
      const [first] = await trial.workers();
      await trial.kubectl("delete", "pod", first!.name);
      await trial.trains();
      await trial.hasWorkers(2);
      await trial.kubectl("delete", "pod", "--selector=app.kubernetes.io/component=worker");
      await trial.trains();
    },
  },
  {
    name: "scaled",
    about: "2 workers, then 4, then 1",
    act: async (trial) => {
      await trial.scale(4);
      await trial.trains();
      await trial.scale(1);
      await trial.trains();
    },
  },
  {
    name: "worker-drained",
    about: "`kubectl drain` of a node with a worker",
    act: async (trial) => {
      const coordinator = await trial.coordinatorNode();
      const workers = await trial.workers();
      await drain(trial, (workers.find(({ node }) => node !== coordinator) ?? workers[0]!).node);
    },
  },
  {
    name: "coordinator-drained",
    about: "`kubectl drain` of the coordinator's node",
    act: async (trial) => drain(trial, await trial.coordinatorNode()),
  },
  {
    name: "coordinator-deleted",
    about: "`kubectl delete pod` of the coordinator",
    act: async (trial) => {
      await trial.kubectl("delete", "pod", "wagon-coordinator-0");
      await trial.trains();
    },
  },
  {
    name: "coordinator-killed",
    about: "SIGKILL of the coordinator's process",
    act: async (trial) => {
      const pod = trial.site.kubelet.pods.findLast(({ name }) => name === "wagon-coordinator-0")!;
      pod.crash();
      await trial.trains();
    },
  },
  {
    name: "applied-again",
    about: "`kubectl apply -k` again after the end, and a new coordinator's pod",
    act: async (trial) => {
      await trial.complete();
      await trial.kubectl("delete", "job", "wagon-worker");
      await trial.kubectl("delete", "pod", "wagon-coordinator-0");
      await trial.apply();
    },
  },
];

/** Starts a run, waits until it trains with two workers, lets it happen, and waits for the end. */
export async function happen(site: Site, { name, act }: Scenario): Promise<Outcome> {
  const trial = await Trial.start(site, name);
  try {
    await trial.trains(20);
    await trial.hasWorkers(2);
    await act(trial);
    return await trial.outcome();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}\n${await trial.logs()}`);
  }
}

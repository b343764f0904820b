/**
 * A real control plane of Kubernetes on this machine: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, on
 * loopback, with all their files in one folder. Nodes are for somebody else to bring (kubelet.ts).
 */
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "../proofs/free_ports.ts";
import { join } from "node:path";
import { ApiClient } from "./api_client.ts";
import { run, type Said, TOKEN, writeKeys, writeKubeconfig } from "./credentials.ts";
import { logTo } from "./log_file.ts";

/** Servers that are given as a folder; etcd and kubectl are found in the path. */
const API_SERVER = "kube-apiserver";
const CONTROLLERS = ["kube-controller-manager", "kube-scheduler"] as const;
const IN_PATH = ["etcd", "kubectl"] as const;
/** On a machine that is busy with other work. */
const READY_MS = 240_000;
const LOOK_MS = 500;

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Programs that a control plane needs and that are not there. `servers`: the folder of those of Kubernetes; `controllers`:
 * whether they are needed beside the API server.
 */
export function missingPrograms(servers: string | undefined, controllers: boolean): string[] {
  const path = (Deno.env.get("PATH") ?? "").split(":");
  return [
    ...[API_SERVER, ...controllers ? CONTROLLERS : []].filter((name) =>
      servers === undefined || !isFile(join(servers, name))
    ),
    ...IN_PATH.filter((name) => !path.some((folder) => isFile(join(folder, name)))),
  ];
}

export class ControlPlane implements AsyncDisposable {
  readonly #folder: string;
  readonly #servers: string;
  readonly #processes: { readonly name: string; readonly process: Deno.ChildProcess }[] = [];
  #client: ApiClient | null = null;

  private constructor(folder: string, servers: string) {
    this.#folder = folder;
    this.#servers = servers;
  }

  /** Starts one. `folder`: for its files; must be there. Throws where it is not up in time. */
  static async start(folder: string, servers: string, controllers: boolean): Promise<ControlPlane> {
    const plane = new ControlPlane(folder, servers);
    try {
      await plane.#startApiServer();
      if (controllers) await plane.#startControllers();
      return plane;
    } catch (error) {
      const logs = await plane.logs();
      await plane[Symbol.asyncDispose]();
      throw new Error(`${(error as Error).message}\n${logs}`);
    }
  }

  get client(): ApiClient {
    return this.#client!;
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  async #startApiServer(): Promise<void> {
    const [etcd, peer, api] = freePorts(3) as [number, number, number];
    const etcd_url = `http://127.0.0.1:${etcd}`;
    await writeKeys(this.#folder);
    this.#start("etcd", "etcd", [
      ...["--data-dir", this.#at("etcd"), "--unsafe-no-fsync", "--log-level", "error"],
      ...["--listen-client-urls", etcd_url, "--advertise-client-urls", etcd_url],
      ...["--listen-peer-urls", `http://127.0.0.1:${peer}`],
    ]);
    const keys = [
      `--service-account-key-file=${this.#at("sa.pub")}`,
      `--service-account-signing-key-file=${this.#at("sa.key")}`,
    ];
    this.#start("kube-apiserver", join(this.#servers, "kube-apiserver"), [
      ...[`--etcd-servers=${etcd_url}`, `--secure-port=${api}`, "--bind-address=127.0.0.1"],
      ...[`--cert-dir=${this.#at("certs")}`, `--token-auth-file=${this.#at("tokens.csv")}`],
      ...["--authorization-mode=AlwaysAllow", "--service-account-issuer=https://localhost", ...keys],
      // Pods here are no containers, and mount no credentials.
      ...["--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount"],
    ]);
    await writeKubeconfig(this.#folder, `https://127.0.0.1:${api}`);
    await this.#until("API server", async () => (await this.kubectl(["get", "--raw", "/readyz"])).code === 0);
    const certificate = await Deno.readTextFile(this.#at("certs/apiserver.crt"));
    this.#client = new ApiClient(`https://127.0.0.1:${api}`, TOKEN, certificate);
  }

  async #startControllers(): Promise<void> {
    const common = [
      `--kubeconfig=${this.#at("kubeconfig")}`,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
    ];
    const [manager, scheduler] = freePorts(2) as [number, number];
    this.#start("kube-controller-manager", join(this.#servers, "kube-controller-manager"), [
      ...[...common, `--secure-port=${manager}`, `--cert-dir=${this.#at("manager-certs")}`],
      ...[
        `--service-account-private-key-file=${this.#at("sa.key")}`,
        "--use-service-account-credentials=false",
      ],
    ]);
    this.#start("kube-scheduler", join(this.#servers, "kube-scheduler"), [
      ...[...common, `--secure-port=${scheduler}`, `--cert-dir=${this.#at("scheduler-certs")}`],
    ]);
    // The controllers are at work once there is the account that they make.
    await this.#until(
      "controllers",
      async () =>
        (await this.kubectl(["get", "serviceaccount", "default", "--namespace=default"])).code === 0,
    );
  }

  #start(name: string, program: string, args: readonly string[]): void {
    const process = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    void logTo(this.#at(`${name}.log`), process);
    this.#processes.push({ name, process });
  }

  async #until(what: string, there: () => Promise<boolean>): Promise<void> {
    const deadline_ms = performance.now() + READY_MS;
    while (!await there()) {
      if (performance.now() > deadline_ms) throw new Error(`The ${what} must be there within ${READY_MS} ms`);
      await delay(LOOK_MS);
    }
  }

  /** Runs kubectl. */
  kubectl(args: readonly string[]): Promise<Said> {
    return run("kubectl", args, { KUBECONFIG: this.#at("kubeconfig") });
  }

  /** Runs kubectl, which must succeed; what it printed. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} must succeed: found ${stderr}`);
    return stdout.trim();
  }

  /** The last lines of the servers' logs. */
  async logs(lines = 8): Promise<string> {
    const texts = await Promise.all(this.#processes.map(async ({ name }) => {
      const text = await Deno.readTextFile(this.#at(`${name}.log`)).catch(() => "");
      return `== ${name}\n${text.trimEnd().split("\n").slice(-lines).join("\n")}`;
    }));
    return texts.join("\n");
  }

  /** Ends all servers, the last one first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.[Symbol.dispose]();
    for (const { process } of this.#processes.toReversed()) {
      try {
        process.kill("SIGTERM");
      } catch {
        // It has ended by itself.
      }
      const timer = setTimeout(() => process.kill("SIGKILL"), 10_000);
      await process.status;
      clearTimeout(timer);
    }
  }
}

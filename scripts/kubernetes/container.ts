/**
 * A container of the proof: a process with a root of its own, in which nothing can be written but its volumes, as the user
 * that the pod names, without rights, as process 1 of its own process space. There is no image: its root has the
 * programs of this machine, and a clone of wagon with the packages of this machine's Deno in the places that
 * deploy/Containerfile gives them. It shares the machine's network; names of services lead to loopback. Needs root.
 */
import { join } from "node:path";
import { logTo } from "./log_file.ts";
import type { Container as Spec, Pod } from "./pod_spec.ts";
import { expand, imageOf, variablesOf } from "./pod_spec.ts";

/** What containers have in place of an image. */
export interface Image {
  /** A clone of wagon. */
  readonly clone: string;
  /** Deno's folder of packages. */
  readonly deno_dir: string;
  /** The text of deploy/Containerfile. */
  readonly containerfile: string;
}

export interface Mount {
  readonly source: string;
  readonly path: string;
  readonly read_only: boolean;
}

export interface ContainerOptions {
  readonly pod: Pod;
  readonly image: Image;
  readonly mounts: readonly Mount[];
  /** Host names that lead to loopback. */
  readonly hosts: readonly string[];
  /** An empty folder for the root. */
  readonly root: string;
  readonly log: string;
}

/** A container that was started. */
export interface Running {
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Sends it to process 1, which may have ended. */
  signal(signal: Deno.Signal): void;
  /** Its exit code, once it has ended: 128 and its number where a signal ended it. */
  ended(): Promise<number>;
}

const PATH = "/deno-bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Files of this machine that programs look at. */
const FILES = ["passwd", "group", "nsswitch.conf", "ld.so.cache"];

/** The script that makes the root and becomes the container's process; words are quoted by the shell's own rules. */
export function enterScript({ pod, image, mounts, hosts, root }: ContainerOptions, deno: string): string {
  const { runAsUser, runAsGroup, fsGroup = runAsGroup } = pod.spec.securityContext;
  const word = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const at = (path: string) => word(join(root, path));
  const bind = (source: string, path: string, read_only: boolean) => [
    `mount --bind ${word(source)} ${at(path)}`,
    ...read_only ? [`mount -o remount,bind,ro ${at(path)}`] : [],
  ];
  const folders = ["usr", "etc", "proc", "dev", "tmp", "wagon", "deno-dir", "deno-bin"];
  return [
    `hostname ${word(pod.metadata.name)}`,
    "mount --make-rprivate /",
    `mount -t tmpfs -o size=8m,mode=755 none ${word(root)}`,
    ...folders.map((name) => `mkdir ${at(name)}`),
    ...["bin", "lib", "lib64", "sbin"].map((name) => `ln -s usr/${name} ${at(name)}`),
    ...FILES.map((name) => `cp /etc/${name} ${at(`etc/${name}`)}`),
    `printf '127.0.0.1 %s\\n' localhost ${hosts.map(word).join(" ")} > ${at("etc/hosts")}`,
    ...bind("/usr", "usr", true),
    ...bind(image.clone, "wagon", true),
    ...bind(image.deno_dir, "deno-dir", true),
    `touch ${at("deno-bin/deno")}`,
    ...bind(deno, "deno-bin/deno", true),
    `mount -t proc proc ${at("proc")}`,
    `mount --rbind /dev ${at("dev")}`,
    ...mounts.flatMap(({ source, path, read_only }) => [
      `mkdir -p ${at(path)}`,
      ...bind(source, path, read_only),
    ]),
    ...pod.spec.containers[0].securityContext.readOnlyRootFilesystem
      ? [`mount -o remount,ro ${word(root)}`]
      : [],
    `exec chroot ${
      word(root)
    } /usr/bin/setpriv --reuid ${runAsUser} --regid ${runAsGroup} --groups ${fsGroup} ` +
    `--no-new-privs --inh-caps=-all --bounding-set=-all /usr/bin/env -i "$@"`,
  ].join("\n");
}

/** Variables and command of a container, as words of `env`. */
export function wordsOf(pod: Pod, spec: Spec, containerfile: string): string[] {
  const { env, entrypoint } = imageOf(containerfile);
  const variables = variablesOf(pod, spec);
  const all = { PATH, ...env, ...variables };
  const pairs = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  const args = spec.args.map((arg) => expand(arg, variables));
  return ["--chdir=/wagon", ...pairs, ...entrypoint, ...args];
}

export class Container implements Running {
  readonly started = new Date().toISOString();
  readonly #process: Deno.ChildProcess;
  readonly #logged: Promise<void>;

  constructor(options: ContainerOptions) {
    const { pod, image, log } = options;
    const words = wordsOf(pod, pod.spec.containers[0], image.containerfile);
    const args = ["--mount", "--uts", "--pid", "--fork", "--kill-child=SIGKILL", "sh", "-euc"];
    this.#process = new Deno.Command("unshare", {
      args: [...args, enterScript(options, Deno.execPath()), "sh", ...words],
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#logged = logTo(log, this.#process);
  }

  /** Process 1 of the container; null where it has ended, or not begun. */
  #first(): number | null {
    const { pid } = this.#process;
    try {
      const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
      return children === "" ? null : Number(children.split(" ")[0]);
    } catch {
      return null;
    }
  }

  signal(signal: Deno.Signal): void {
    const pid = this.#first();
    if (pid === null) return;
    try {
      Deno.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  async ended(): Promise<number> {
    const { code } = await this.#process.status;
    await this.#logged;
    return code;
  }
}

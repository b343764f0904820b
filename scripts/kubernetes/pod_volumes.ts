/** Volumes of a pod as folders of this machine, as a kubelet makes them. */
import { join } from "node:path";
import type { ApiClient } from "./api_client.ts";
import type { Mount } from "./container.ts";
import type { Pod, Volume } from "./pod_spec.ts";

interface Keyed {
  readonly data?: Readonly<Record<string, string>>;
}

/** Why a volume cannot be mounted yet. */
export class NotYet extends Error {
  override name = "NotYet";
}

export class PodVolumes implements AsyncDisposable {
  readonly #memory: string[] = [];

  constructor(readonly api: Pick<ApiClient, "get" | "find">, readonly pod: Pod, readonly folder: string) {}

  /** Throws {@linkcode NotYet} where something is not there that may come. */
  async mounts(): Promise<Mount[]> {
    const { volumes = [], containers: [{ volumeMounts = [] }] } = this.pod.spec;
    const mounts: Mount[] = [];
    for (const { name, mountPath: path, readOnly: read_only = false } of volumeMounts) {
      const volume = volumes.find((volume) => volume.name === name)!;
      mounts.push({ source: await this.#source(volume), path, read_only });
    }
    return mounts;
  }

  async #source(volume: Volume): Promise<string> {
    const source = join(this.folder, volume.name);
    if (volume.persistentVolumeClaim) return await this.#claimed(volume.persistentVolumeClaim.claimName);
    if (await Deno.stat(source).then(() => true, () => false)) return source;
    const { secret, configMap, emptyDir } = volume;
    if (secret) await this.#writeKeys(source, `secrets/${secret.secretName}`, secret, atob);
    else if (configMap) {
      await this.#writeKeys(source, `configmaps/${configMap.name}`, configMap, (text) => text);
    } else if (emptyDir) await this.#empty(source, emptyDir.medium === "Memory");
    else throw new Error(`A volume must be of a kind that is known: found ${JSON.stringify(volume)}`);
    return source;
  }

  #path(rest: string): string {
    return `/api/v1/namespaces/${this.pod.metadata.namespace}/${rest}`;
  }

  /** The folder of the volume that a claim is bound to, open to the pod's group. */
  async #claimed(claim: string): Promise<string> {
    const found = await this.api.find<{ spec: { volumeName?: string } }>(
      this.#path(`persistentvolumeclaims/${claim}`),
    );
    const volume = found?.spec.volumeName;
    if (volume === undefined) throw new NotYet(`the claim ${claim} is not bound`);
    const { spec } = await this.api.get<{ spec: { hostPath: { path: string } } }>(
      `/api/v1/persistentvolumes/${volume}`,
    );
    const { path } = spec.hostPath;
    await this.#giveGroup(path, 0o2775);
    return path;
  }

  /**
   * Each key as a file, behind two links, so that a kubelet can replace all at once: token leads to ..data/token, and
   * ..data to a folder.
   */
  async #writeKeys(
    source: string,
    from: string,
    { items, defaultMode = 0o644 }: NonNullable<Volume["secret"]> | NonNullable<Volume["configMap"]>,
    decode: (text: string) => string,
  ): Promise<void> {
    const { data = {} } = await this.api.find<Keyed>(this.#path(from)) ?? {};
    const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
    const missing = wanted.find(({ key }) => data[key] === undefined);
    if (missing || wanted.length === 0) throw new NotYet(`${from} has no key ${missing?.key ?? ""}`);
    const part = `${source}.part`, inner = "..2026";
    await Deno.remove(part, { recursive: true }).catch(() => {});
    await Deno.mkdir(join(part, inner), { recursive: true });
    for (const { key, path } of wanted) {
      const file = join(part, inner, path);
      await Deno.writeTextFile(file, decode(data[key]!));
      await Deno.chmod(file, defaultMode);
      await this.#own(file);
      await Deno.symlink(join("..data", path), join(part, path));
    }
    await Deno.symlink(inner, join(part, "..data"));
    await Deno.chmod(part, 0o755);
    await Deno.rename(part, source);
  }

  async #empty(source: string, in_memory: boolean): Promise<void> {
    await Deno.mkdir(source, { recursive: true });
    if (in_memory) {
      const { success } = await new Deno.Command("mount", { args: ["-t", "tmpfs", "none", source] }).output();
      if (!success) {
        throw new Error("A folder in memory must be mounted: found that mount failed; are you root?");
      }
      this.#memory.push(source);
    }
    await this.#giveGroup(source, 0o2777);
  }

  async #giveGroup(path: string, mode: number): Promise<void> {
    await this.#own(path);
    await Deno.chmod(path, mode);
  }

  async #own(path: string): Promise<void> {
    const { fsGroup } = this.pod.spec.securityContext;
    if (fsGroup !== undefined) await Deno.chown(path, null, fsGroup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of this.#memory) {
      await new Deno.Command("umount", { args: ["--lazy", folder] }).output();
    }
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }
}

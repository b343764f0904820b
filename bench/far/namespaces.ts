/** Network namespaces whose only way out has a rate (Linux, root, iproute2): the kernel's own token bucket, tbf. */
import type { Link } from "../../common/link.ts";

/** What tbf may let pass at once: a few packets, or the kernel cannot keep up with the rate. */
const BURST_BYTES = (rate_bps: number) => Math.max(16_000, Math.round(rate_bps / 8 / 1_000));
/** How long a packet may wait in tbf's queue before it is dropped. */
const LATENCY = "100ms";

/** Runs a command. Throws with what it said where it fails. */
async function run(...[program, ...args]: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program!, { args, stdout: "null", stderr: "piped" })
    .output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`);
  }
}

/** Why namespaces cannot be had on this machine; null where they can. */
export async function namespacesMissing(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "namespaces need Linux";
  try {
    await using _ = await Namespace.open({ down_bps: 1e9, up_bps: 1e9 }, 255);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

export class Namespace implements AsyncDisposable {
  readonly #name: string;
  /** Addresses of the coordinator's end and of the worker's. */
  readonly outside: string;
  readonly inside: string;

  private constructor(index: number) {
    this.#name = `wagon-${Deno.pid}-${index}`;
    this.outside = `10.213.${index}.1`;
    this.inside = `10.213.${index}.2`;
  }

  /** `index`: 0 to 255, another for each that is open. Throws where the kernel or the rights are not there. */
  static async open({ down_bps, up_bps }: Pick<Link, "down_bps" | "up_bps">, index: number) {
    const space = new Namespace(index);
    const ns = space.#name;
    const [near, far] = [`wg${Deno.pid % 10_000_000}n${index}`, `wg${index}f`];
    await run("ip", "netns", "add", ns);
    try {
      await run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", ns);
      await run("ip", "addr", "add", `${space.outside}/30`, "dev", near);
      await run("ip", "-n", ns, "addr", "add", `${space.inside}/30`, "dev", far);
      await run("ip", "link", "set", near, "up");
      await run("ip", "-n", ns, "link", "set", far, "up");
      await run("ip", "-n", ns, "link", "set", "lo", "up");
      await run("tc", ...shaping(near, down_bps));
      await run("tc", "-n", ns, ...shaping(far, up_bps));
      return space;
    } catch (error) {
      await space[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A command, to be run within. */
  within(command: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#name, ...command];
  }

  /** The devices go with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("ip", "netns", "del", this.#name);
  }
}

function shaping(device: string, rate_bps: number): string[] {
  const bucket = ["rate", `${rate_bps}bit`, "burst", `${BURST_BYTES(rate_bps)}`, "latency", LATENCY];
  return ["qdisc", "add", "dev", device, "root", "tbf", ...bucket];
}

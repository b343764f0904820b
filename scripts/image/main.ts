/**
 * `deno task image-proof`: builds deploy/Containerfile with buildah over a Debian that debootstrap makes, runs the image
 * without a network, as another user and with nothing writable but the run folder, and compares its weights with a run
 * outside. No registry is needed.
 */
import { join } from "node:path";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { taskCommand } from "../../tasks/task_command.ts";
import { cloneInto } from "../slurm/clone.ts";

const OPTIONS = {
  mirror: {
    kind: "string",
    value: "URL",
    about: "Where debootstrap finds Debian",
    default_text: "debootstrap's own",
  },
  suite: { kind: "string", value: "NAME", default: "bookworm", about: "Release of Debian" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task image-proof",
  about:
    "Builds the image of deploy/Containerfile and trains in it without a network. Needs root, and Debian's buildah, " +
    "debootstrap and util-linux.",
  options: OPTIONS,
  examples: [{ line: "deno task image-proof", about: "about four minutes" }],
};

const PROGRAMS = ["buildah", "debootstrap", "unshare", "ip"];
/** As the Containerfile has it. */
const USER = "65532:65532";
const TRAIN = ["train", "--steps", "200", "--sample-every", "0", "--workers", "1"];
const SECRET = `a-token-${crypto.randomUUID()}`;

/** Runs a program to its end; what it printed. Throws where it fails. */
async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const options: Deno.CommandOptions = { args: [...args], stdin: "null", ...cwd !== undefined && { cwd } };
  const { success, stdout, stderr } = await new Deno.Command(program, options).output().catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(
      `Cannot prove the image: ${PROGRAMS.join(", ")} must be installed, found no ${program}`,
    );
  });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (success) return text(stdout);
  throw new Error(`${program} ${args.join(" ")} must succeed: found ${text(stdout)}\n${text(stderr)}`);
}

class Images implements AsyncDisposable {
  constructor(readonly folder: string) {}

  /** Storage of its own, so that nothing of the machine's is touched. */
  buildah(...args: readonly string[]): Promise<string> {
    const storage = ["--root", join(this.folder, "storage"), "--runroot", join(this.folder, "run")];
    return run("buildah", [...storage, "--storage-driver", "vfs", ...args]);
  }

  /** An image of one layer. */
  async from(name: string, content: string, to: string): Promise<string> {
    const container = await this.buildah("from", "scratch");
    await this.buildah("add", "--quiet", container, content, to);
    await this.buildah("commit", "--quiet", "--rm", container, `localhost/${name}`);
    return `localhost/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buildah("umount", "--all").catch(() => {});
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function build(
  images: Images,
  { mirror, suite }: { readonly mirror?: string | undefined; readonly suite: string },
) {
  const root = join(images.folder, "debian"), context = join(images.folder, "context");
  // The same packages as Debian's slim image, as far as they matter here.
  const include = "--include=ca-certificates,libstdc++6";
  await run("debootstrap", [
    "--variant=minbase",
    include,
    suite,
    root,
    ...mirror === undefined ? [] : [mirror],
  ]);
  const base = await images.from("wagon-base", root, "/");
  const deno = await images.from("wagon-deno", Deno.execPath(), "/deno");
  await Deno.remove(root, { recursive: true });
  await cloneInto(context);
  // What must not get into an image.
  await Deno.writeTextFile(join(context, "wagon.token"), SECRET);
  const file = join(context, "deploy/Containerfile");
  const args = ["--build-arg", `BASE=${base}`, "--build-arg", `DENO=${deno}`];
  const ignore = ["--ignorefile", `${file}.dockerignore`];
  // This machine may come to the network through a proxy with an authority of its own.
  const trust = ["--volume", "/etc/ssl/certs:/etc/ssl/certs:ro", "--build-arg", "DENO_TLS_CA_STORE=system"];
  await images.buildah(
    "build",
    "--quiet",
    "--isolation=chroot",
    ...args,
    ...trust,
    ...ignore,
    "-f",
    file,
    "-t",
    "wagon",
    context,
  );
  return await images.buildah("from", "wagon");
}

/** Bytes of all files in a folder, and whether any has the secret. */
async function weigh(folder: string): Promise<{ bytes: number; leaks: string }> {
  const bytes = Number((await run("du", ["--summarize", "--bytes", folder])).split("\t")[0]);
  const options = { args: ["--recursive", "--files-with-matches", "--fixed-strings", SECRET, folder] };
  const { stdout } = await new Deno.Command("grep", options).output();
  return { bytes, leaks: new TextDecoder().decode(stdout).trim() };
}

/**
 * Arguments of unshare for a task in the image: as its user, without a network but loopback, with nothing writable but
 * /tmp and the run folder.
 */
function inImage(root: string, runs: string, words: readonly string[]): string[] {
  const variables =
    "PATH=/usr/local/bin:/usr/bin:/bin DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 HOME=/tmp " +
    "WAGON_STATE_DIR=/tmp/wagon";
  const lines = [
    "ip link set lo up",
    `mount --bind ${root} ${root}`,
    `mount --bind ${runs} ${root}/wagon/runs`,
    `mount -t tmpfs tmpfs ${root}/tmp`,
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -o remount,bind,ro ${root}`,
    `exec chroot --userspec=${USER} ${root} env -i ${variables} sh -c 'cd /wagon && exec deno task --quiet "$@"' sh "$@"`,
  ];
  return [
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "sh",
    "-ec",
    lines.join("\n"),
    "sh",
    ...words,
  ];
}

/** Trains in the image; seconds until its worker is part of the run. */
async function trainInside(root: string, runs: string): Promise<number> {
  const begin_ms = performance.now();
  const args = inImage(root, runs, [...TRAIN, "--out", "runs/inside"]);
  const child = new Deno.Command("unshare", { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  let said = "", joined_s = NaN;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (Number.isNaN(joined_s) && said.includes("Worker 1 joined")) {
      joined_s = (performance.now() - begin_ms) / 1000;
    }
  }
  if (!(await child.status).success) throw new Error(`The container did not train; it printed: ${said}`);
  return joined_s;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(COMMAND, args);
  await using images = new Images(await Deno.makeTempDir({ prefix: "wagon-image-" }));
  const container = await build(images, values);
  const root = await images.buildah("mount", container);
  const { bytes, leaks } = await weigh(root);
  const runs = join(images.folder, "runs"), outside = join(images.folder, "outside");
  await Deno.mkdir(runs);
  await Deno.chmod(runs, 0o777);
  const seconds = await trainInside(root, runs);
  await run(Deno.execPath(), [...taskCommand("train"), ...TRAIN.slice(1), "--out", outside], images.folder);
  const [inside, expected] = await Promise.all(
    [join(runs, "inside"), outside].map((folder) => summarize(folder, Date.now())),
  );
  const same = inside!.weights_sha256 === expected!.weights_sha256;
  console.log(await images.buildah("--version"));
  console.log(`size ${(bytes / 1e6).toFixed(0)} MB, a worker joined ${seconds.toFixed(1)} s after the start`);
  console.log(`weights inside ${inside!.weights_sha256}, outside ${expected!.weights_sha256}`);
  console.log(leaks === "" ? "No file of the image has the token" : `The token is in ${leaks}`);
  return same && leaks === "" ? 0 : 1;
}

if (import.meta.main) await runMain(main);

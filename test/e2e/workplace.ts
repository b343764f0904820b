/** A temporary place to train in: its own folder for state, so that nothing of the user's is touched. */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import type { Rendezvous } from "../../common/process/rendezvous.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { Child, type Ended, taskArgs, type TaskName } from "./child.ts";
import { tinyImages } from "./images.ts";
import { summaryOf, trainHere } from "./train_here.ts";

/** Options of a small pair of networks without pictures on the way: a step takes about 2 ms. */
export const SMALL = ["--preset", "strokes", "--n-critic", "2", "--sample-every", "0"];

export class Workplace implements AsyncDisposable {
  readonly folder: string;
  readonly #children: Child[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, with a file of 192 images of 6 x 6 in it. */
  static async open(): Promise<Workplace> {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "wagon-e2e-" }));
    const place = new Workplace(folder);
    await Deno.mkdir(place.#temporary);
    await Deno.writeFile(place.images, tinyImages());
    return place;
  }

  /** A path in the folder. */
  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** For what processes leave behind that are killed. */
  get #temporary(): string {
    return this.path("tmp");
  }

  get images(): string {
    return this.path("images-idx3-ubyte");
  }

  /** Starts a task in the folder. */
  start(task: TaskName, args: readonly string[], env: Record<string, string> = {}): Child {
    return this.startCommand([Deno.execPath(), ...taskArgs(task), ...args], task, env);
  }

  /** Starts a program in the folder. */
  startCommand(command: readonly string[], label: string, env: Record<string, string> = {}): Child {
    const own = {
      WAGON_STATE_DIR: this.path("state"),
      TMPDIR: this.#temporary,
      WAGON_TOKEN: "",
      LANG: "C.UTF-8",
    };
    const child = new Child(command, label, { ...own, ...env }, this.folder);
    this.#children.push(child);
    return child;
  }

  /** Runs a task to its end. */
  run(task: TaskName, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    return this.start(task, args, env).end();
  }

  /** Starts a coordinator of a small run on the images, on any free port. */
  coordinate(out: string, args: readonly string[]): Child {
    const run = ["--port", "0", "--out", out, "--data", this.images, ...SMALL];
    return this.start("coordinator", [...run, ...args]);
  }

  /** What the coordinator of this place has left for workers on this machine. */
  async rendezvous(): Promise<Rendezvous> {
    return JSON.parse(await Deno.readTextFile(await this.rendezvousPath())) as Rendezvous;
  }

  /** Its file: one coordinator at a time runs here. */
  async rendezvousPath(): Promise<string> {
    const folder = this.path("state", "coordinators");
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    const [name, ...others] = names.filter((name) => name.endsWith(".json"));
    if (name === undefined) throw new Deno.errors.NotFound(folder);
    assert.deepEqual(others, []);
    return join(folder, name);
  }

  /** Trains such a run to its end with one worker, in this process. */
  train(out: string, args: readonly string[]): Promise<Summary> {
    return trainHere(["--data", this.images, ...SMALL, ...args, "--out", resolve(this.folder, out)]);
  }

  inspect(run: string): Promise<Summary> {
    return summaryOf(resolve(this.folder, run));
  }

  /** Ends every process and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child.kill()));
    await Deno.remove(this.folder, { recursive: true });
  }
}

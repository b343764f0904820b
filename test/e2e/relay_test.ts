/** Relays as processes: docs/relays.md, run; and what dies, with the weights of a run in which nothing did. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Child, TaskName } from "./child.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { SMALL, Workplace } from "./workplace.ts";

const PAGE = await Deno.readTextFile(fileURLToPath(new URL("../../docs/relays.md", import.meta.url)));
const SHARDS = ["--shards", "8", "--batch", "16"];
const ignore = Deno.build.os === "windows";

/** The command of the page for a task, with these words changed. */
function command(task: TaskName, changes: Readonly<Record<string, string>>): string[] {
  const lines = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) => block[1]!.trim().split("\n"));
  let [line = "", ...others] = lines.filter((line) => line.startsWith(`deno task ${task} `));
  assert.equal(others.length, 0, task);
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(line.includes(from), `${from} must be in ${line}`);
    line = line.replaceAll(from, to);
  }
  return line.split(" ").slice(3);
}

/** A coordinator, a relay and workers, started as the page says. */
class Scene {
  constructor(readonly place: Workplace, readonly run: string) {}

  /** Its address. */
  async coordinate(...more: string[]): Promise<[Child, string]> {
    const args = command("coordinator", {
      "0.0.0.0": "127.0.0.1",
      "images-idx3-ubyte.gz": this.place.images,
    });
    return await this.#listening("coordinator", [...args, ...SMALL, ...SHARDS, "--out", this.run, ...more]);
  }

  async resume(port: string, ...more: string[]): Promise<[Child, string]> {
    const token = ["--token-file", "wagon.token", "--port", port];
    return await this.#listening("coordinator", ["--resume", this.run, ...token, ...more]);
  }

  async relay(upstream: string, port = "0"): Promise<[Child, string]> {
    const args = command("relay", { "ws://10.0.0.5:7700": upstream, "0.0.0.0": "127.0.0.1" });
    return await this.#listening("relay", [...args, "--port", port]);
  }

  async #listening(task: TaskName, args: readonly string[]): Promise<[Child, string]> {
    const child = this.place.start(task, args.includes("--port") ? args : [...args, "--port", "0"]);
    return [child, (await child.line(/Listening on (\S+);/))[1]!];
  }

  work(to: string, name: string): Child {
    const args = command("worker", { "ws://192.168.1.20:7700": to });
    return this.place.start("worker", [...args, "--threads", "1", "--no-share", "--name", name]);
  }

  /** Waits for so many more steps. */
  async more(steps: number): Promise<void> {
    const from = lastStep(await recordsOf(this.run));
    await logged(this.run, `${steps} more steps`, (records) => lastStep(records) >= from + steps);
  }
}

const portOf = (url: string) => new URL(url).port;

Deno.test({
  name: "a killed worker behind a relay, a killed relay and a killed coordinator cost time and no bits",
  ignore,
  fn: async () => {
    await using place = await Workplace.open();
    await Deno.writeTextFile(place.path("wagon.token"), "a secret of 16 characters");
    const scene = new Scene(place, place.path("run"));
    const endless = ["--steps", "1000000", "--checkpoint-every", "3", "--min-workers", "2"];
    const [coordinator, url] = await scene.coordinate(...endless);
    const near = scene.work(url, "near");
    const [relay, behind] = await scene.relay(url);
    const [a, b] = [scene.work(behind, "a"), scene.work(behind, "b")];
    await coordinator.line(/Worker \d relays for 2 workers: [ab], [ab] \(2 threads\)/);
    await scene.more(4);
    await a.kill();
    await relay.line(/Worker \d left/);
    await logged(scene.run, "one worker is left", (records) => {
      const last = ofType(records, "relay_workers").at(-1);
      return last?.num_workers === 1 && last.workers[0]!.name === "b";
    });
    await scene.more(4);
    await relay.kill();
    await scene.more(4);
    const [next] = await scene.relay(url, portOf(behind));
    await coordinator.line(/Worker 3 relays for 1 worker: b/);
    await scene.more(8);
    await coordinator.kill();
    const steps = Math.ceil(lastStep(await recordsOf(scene.run)) / 3) * 3 + 20;
    const [resumed] = await scene.resume(portOf(url), "--steps", `${steps}`, "--min-workers", "2");
    for (const child of [resumed, next, near, b]) {
      assert.equal((await child.end()).code, 0, child.said);
    }

    const summary = await place.inspect(scene.run);
    const relays = summary.workers.filter(({ provider }) => provider === "relay");
    assert.deepEqual(relays.map(({ name }) => name), ["lab", "lab", "lab"]);
    assert.deepEqual(relays.map(({ device }) => device), ["1 worker: b", "1 worker: b", "1 worker: b"]);
    // Whoever comes to steps that are this short may stay a spare worker.
    const computed = [relays[0]!, relays[2]!].map(({ shards_computed }) => shards_computed > 0);
    assert.deepEqual(computed, [true, true], JSON.stringify(relays));
    const undisturbed = await place.train("undisturbed", [...SHARDS, "--steps", `${steps}`]);
    assert.equal(summary.weights_sha256, undisturbed.weights_sha256);
  },
});

Deno.test({
  name: "a relay that a signal stops leaves in order, also while it waits",
  ignore,
  fn: async () => {
    await using place = await Workplace.open();
    await Deno.writeTextFile(place.path("wagon.token"), "a secret of 16 characters");
    const scene = new Scene(place, place.path("run"));
    const signals = ["SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGHUP"] as const;
    await Promise.all(signals.map(async (signal) => {
      const [relay] = await scene.relay("ws://127.0.0.1:9");
      await relay.line(/Cannot connect to ws:\/\/127\.0\.0\.1:9/);
      relay.signal(signal);
      const { code, stdout, stderr } = await relay.end();
      assert.deepEqual([signal, code, stderr], [signal, 0, ""]);
      assert.match(stdout, /\nStopped while waiting for a run\n$/);
    }));
  },
});

Deno.test("a relay with another token ends with one line", async () => {
  await using place = await Workplace.open();
  const coordinator = place.coordinate(place.path("run"), []);
  await coordinator.line(/Listening/);
  const { url } = await place.rendezvous();
  const args = ["--upstream", url, "--port", "0"];
  const { code, stderr } = await place.run("relay", args, { WAGON_TOKEN: "another secret of 16 characters" });
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot join ws:\/\/[\d.:]+: the token is not that of this run; [^\n]+\n$/);
});

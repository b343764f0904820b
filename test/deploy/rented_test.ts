/** The files of deploy/rented: what they start, and their script with two machines that are this one. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { exposures } from "../e2e/exposed.ts";
import { lacks } from "../e2e/installed.ts";
import { lastStep, logged, ofType } from "../e2e/log.ts";
import { freePort } from "../e2e/sshd.ts";
import { SMALL, Workplace } from "../e2e/workplace.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const TOKEN = "0123456789-of-rented-machines";
const ignore = Deno.build.os === "windows" || lacks("bash");

function read<T>(name: string): T {
  return parse(Deno.readTextFileSync(`${ROOT}/deploy/rented/${name}`)) as T;
}

/** The words that node.sh gets from a command of a file, where the shell has these variables. */
async function wordsOf(command: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const shown = command.replace("exec bash deploy/rented/node.sh", `printf '%s\\n'`);
  assert.notEqual(shown, command);
  const options = { args: ["-uc", shown], env, clearEnv: true };
  const { stdout, stderr } = await new Deno.Command("bash", options).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test({
  name: "rented: SkyPilot's and dstack's files give each machine its rank and the address of the first",
  ignore,
  fn: async () => {
    const rest = ["--out", "runs/rented", "--auto-resume", "--preset", "wgan", "--steps", "20"];
    const env = { WAGON_OPTIONS: "--preset wgan --steps 20", PATH: Deno.env.get("PATH")! };
    const { run, secrets, envs } = read<Record<"run", string> & Record<"secrets" | "envs", object>>(
      "skypilot.yaml",
    );
    assert.deepEqual([secrets, envs], [{ WAGON_TOKEN: null }, { WAGON_OPTIONS: "" }]);
    const sky = { SKYPILOT_NODE_RANK: "1", SKYPILOT_NODE_IPS: "10.0.0.7\n10.0.0.9" };
    assert.deepEqual(await wordsOf(run, { ...env, ...sky }), ["1", "10.0.0.7", "0", ...rest]);
    const { commands, env: names } = read<Record<"commands" | "env", string[]>>("wagon.dstack.yml");
    assert.deepEqual(names, ["WAGON_TOKEN", "WAGON_OPTIONS="]);
    const dstack = { DSTACK_NODE_RANK: "1", DSTACK_MASTER_NODE_IP: "10.0.0.7", DSTACK_GPUS_PER_NODE: "2" };
    assert.deepEqual(await wordsOf(commands.at(-1)!, { ...env, ...dstack }), ["1", "10.0.0.7", "2", ...rest]);
  },
});

Deno.test({
  name: "rented: two machines train, save when they are taken away, go on, and show no token",
  ignore,
  fn: async () => {
    await using place = await Workplace.open();
    const run = place.path("run"), port = `${freePort()}`;
    const options = ["--data", place.images, ...SMALL, "--shards", "2", "--batch", "16", "--out", run];
    const start = (rank: number, steps: number, token = TOKEN) => {
      const words = [`${rank}`, "127.0.0.1", "0", ...options, "--auto-resume", "--steps", `${steps}`];
      const script = `cd "$1" && shift && exec bash deploy/rented/node.sh "$@"`;
      const command = ["bash", "-c", script, "-", ROOT, ...words];
      return place.startCommand(command, `rank ${rank}`, { WAGON_TOKEN: token, WAGON_PORT: port });
    };
    const none = await start(0, 100, "").end();
    assert.deepEqual([none.code, none.stderr.includes("WAGON_TOKEN must be set")], [2, true], none.stderr);
    const other = start(1, 1_000_000), first = start(0, 1_000_000);
    await first.line(/Run folder|run folder/);
    await logged(run, "two workers", (records) => ofType(records, "worker_joined").length === 2);
    await logged(run, "a step", (records) => lastStep(records) > 0);
    assert.deepEqual(await exposures(TOKEN, run), []);
    first.signal("SIGTERM");
    assert.equal((await first.end()).code, 0, first.said);
    assert.equal((await other.end()).code, 0, other.said);
    const at = lastStep(await logged(run, "its end", (records) => records.at(-1)?.type === "end"));
    const again = start(0, at + 50);
    assert.equal((await again.end()).code, 0, again.said);
    const whole = await place.train("whole", ["--shards", "2", "--batch", "16", "--steps", `${at + 50}`]);
    assert.equal((await place.inspect(run)).weights_sha256, whole.weights_sha256);
  },
});

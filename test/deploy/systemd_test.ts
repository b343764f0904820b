/** The units of deploy/systemd: what systemd itself says of them, and their commands, run with other paths. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { lacks } from "../e2e/installed.ts";
import { lastStep, logged } from "../e2e/log.ts";
import { exposures } from "../e2e/exposed.ts";
import { freePort } from "../e2e/sshd.ts";
import { SMALL, Workplace } from "../e2e/workplace.ts";
import { inTempDir } from "../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const UNITS = ["wagon-coordinator.service", "wagon-worker@.service"] as const;
/** Of 100, lower is better: 15 and 20 were found with systemd 252. */
const EXPOSURE = 25;

/** A unit with these paths in the place of its own; all must be in it. */
async function unit(name: string, paths: Readonly<Record<string, string>>): Promise<string> {
  let text = await Deno.readTextFile(`${ROOT}/deploy/systemd/${name}`);
  for (const [from, to] of Object.entries(paths)) {
    assert.ok(text.includes(from), `${from} in ${name}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

Deno.test({
  name: "units: systemd understands them, and their services may do little",
  ignore: lacks("systemd-analyze"),
  fn: () =>
    inTempDir(async (folder) => {
      for (const name of UNITS) {
        const text = await unit(name, { "/usr/local/bin/deno": Deno.execPath(), "/opt/wagon": ROOT });
        await Deno.writeTextFile(`${folder}/${name.replace("@.", "@0.")}`, text);
        const file = `./${name.replace("@.", "@0.")}`;
        for (const args of [["verify"], ["security", "--offline=yes", `--threshold=${EXPOSURE}`]]) {
          const options = { args: [...args, file], cwd: folder };
          const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", options).output();
          const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
          assert.equal(code, 0, said);
          if (args[0] === "verify") assert.equal(said, "");
        }
      }
    }),
});

/** The command that a unit starts, with its variables, as systemd would have it. */
function commandOf(text: string, variables: Readonly<Record<string, string>>): string[] {
  const [, line] = /^ExecStart=(.*)$/m.exec(text)!;
  const specifiers: Readonly<Record<string, string>> = { "%H": "box", "%i": "0" };
  return line!.replaceAll(/%[Hi]/g, (name) => specifiers[name]!).split(" ").flatMap((word) => {
    const whole = /^\$(\w+)$/.exec(word);
    if (whole) return variables[whole[1]!]!.split(" ");
    return [word.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name]!)];
  });
}

Deno.test({
  name: "units: their commands train, save at SIGTERM, resume, and show no token",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using place = await Workplace.open();
    const token = "0123456789-of-the-units";
    await Deno.writeTextFile(place.path("token"), token, { mode: 0o600 });
    const port = freePort(), run = place.path("lib/run");
    const options = ["--data", place.images, ...SMALL, "--shards", "2", "--batch", "16"];
    const variables = {
      CREDENTIALS_DIRECTORY: place.folder,
      COORDINATOR: `ws://127.0.0.1:${port}`,
      OPTIONS: [...options, "--port", `${port}`, "--steps", "1000000"].join(" "),
    };
    const paths = { "/usr/local/bin/deno": Deno.execPath(), "/var/lib/wagon": place.path("lib") };
    const start = async (name: typeof UNITS[number], more: Partial<typeof variables> = {}) => {
      const [deno, ...words] = commandOf(await unit(name, paths), { ...variables, ...more });
      // The unit's WorkingDirectory is the clone.
      return place.startCommand([deno!, words[0]!, "--config", `${ROOT}/deno.json`, ...words.slice(1)], name);
    };
    const worker = await start("wagon-worker@.service", { OPTIONS: "--threads 1" });
    const first = await start("wagon-coordinator.service");
    await first.line(/Worker 1 joined: box-0/);
    await logged(run, "a step", (records) => lastStep(records) > 0);
    assert.deepEqual(await exposures(token, place.path("lib")), []);
    first.signal("SIGTERM");
    assert.equal((await first.end()).code, 0, first.said);
    // systemd starts it again (Restart=always).
    assert.equal((await worker.end()).code, 0, worker.said);
    const at = lastStep(await logged(run, "its end", (records) => records.at(-1)?.type === "end"));
    const again = await start("wagon-coordinator.service");
    const other = await start("wagon-worker@.service", { OPTIONS: "--threads 1" });
    await again.line(/Resuming at step/);
    await logged(run, "more steps", (records) => lastStep(records) > at);
    again.signal("SIGTERM");
    assert.equal((await again.end()).code, 0, again.said);
    assert.equal((await other.end()).code, 0, other.said);
    assert.ok(![first, again, worker, other].some(({ said }) => said.includes(token)));
  },
});

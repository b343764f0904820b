import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { join } from "node:path";
import { parseKeys } from "../../../coordinator/fleet/admission/listed_keys.ts";
import { readWorkerKey } from "../../../wire/proof/worker_key.ts";
import { UserError } from "../../../common/errors.ts";
import { certificateNames } from "../../../tasks/keys/certificate_names.ts";
import { writeNewFiles } from "../../../tasks/keys/key_files.ts";
import { taskCommand } from "../../../tasks/task_command.ts";
import { inTempDir } from "../../temp_dir.ts";

const ALWAYS = ["localhost", "127.0.0.1", "::1"];

Deno.test("names of a certificate are those given, or this machine's, and always its loopback", () => {
  const own = () => ["gpu-box", "192.168.1.20"];
  assert.deepEqual(certificateNames([], own), ["gpu-box", "192.168.1.20", ...ALWAYS]);
  assert.deepEqual(certificateNames(["a.b, [fd00::5]", "localhost"], own), [
    "a.b",
    "fd00::5",
    "localhost",
    ...ALWAYS.slice(1),
  ]);
  for (const wrong of ["ws://a", "a:7700", "10.0.0.300", "a b", "", "*", "a..b", "-a"]) {
    assert.throws(() => certificateNames([wrong], own), UserError, wrong);
  }
});

Deno.test("files of keys: private ones are private, and none is replaced unless that is wanted", () =>
  inTempDir(async (folder) => {
    const [secret, open] = [join(folder, "new", "a.key"), join(folder, "new", "a.crt")];
    const files = (text: string) => [
      { path: open, text, is_secret: false },
      { path: secret, text, is_secret: true },
    ];
    const modes = async () =>
      await Promise.all([secret, open].map(async (path) => (await Deno.stat(path)).mode! & 0o777));
    await writeNewFiles(files("first"), false);
    assert.deepEqual(await modes(), [0o600, 0o644]);
    await assert.rejects(writeNewFiles(files("second"), false), /must be no file of this name yet.*--force/);
    await Deno.remove(open);
    // None is written where one cannot be.
    await assert.rejects(writeNewFiles(files("second"), false), UserError);
    await assert.rejects(Deno.stat(open), Deno.errors.NotFound);
    assert.equal(await Deno.readTextFile(secret), "first");
    await Deno.chmod(secret, 0o666);
    await writeNewFiles(files("third"), true);
    assert.deepEqual([await Deno.readTextFile(secret), ...await modes()], ["third", 0o600, 0o644]);
  }));

Deno.test("deno task keys makes a pair, says how to use it, and never writes over one", () =>
  inTempDir(async (folder) => {
    const keys = async () => {
      const args = [...taskCommand("keys"), "--tls", "gpu-box", "--out", "k"];
      const command = new Deno.Command(Deno.execPath(), { args, cwd: folder, env: { NO_COLOR: "1" } });
      const { code, stdout, stderr } = await command.output();
      return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    };
    const made = await keys();
    assert.equal(made.code, 0, made.said);
    assert.match(made.said, /for gpu-box, localhost, 127\.0\.0\.1, ::1; valid until \d{4}-\d\d-\d\d/);
    assert.match(made.said, /--tls-cert k\/wagon\.crt --tls-key k\/wagon\.key\n/);
    const key = await Deno.readTextFile(join(folder, "k", "wagon.key"));
    const again = await keys();
    assert.equal(again.code, 2);
    assert.match(again.said, /^Cannot write k\/wagon\.key: .*\n$/);
    assert.equal(await Deno.readTextFile(join(folder, "k", "wagon.key")), key);
    assert.ok(!made.said.includes(key.split("\n")[1]!));
  }));

Deno.test("deno task keys --worker makes keys that Node reads alike, and prints their lines", () =>
  inTempDir(async (folder) => {
    const keys = async (...more: string[]) => {
      const args = [...taskCommand("keys"), ...more];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder })
        .output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    };
    const { code, stdout, stderr } = await keys("--worker", "laptop", "--worker", "gpu-1");
    assert.equal(code, 0, stderr);
    const names = parseKeys(stdout, "list");
    assert.deepEqual([...names.values()], ["laptop", "gpu-1"]);
    for (const [public_key, name] of names) {
      const path = join(folder, `${name}.key`);
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
      const text = await Deno.readTextFile(path);
      assert.equal((await readWorkerKey(text)).public_key, public_key);
      // Node reads the same public key out of it.
      const { x } = createPublicKey(createPrivateKey(text)).export({ format: "jwk" });
      assert.equal(Uint8Array.fromBase64(x!, { alphabet: "base64url" }).toHex(), public_key);
    }
    await assert.rejects(Deno.stat(join(folder, "wagon.key")), Deno.errors.NotFound);
    assert.equal((await keys("--worker", "gpu-1")).code, 2);
    assert.equal((await keys("--worker", "../up")).code, 2);
  }));

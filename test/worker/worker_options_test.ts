import assert from "node:assert/strict";
import { HelpRequested, parseOptions } from "../../common/cli/cli.ts";
import { checkTrust, wantedDevices, WORKER_COMMAND } from "../../worker/worker_options.ts";

const wanted = (...args: string[]) => wantedDevices(parseOptions(WORKER_COMMAND, args).values);

Deno.test("--gpu, --cpu and --require-gpu say which devices are wanted", () => {
  assert.deepEqual(wanted(), { kind: "cpu" });
  assert.deepEqual(wanted("--cpu"), { kind: "cpu" });
  assert.deepEqual(wanted("--gpu", "0,2"), { kind: "gpus", indices: [0, 2], required: false });
  assert.deepEqual(wanted("--gpu", "all", "--require-gpu"), { kind: "all", required: true });
  assert.deepEqual(wanted("--require-gpu"), { kind: "gpus", indices: [0], required: true });
  for (const bad of ["", "0,", "0,0", "-1", "1.5", "x", "all,1", "1e1"]) {
    assert.throws(() => wanted(`--gpu=${bad}`), { name: "UserError" }, bad);
  }
  assert.throws(() => wanted("--cpu", "--require-gpu"), {
    message: "Option --cpu excludes --require-gpu: give one",
  });
});

Deno.test("the help names every option", () => {
  assert.throws(() => parseOptions(WORKER_COMMAND, ["--help"]), (error) => {
    assert.ok(error instanceof HelpRequested);
    for (const name of Object.keys(WORKER_COMMAND.options)) {
      assert.match(error.message, new RegExp(`--(\\[no-\\])?${name.replaceAll("_", "-")}\\b`), name);
    }
    return true;
  });
});

Deno.test("certificates are given for an address that is encrypted", () => {
  checkTrust({ coordinator: undefined, tls_ca: undefined });
  checkTrust({ coordinator: "wss://a", tls_ca: "a.crt" });
  for (const coordinator of ["ws://a:7700", undefined]) {
    assert.throws(
      () => checkTrust({ coordinator, tls_ca: "a.crt" }),
      /--tls-ca needs an address that begins with wss:/,
    );
  }
});

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Door,
  removeTokens,
  tellHowToJoin,
  tellOfPage,
} from "../../../coordinator/terminal/invitation.ts";
import { inTempDir } from "../../temp_dir.ts";

const TOKEN = { token: "workers-secret", file: undefined };
const READ_TOKEN = { token: "readers-secret", file: undefined };
const VARIABLES = ["WAGON_STATE_DIR", "WAGON_TOKEN", "WAGON_READ_TOKEN"] as const;

/** What is told of a door, with FOLDER for the state folder. `env`: of the variables that count, and no others. */
async function told(
  door: Partial<Door>,
  { env = {}, secret = TOKEN, check = (_folder: string) => Promise.resolve() }: {
    env?: Partial<Record<typeof VARIABLES[number], string>>;
    secret?: typeof TOKEN | { token: string; file: string };
    check?: (folder: string) => Promise<void>;
  } = {},
): Promise<string[]> {
  const lines: string[] = [];
  const terminal = {
    line: (text: string) => void lines.push(text.replaceAll("\u00a0", " ")),
    copied: (label: string, text: string) => void lines.push(`${label} ${text}`),
  };
  await inTempDir(async (folder) => {
    const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
    const set = (name: string, value?: string) =>
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    for (const name of VARIABLES) set(name, env[name]);
    const state = env.WAGON_STATE_DIR ?? join(folder, "state");
    Deno.env.set("WAGON_STATE_DIR", state);
    try {
      const whole = { host: "0.0.0.0", port: 7700, interactive: false, ...door };
      const interfaces = door.interfaces ??
        (() => [
          { name: "eth0", family: "IPv4", address: "192.168.1.20" } as const,
          { name: "tun0", family: "IPv4", address: "10.8.0.2" } as const,
        ]);
      await tellHowToJoin(terminal, { ...whole, interfaces }, secret);
      await tellOfPage(terminal, { ...whole, interfaces }, READ_TOKEN);
      await check(join(state, "coordinators"));
      await removeTokens(whole);
      for await (const { name } of Deno.readDir(join(state, "coordinators"))) assert.fail(`left ${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    } finally {
      for (const [name, value] of before) set(name, value);
    }
    lines.forEach((line, i) => lines[i] = line.replaceAll(state, "STATE"));
  });
  return lines;
}

Deno.test("a person is shown the line to type with the token, by an address that other machines reach", async () => {
  assert.deepEqual(await told({ interactive: true }), [
    "Listening on ws://0.0.0.0:7700; on this machine: deno task worker",
    "On another machine: WAGON_TOKEN=workers-secret deno task worker --coordinator ws://192.168.1.20:7700",
    "Other addresses of this machine: 10.8.0.2",
    "Live page: http://192.168.1.20:7700/?token=readers-secret",
  ]);
});

Deno.test("without a terminal fresh tokens go into files of mode 600, whose paths are told", async () => {
  const found: Record<string, [string, number]> = {};
  const check = async (folder: string) => {
    for await (const { name } of Deno.readDir(folder)) {
      const path = join(folder, name);
      found[name.replace(/^.*127\.0\.0\.1/, "HOST")] = [
        await Deno.readTextFile(path),
        (await Deno.stat(path)).mode! & 0o777,
      ];
    }
  };
  const lines = await told({}, { check });
  assert.deepEqual(found, {
    "HOST_7700.token": ["workers-secret\n", 0o600],
    "HOST_7700.read-token": ["readers-secret\n", 0o600],
  });
  assert.ok(!lines.join("").includes("secret"), lines.join("\n"));
  assert.match(
    lines[1]!,
    /^On another machine: deno task worker --coordinator ws:\/\/192\.168\.1\.20:7700 --token-file FILE, where FILE holds the token in STATE\/coordinators\/\S+\.token$/,
  );
  assert.match(lines.at(-1)!, /^Live page: \S+\?token=…, with the token in STATE\/\S+\.read-token$/);
});

Deno.test("a token that was given is not written anywhere: what gave it is named", async () => {
  const secret = { token: "workers-secret", file: "/etc/token" };
  const [, joined] = await told({}, {
    secret,
    check: async (folder) => {
      const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
      assert.ok(names.every((name) => name.endsWith(".read-token")), names.join());
    },
  });
  assert.match(joined!, /where FILE holds the token that --token-file or WAGON_TOKEN gives it$/);
  const [, of_variable, , page] = await told({}, { env: { WAGON_TOKEN: "x", WAGON_READ_TOKEN: "y" } });
  assert.match(of_variable!, /that --token-file or WAGON_TOKEN gives it$/);
  assert.match(page!, /that --read-token-file or WAGON_READ_TOKEN gives it$/);
});

Deno.test("on loopback only a tunnel or another user needs the token; a home that is no folder is no error", async () => {
  const lines = await told({ host: "127.0.0.1" });
  assert.equal(
    lines[1],
    "Only workers on this machine can connect; --host 0.0.0.0 lets workers on other machines join",
  );
  assert.match(
    lines[2]!,
    /^Workers of another user, or behind a tunnel, need the token in STATE\/\S+\.token$/,
  );
  const nowhere = await told({}, { env: { WAGON_STATE_DIR: "/dev/null" } });
  assert.match(
    nowhere[1]!,
    /the token that could not be saved \(.*\): give one with --token-file or WAGON_TOKEN$/,
  );
});

Deno.test("a machine without a network says so instead of an address that leads nowhere", async () => {
  const lines = await told({ interactive: true, interfaces: () => [] });
  assert.equal(
    lines[1],
    "On another machine: WAGON_TOKEN=workers-secret deno task worker --coordinator ws://ADDRESS:7700",
  );
  assert.equal(lines[2], "This machine has no address that others could reach: connect it to a network");
  assert.match(lines[3]!, /^Live page: http:\/\/127\.0\.0\.1:7700/);
});

Deno.test("with TLS, the command trusts a copy of the certificate, at an address that it is for", async () => {
  const certificate = {
    names: ["gpu-box", "10.8.0.2", "localhost", "127.0.0.1"],
    not_before_ms: 0,
    not_after_ms: Date.UTC(2027, 10, 30),
    sha256: "0123456789abcdef".repeat(4),
    is_self_signed: true,
  };
  const told_with = (more: Partial<typeof certificate>) =>
    told({ interactive: true, tls: { certificate: { ...certificate, ...more }, file: "keys/my wagon.crt" } });
  const known = "The certificate is valid until 2027-11-30 and has the SHA-256 0123456789abcdef…";
  const command = "On another machine: WAGON_TOKEN=workers-secret deno task worker --coordinator";
  assert.deepEqual(await told_with({}), [
    "Listening on wss://0.0.0.0:7700; on this machine: deno task worker",
    `${known}; copy 'my wagon.crt' (not its key) to each machine`,
    `${command} wss://10.8.0.2:7700 --tls-ca 'my wagon.crt'`,
    "Other addresses of this machine: gpu-box",
    "Live page: https://10.8.0.2:7700/?token=readers-secret",
  ]);
  const signed = await told_with({ is_self_signed: false, names: ["wagon.example.org"] });
  assert.deepEqual(signed.slice(1), [
    known,
    `${command} wss://wagon.example.org:7700`,
    "Live page: https://wagon.example.org:7700/?token=readers-secret",
  ]);
  const near = await told_with({ names: ["localhost", "127.0.0.1", "*.example.org"] });
  assert.match(near[2]!, /wss:\/\/ADDRESS:7700/);
  assert.match(
    near[3]!,
    /^The certificate has no name that others could reach: .* deno task keys --tls ADDRESS$/,
  );
});

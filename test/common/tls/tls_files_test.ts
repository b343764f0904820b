import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { isFor, readCertificate } from "../../../common/tls/certificate.ts";
import { readServerTls, readTrusted } from "../../../common/tls/tls_files.ts";
import { selfSigned } from "../../../tasks/keys/self_signed.ts";
import { inTempDir } from "../../temp_dir.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 30);
const made = (names: string[], now_ms = NOW_MS) => selfSigned({ names, now_ms, valid_ms: 10 * DAY_MS });

Deno.test("a certificate is for hosts by name, address, or a star in the place of one label", async () => {
  const certificate = readCertificate((await made(["gpu-box", "::1", "10.0.0.5", "*.a.b"])).cert);
  for (const host of ["gpu-box", "GPU-Box", "::1", "[::1]", "10.0.0.5", "x.a.b"]) {
    assert.ok(isFor(certificate, host), host);
  }
  for (const host of ["gpu", "10.0.0.6", "a.b", "x.y.a.b", "::2"]) assert.ok(!isFor(certificate, host), host);
  assert.deepEqual(certificate.names.slice(0, 1), ["gpu-box"]);
  assert.equal(certificate.not_after_ms, NOW_MS + 10 * DAY_MS);
  assert.ok(certificate.is_self_signed);
  assert.match(certificate.sha256, /^[0-9a-f]{64}$/);
});

Deno.test("what is wrong with a certificate's files is said in one line, with what to do", () =>
  inTempDir(async (folder) => {
    const path = (name: string) => join(folder, name);
    const [pair, other] = [await made(["a"]), await made(["a"])];
    for (
      const [name, text] of Object.entries({
        ...pair,
        junk: "x",
        other: other.key,
        two: pair.cert + other.cert,
      })
    ) {
      await Deno.writeTextFile(path(name), text);
    }
    const read = (tls_cert?: string, tls_key?: string, now_ms = NOW_MS) =>
      readServerTls({
        tls_cert: tls_cert === undefined ? undefined : path(tls_cert),
        tls_key: tls_key === undefined ? undefined : path(tls_key),
      }, now_ms);
    const fails = async (reading: Promise<unknown>, said: RegExp) => {
      const error = await reading.then(() => assert.fail(`read: ${said}`), (error: unknown) => error);
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, said);
      assert.ok(!error.message.includes("\n"));
    };
    assert.equal(await read(), null);
    const { cert, key, certificate, file } = (await read("cert", "key"))!;
    assert.deepEqual({ cert, key }, pair);
    assert.deepEqual([certificate.names, file], [["a"], path("cert")]);
    await fails(read("cert"), /^Options --tls-cert and --tls-key belong together/);
    await fails(read(undefined, "key"), /^Options --tls-cert and --tls-key belong together/);
    await fails(read("none", "key"), /^Cannot read .*none: .*check --tls-cert$/);
    await fails(read("cert", "none"), /^Cannot read .*none: .*check --tls-key$/);
    await fails(read("junk", "key"), /^Cannot use certificate file .*junk: a certificate in PEM is required/);
    await fails(read("cert", "junk"), /^Cannot use key file .*junk: a private key in PEM is required/);
    await fails(read("cert", "cert"), /a private key in PEM is required/);
    await fails(
      read("cert", "other"),
      /^Cannot use key file .*other: it must be the key of .*cert, found another/,
    );
    await fails(
      read("cert", "key", NOW_MS + 11 * DAY_MS),
      /expired on 2026-12-10; make a new one with deno task keys$/,
    );
    await fails(read("cert", "key", NOW_MS - DAY_MS), /begins on 2026-11-29; set this machine's clock/);
    assert.equal((await readTrusted(path("two"))).certificates.length, 2);
    await fails(readTrusted(path("key")), /a certificate in PEM is required, found none/);
    await fails(readTrusted(path("none")), /check --tls-ca$/);
    await Deno.writeTextFile(path("broken"), pair.cert.replace(/[A-Z]{3}/, "abc"));
    await fails(readTrusted(path("broken")), /a certificate in PEM is required/);
  }));

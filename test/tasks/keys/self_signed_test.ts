import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { addressBytes, selfSigned } from "../../../tasks/keys/self_signed.ts";
import { lacks } from "../../e2e/installed.ts";
import { inTempDir } from "../../temp_dir.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 30, 12);
const NAMES = ["gpu-box", "192.168.1.20", "fd00::5", "*.example.org"];

Deno.test("a certificate is for its names and days, and for the key that comes with it", async () => {
  const { cert, key } = await selfSigned({ names: NAMES, now_ms: NOW_MS, valid_ms: 365 * DAY_MS });
  const read = new X509Certificate(cert);
  assert.equal(read.subject, "CN=gpu-box");
  assert.equal(read.checkHost("gpu-box"), "gpu-box");
  assert.match(read.subjectAltName!, /^DNS:gpu-box, IP Address:192\.168\.1\.20, .*, DNS:\*\.example\.org$/);
  assert.equal(read.checkHost("elsewhere"), undefined);
  assert.equal(read.checkIP("192.168.1.20"), "192.168.1.20");
  assert.equal(read.checkIP("192.168.1.21"), undefined);
  assert.equal(read.ca, false);
  assert.ok(read.verify(read.publicKey) && read.checkPrivateKey(createPrivateKey(key)));
  assert.equal(Date.parse(read.validFrom), NOW_MS - 3_600_000);
  assert.equal(Date.parse(read.validTo), NOW_MS + 365 * DAY_MS);
  const other = await selfSigned({ names: NAMES, now_ms: NOW_MS, valid_ms: DAY_MS });
  assert.notEqual(new X509Certificate(other.cert).serialNumber, read.serialNumber);
  assert.equal(new X509Certificate(other.cert).checkPrivateKey(createPrivateKey(key)), false);
});

Deno.test("addresses become the bytes that they stand for", () => {
  assert.equal(addressBytes("10.0.0.255")!.toHex(), "0a0000ff");
  assert.equal(addressBytes("::1")!.toHex(), "00".repeat(15) + "01");
  assert.equal(addressBytes("FD00:0:0:1::10.0.0.5")!.toHex(), "fd00000000000001" + "00000000" + "0a000005");
  assert.equal(addressBytes("gpu-box"), null);
});

Deno.test({
  name: "a certificate: OpenSSL finds nothing wrong with it",
  ignore: lacks("openssl"),
  fn: () =>
    inTempDir(async (folder) => {
      const { cert } = await selfSigned({ names: NAMES, now_ms: Date.now(), valid_ms: DAY_MS });
      const path = `${folder}/a.crt`;
      await Deno.writeTextFile(path, cert);
      const openssl = async (...args: string[]) => {
        const { code, stdout, stderr } = await new Deno.Command("openssl", { args }).output();
        return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
      };
      const strict = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", path];
      for (const named of [["-verify_hostname", "gpu-box"], ["-verify_ip", "fd00::5"]]) {
        const { code, said } = await openssl(...strict, ...named, path);
        assert.equal(code, 0, said);
      }
      assert.notEqual((await openssl(...strict, "-verify_ip", "fd00::6", path)).code, 0);
    }),
});

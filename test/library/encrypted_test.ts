import assert from "node:assert/strict";
import { join } from "node:path";
import { coordinate } from "../../library/coordinate.ts";
import { work } from "../../library/work.ts";
import { selfSigned } from "../../tasks/keys/self_signed.ts";
import { inTempDir } from "../temp_dir.ts";

Deno.test("a program coordinates and works through TLS, with the files that the tasks take", () =>
  inTempDir(async (folder) => {
    const { cert, key } = await selfSigned({
      names: ["127.0.0.1"],
      now_ms: Date.now(),
      valid_ms: 86_400_000,
    });
    const [tls_cert, tls_key] = [join(folder, "a.crt"), join(folder, "a.key")];
    await Promise.all([Deno.writeTextFile(tls_cert, cert), Deno.writeTextFile(tls_key, key)]);
    const token = "a secret of 16 characters or more";
    let worker = Promise.resolve();
    const lines: string[] = [];
    const { summary } = await coordinate({
      ...{ data: "8gaussians", steps: 4, out: join(folder, "run"), port: 0, token, tls_cert, tls_key },
      onListening: async ({ url, page }) => {
        assert.match(url, /^wss:\/\/127\.0\.0\.1:\d+$/);
        assert.match(page, /^https:\/\/127\.0\.0\.1:\d+\/\?token=/);
        // Without the certificate nobody is trusted, and nothing is sent.
        await assert.rejects(work({ coordinator: url, token }), /does not trust the certificate there/);
        const onLine = (line: string) => void lines.push(line);
        worker = work({ coordinator: url, token, tls_ca: tls_cert, name: "mine", threads: 1, onLine });
      },
    });
    await worker;
    assert.equal(summary.steps, 4);
    assert.equal(summary.workers[0]?.name, "mine");
    assert.match(lines.join("\n"), /Joined run \w+ at wss:/);
    const plain = { coordinator: "ws://127.0.0.1:9", token, tls_ca: tls_cert };
    await assert.rejects(work(plain), /--tls-ca needs an address that begins with wss:/);
  }));

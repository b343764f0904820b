/** What TLS refuses, over real connections: each is one line, and nobody is let in who should not be. */
import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { readCertificate, readCertificates } from "../../../common/tls/certificate.ts";
import { selfSigned } from "../../../tasks/keys/self_signed.ts";
import { explainCertificate } from "../../../wire/connecting/certificate_failure.ts";
import { connect, listen } from "../../../wire/ws_socket.ts";

const HOST = "127.0.0.1";
const DAY_MS = 86_400_000;

interface Case {
  readonly names?: readonly string[];
  /** Days from now when the certificate begins. */
  readonly begins?: number;
  /** Another certificate that is trusted instead; null: what this machine trusts. */
  readonly trusts?: string | null;
}

/** Connects to a server with such a certificate. Resolves to the error, or null where the WebSocket opens. */
async function attempt({ names = [HOST], begins = 0, trusts }: Case): Promise<Error | null> {
  const now_ms = Date.now() + begins * DAY_MS;
  const tls = await selfSigned({ names, now_ms, valid_ms: 5 * DAY_MS });
  let opened = 0;
  const listener = await listen({ host: HOST, port: 0, tls, onsocket: () => opened++ });
  const pem = trusts === undefined ? tls.cert : trusts;
  const trusted = pem === null ? null : { pem, file: "wagon.crt", certificates: readCertificates(pem) };
  try {
    const socket = await connect(`wss://${HOST}:${listener.port}`, { trusted }).catch((error: Error) =>
      error
    );
    if (socket instanceof Error) {
      assert.equal(opened, 0);
      return socket;
    }
    socket.close("seen");
    return null;
  } finally {
    await listener.close();
  }
}

Deno.test("TLS: a certificate that is trusted, of today and for the host lets a worker connect", async () => {
  assert.equal(await attempt({}), null);
  assert.equal(await attempt({ names: ["gpu-box", HOST] }), null);
});

Deno.test("TLS: each certificate that is refused is refused in one line, and only what may change is tried again", async () => {
  const other = (await selfSigned({ names: [HOST], now_ms: Date.now(), valid_ms: DAY_MS })).cert;
  const cases: readonly [Case, RegExp, boolean][] = [
    [
      { trusts: null },
      /: this machine does not trust the certificate there \(SHA-256 [0-9a-f]{16}…\); give a copy /,
      true,
    ],
    [
      { trusts: other },
      /: wagon\.crt does not vouch for the certificate there \(SHA-256 \w+…, and the file has \w+…\); /,
      true,
    ],
    [
      { names: ["gpu-box"] },
      /: the certificate there is for gpu-box, and not for 127\.0\.0\.1; .* --tls 127\.0\.0\.1$/,
      true,
    ],
    [
      { begins: -9 },
      /: the certificate there expired on \d{4}-\d\d-\d\d; make a new one .*clock, which says \d/,
      false,
    ],
    [
      { begins: 9 },
      /: the certificate there is not valid before \d{4}-\d\d-\d\d; set this machine's clock/,
      false,
    ],
  ];
  for (const [refused, said, is_permanent] of cases) {
    const error = await attempt(refused);
    assert.match(error?.message ?? "connected", said);
    assert.equal(error instanceof UserError, is_permanent, String(error));
    assert.ok(!error?.message.includes("\n"));
  }
});

Deno.test("TLS: ws to wss and the other way round are told in one line, and nobody gets in", async () => {
  const tls = await selfSigned({ names: [HOST], now_ms: Date.now(), valid_ms: DAY_MS });
  for (
    const [scheme, server, said] of [["ws", tls, /needs wss, not ws/], [
      "wss",
      null,
      /needs ws, not wss/,
    ]] as const
  ) {
    let opened = 0;
    const listener = await listen({ host: HOST, port: 0, tls: server, onsocket: () => opened++ });
    await assert.rejects(connect(`${scheme}://${HOST}:${listener.port}`), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, said);
      return true;
    });
    assert.equal(opened, 0);
    await listener.close();
  }
});

Deno.test("TLS: what the certificate itself does not explain is said in TLS's own words", async () => {
  const { cert } = await selfSigned({ names: ["a"], now_ms: Date.now(), valid_ms: DAY_MS });
  const certificate = readCertificate(cert);
  const trusted = { certificates: [certificate], file: "a.crt" };
  const seen = { host: "a", certificate, trusted, said: "odd\nwords", now_ms: Date.now() };
  const { text, is_permanent } = explainCertificate(seen);
  assert.match(text, /^TLS refuses the certificate there although a\.crt has it \(odd words\); /);
  assert.ok(is_permanent);
  assert.match(
    explainCertificate({ ...seen, host: "b", certificate: { ...certificate, names: [] } }).text,
    /for no name at all, and not for b;/,
  );
  const many = { ...certificate, names: ["v", "w", "x", "y", "z"] };
  assert.match(
    explainCertificate({ ...seen, host: "b", certificate: many }).text,
    /is for v, w, x, y and 1 more, and/,
  );
});

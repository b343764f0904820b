import assert from "node:assert/strict";
import { type Answer, explain, type Failure, needsProbe } from "../../../wire/connecting/connect_failure.ts";

/** What is said of a failed attempt, which took ten seconds at most; the port is asked where that is needed. */
function said(url: string, failure: Partial<Failure>, answer: Answer = "silence"): string {
  const whole = { message: "raw words", ...failure };
  return explain(new URL(url), whole, needsProbe(whole) ? answer : null, 10_000).text;
}

const response = (status: number, headers: Record<string, string> = {}) => ({
  response: { status, headers },
});

Deno.test("each of ws and wss at a port of the other is named, with the address to use", () => {
  const torn = {
    code: "ERR_SSL_WRONG_VERSION_NUMBER",
    message: "corrupt message of type InvalidContentType",
  };
  assert.match(
    said("wss://a.b:7700", torn, "http"),
    /^that port needs ws, not wss; use ws:\/\/a\.b:7700, or /,
  );
  assert.match(
    said("wss://[::1]/p", torn, "http"),
    /^that port needs ws, not wss; use ws:\/\/\[::1\]:443\/p, or /,
  );
  const plain = /^that port needs wss, not ws; use wss:\/\/a\.b:8443 \(a coordinator with --tls-cert prints /;
  assert.match(said("ws://a.b:8443", { code: "HPE_INVALID_CONSTANT" }, "tls"), plain);
  // nginx and Caddy say in plain HTTP that they wait for TLS.
  assert.match(said("ws://a.b:8443", response(400), "tls"), plain);
  assert.equal(
    said("ws://a.b", response(308, { location: "https://a.b/x" })),
    "it redirects to HTTPS; use wss://a.b",
  );
});

Deno.test("a host, a route, a firewall, a program that is not there: each is named, with the remedy", () => {
  assert.match(
    said("ws://gpu-box:1", { code: "EAI_AGAIN" }),
    /^no name server knows the host gpu-box; .*coordinator prints$/,
  );
  assert.match(
    said("ws://gpu-box:1", { code: "ENOTFOUND" }),
    /^the host gpu-box is not known on this machine; .*coordinator prints$/,
  );
  assert.match(said("ws://gpu-box:1", {}, "no name"), /^no name server answers for the host gpu-box; /);
  assert.match(said("ws://10.0.0.5:1", { code: "EHOSTUNREACH" }), /^there is no route .*; check the address/);
  assert.match(
    said("ws://10.0.0.5:7700", { message: "Opening handshake has timed out" }, "nothing"),
    /^no answer within 10 s; a firewall may block port 7700: open the port .*\(docs\/on-/,
  );
  const remote = said("ws://10.0.0.5:7700", { code: "ECONNREFUSED" });
  assert.match(remote, /^nothing listens there; start the coordinator with --host 0\.0\.0\.0/);
  assert.match(said("ws://127.0.0.1:7700", { code: "ECONNREFUSED" }), /deno task coordinator/);
  assert.match(said("ws://10.0.0.5:7700", {}, "silence"), /^the program there sends nothing for 10 s; /);
  assert.match(
    said("ws://10.0.0.5:22", {}, "other"),
    /^another program than a coordinator .* correct the port$/,
  );
  assert.match(said("ws://10.0.0.5:22", {}, "closed"), /^the program there closes the connection at once; /);
});

Deno.test("what a proxy answers says which part of the way is broken", () => {
  const at = "wss://a.b";
  assert.match(
    said(at, response(502)),
    /^a proxy answers there, but no coordinator behind it \(HTTP 502\); /,
  );
  // A request without its upgrade comes to the live page, which asks for the read token or the machine's name.
  const asks = { "www-authenticate": 'Bearer realm="wagon"' };
  for (const lost of [response(401, asks), response(421), response(426)]) {
    assert.match(
      said(at, lost),
      /^a proxy there does not pass on WebSockets .*docs\/on-several-machines\.md/,
    );
  }
  assert.match(said(at, response(401, { "www-authenticate": "Basic" })), /^a proxy there asks for a login /);
  assert.match(said(at, response(404)), /^a web server answers there, but no coordinator \(HTTP 404\); /);
});

Deno.test("what is not known is said in its own words, on one line", () => {
  const reason = explain(new URL("ws://a"), { message: "odd\nwords" }, "http", 1);
  assert.deepEqual(reason, { text: "odd words", is_permanent: false });
});

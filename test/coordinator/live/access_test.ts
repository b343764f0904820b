import assert from "node:assert/strict";
import { authorize, authorizeUpgrade } from "../../../coordinator/live/access.ts";

const TOKEN = "the-read-token-of-a-test";
const HOUSE = { read_token: TOKEN, names: ["trainer", "trainer.local"], public_paths: [] as string[] };

function judged(
  { method = "GET", target = `/?token=${TOKEN}`, ...headers }: Record<string, string>,
  house = HOUSE,
): string | number {
  const all: Record<string, string> = { host: "127.0.0.1:7700", ...headers };
  const verdict = authorize({ method, target, header: (name) => all[name] }, house);
  return "status" in verdict ? verdict.status : verdict.path + (verdict.head_only ? " (head)" : "");
}

Deno.test("the read token opens the page, in the address or as a bearer", () => {
  assert.equal(judged({}), "/");
  assert.equal(judged({ method: "HEAD" }), "/ (head)");
  assert.equal(judged({ target: "/metrics", authorization: `Bearer ${TOKEN}` }), "/metrics");
  assert.equal(judged({ target: `/samples/100.png?token=${TOKEN}` }), "/samples/100.png");
});

Deno.test("without the read token nothing is shown, not even what there is", () => {
  const wrong = ["/", "/metrics", "/nothing", "/?token=", `/?token=${TOKEN}x`, `/?token=${TOKEN.slice(1)}`];
  for (const target of wrong) assert.equal(judged({ target }), 401, target);
  for (const authorization of ["", "Bearer", "Bearer x", `Basic ${TOKEN}`, TOKEN]) {
    assert.equal(judged({ target: "/", authorization }), 401, authorization);
  }
  // A header that is wrong is not made good by the address.
  assert.equal(judged({ authorization: "Bearer wrong" }), 401);
});

Deno.test("a public path needs no token, and everything else that is asked of a request", () => {
  const house = { ...HOUSE, public_paths: ["/metrics"] };
  assert.equal(judged({ target: "/metrics" }, house), "/metrics");
  assert.equal(judged({ target: "/metrics?token=wrong" }, house), "/metrics");
  for (const target of ["/", "/events", "/metrics/", "/metrics/../"]) {
    assert.equal(judged({ target }, house), 401, target);
  }
  assert.equal(judged({ target: "/metrics", method: "POST" }, house), 405);
  assert.equal(judged({ target: "/metrics", host: "evil.example" }, house), 421);
  assert.equal(judged({ target: "/metrics", "sec-fetch-site": "cross-site" }, house), 403);
});

Deno.test("only looking is allowed", () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", ""]) {
    assert.equal(judged({ method }), 405, method);
  }
});

Deno.test("names that are not this machine's are refused: DNS rebinding", () => {
  const own = [
    "127.0.0.1",
    "192.168.1.7:7700",
    "[::1]:7700",
    "localhost:1",
    "a.localhost",
    "TRAINER",
    "trainer.local:80",
  ];
  for (const host of own) assert.equal(judged({ host }), "/", host);
  for (
    const host of ["evil.example", "127.0.0.1.evil.example:7700", "trainer.evil.example", "localhost.evil"]
  ) {
    assert.equal(judged({ host }), 421, host);
  }
  for (const host of ["", " ", "a b", "127.0.0.1:x", "[::1", "evil@127.0.0.1", "a,b"]) {
    assert.equal(judged({ host }), 400, host);
  }
});

Deno.test("pages of other sites may link to the page, and ask for nothing else", () => {
  const events = `/events?token=${TOKEN}`;
  assert.equal(judged({ target: events, origin: "http://127.0.0.1:7700" }), "/events");
  assert.equal(
    judged({ target: events, origin: "https://127.0.0.1:7700", "sec-fetch-site": "same-origin" }),
    "/events",
  );
  for (
    const origin of [
      "http://evil.example",
      "http://127.0.0.1:7701",
      "null",
      "http://127.0.0.1:7700.evil.example",
    ]
  ) {
    assert.equal(judged({ target: events, origin }), 403, origin);
    assert.equal(judged({ origin }), 403, origin);
  }
  for (const site of ["cross-site", "same-site"]) {
    assert.equal(judged({ "sec-fetch-site": site, "sec-fetch-mode": "navigate" }), "/");
    assert.equal(judged({ "sec-fetch-site": site, "sec-fetch-mode": "no-cors" }), 403);
    assert.equal(judged({ target: events, "sec-fetch-site": site, "sec-fetch-mode": "navigate" }), 403);
  }
});

Deno.test("a WebSocket is for workers, which are no browsers, and for pages of this very origin", () => {
  const opened = (headers: Record<string, string>) =>
    authorizeUpgrade({ method: "GET", target: "/", header: (name) => headers[name] }, HOUSE.names)?.status ??
      "open";
  const own = "127.0.0.1:7700";
  for (const host of [own, "any.name.at.all:80", "[fe80::1%25eth0]:7700"]) {
    assert.equal(opened({ host }), "open");
  }
  assert.equal(opened({}), "open");
  assert.equal(opened({ host: own, origin: `http://${own}`, "sec-fetch-site": "same-origin" }), "open");
  for (
    const origin of [
      "http://evil.example",
      "null",
      "",
      "file://",
      `http://${own}.evil.example`,
      `http://${own}, x`,
    ]
  ) {
    assert.equal(opened({ host: own, origin }), 403, origin);
  }
  assert.equal(opened({ host: own, "sec-fetch-site": "cross-site" }), 403);
  assert.equal(opened({ host: "evil.example:7700", origin: "http://evil.example:7700" }), 421);
  assert.equal(opened({ host: `${own}, ${own}` }), 400);
});

Deno.test("strange addresses are refused", () => {
  assert.equal(judged({ target: `/?token=${TOKEN}&x=${"x".repeat(3000)}` }), 414);
  for (const target of ["", "*", `http://evil.example/?token=${TOKEN}`, `//evil.example/?token=${TOKEN}`]) {
    assert.equal(judged({ target }), 400, target);
  }
  // Dots do not lead out: they are gone before a path is looked up.
  assert.equal(judged({ target: `/samples/../../etc/passwd?token=${TOKEN}` }), "/etc/passwd");
});

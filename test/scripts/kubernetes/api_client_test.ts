/** The client of `deno task kube-proof` against a server in this process. */
import assert from "node:assert/strict";
import { ApiClient, ApiError, type ApiObject } from "../../../scripts/kubernetes/api_client.ts";

const object = (name: string): ApiObject => ({ metadata: { name, uid: name, resourceVersion: "1" } });
const line = (type: string, name: string) => `${JSON.stringify({ type, object: object(name) })}\n`;

/** A server that answers lists and watches one after another; what it was asked. */
async function withServer(
  answers: readonly (string | readonly string[] | number)[],
  use: (client: ApiClient, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const rest = answers.values();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    asked.push(
      [request.method, pathname + search, request.headers.get("content-type") ?? "", body].join(" ").trim(),
    );
    assert.equal(request.headers.get("authorization"), "Bearer the token");
    const answer = rest.next().value;
    if (answer === undefined) return new Response(new ReadableStream());
    if (typeof answer === "number") return new Response("why", { status: answer });
    // Lines may come in pieces.
    return new Response(
      typeof answer === "string" ? answer : ReadableStream.from(answer).pipeThrough(new TextEncoderStream()),
    );
  });
  const client = new ApiClient(`http://127.0.0.1:${server.addr.port}`, "the token", null);
  try {
    await use(client, asked);
  } finally {
    client[Symbol.dispose]();
    await server.shutdown();
  }
}

const list = (version: string, ...names: string[]) =>
  JSON.stringify({ metadata: { resourceVersion: version }, items: names.map(object) });

Deno.test("a watch has what is there, then what happens, and lists anew where its place is too old", () => {
  const [head, tail] = [line("MODIFIED", "a").slice(0, 20), line("MODIFIED", "a").slice(20)];
  const first = [head, `${tail}${line("DELETED", "a")}`, line("BOOKMARK", "x"), line("ERROR", "x")];
  return withServer([list("7", "a"), first, list("9", "b"), [line("ADDED", "c")]], async (client, asked) => {
    const seen: string[] = [];
    for await (const { type, object } of client.watch("/pods")) {
      seen.push(`${type} ${object.metadata.name}`);
      if (seen.length === 5) break;
    }
    assert.deepEqual(seen, ["ADDED a", "MODIFIED a", "DELETED a", "ADDED b", "ADDED c"]);
    assert.deepEqual(asked, [
      "GET /pods",
      "GET /pods?watch=true&resourceVersion=7",
      "GET /pods",
      "GET /pods?watch=true&resourceVersion=9",
    ]);
  });
});

Deno.test("writes say what they are, and an answer that is no success is thrown", () =>
  withServer(["{}", "{}", 404, 404, 409], async (client, asked) => {
    await client.patch("/a/status", { status: 1 });
    await client.delete("/a", { gracePeriodSeconds: 0 });
    assert.equal(await client.find("/none"), null);
    await assert.rejects(client.get("/none"), (error) => error instanceof ApiError && error.status === 404);
    await assert.rejects(
      client.create("/a", {}),
      (error) => error instanceof ApiError && error.status === 409,
    );
    assert.deepEqual(asked.slice(0, 2), [
      'PATCH /a/status application/strategic-merge-patch+json {"status":1}',
      'DELETE /a application/json {"gracePeriodSeconds":0}',
    ]);
  }));

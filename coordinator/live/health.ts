/**
 * What schedulers ask a coordinator's port without a token: whether the process answers at all (/healthz), and whether
 * its run is open to workers (/readyz). The answers say nothing of the run.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

interface Answer {
  readonly status: 200 | 405 | 503;
  readonly text: string;
}

/** The answer to a request; null if it asks for something else. `open`: workers are let in. Pure. */
export function healthAnswer(method: string, target: string, open: boolean): Answer | null {
  const path = target.split("?", 1)[0];
  if (path !== "/healthz" && path !== "/readyz") return null;
  if (method !== "GET" && method !== "HEAD") return { status: 405, text: "Only GET and HEAD are allowed" };
  if (path === "/healthz" || open) return { status: 200, text: "ok" };
  return { status: 503, text: "The coordinator is starting" };
}

/** Answers such a request; false if it asks for something else. */
export function answerHealth(
  { method = "", url = "" }: Pick<IncomingMessage, "method" | "url">,
  response: ServerResponse,
  open: boolean,
): boolean {
  const answer = healthAnswer(method, url, open);
  if (answer === null) return false;
  const body = new TextEncoder().encode(`${answer.text}\n`);
  response.writeHead(answer.status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": body.length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // One that has asked shall not keep the port from closing.
    connection: "close",
  });
  response.end(method === "HEAD" ? undefined : body);
  return true;
}

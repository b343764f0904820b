/**
 * The live page and what it reads, on the coordinator's port: the page, its stream of events, pictures, metrics.
 * Nothing here changes anything, and nothing comes from elsewhere: the page is one file.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { piecesOf, readRegular, RegularFile } from "../../common/files/regular_file.ts";
import { hostOf } from "../../common/text/host_of.ts";
import { Sha256 } from "../../common/sha256.ts";
import type { Clock } from "../../wire/clock.ts";
import { REALM } from "../../wire/connecting/connect_failure.ts";
import { sampleFile } from "../run/run_folder.ts";
import { METRICS_TYPE, metricsText } from "./metrics.ts";
import PAGE from "./page.html" with { type: "text" };
import { type Moment, takeSnapshot } from "./snapshot.ts";
import { type AccessPolicy, accessRequestOf, authorize } from "./access.ts";
import { type EventStream, Watchers } from "./watchers.ts";

/** Whoever watched the end gets so long to fetch the last picture. */
export const LINGER_MS = 1_500;
/** Generators that are sent at the same time, and how long a reader of one may stand still. */
export const MAX_DOWNLOADS = 4;
const STALLED_MS = 30_000;
const PIECE_BYTES = 1 << 16;

export interface LiveServerOptions extends AccessPolicy {
  readonly run_folder: string;
  /** How the run stands now. */
  readonly moment: () => Moment;
  readonly clock: Clock;
}

const sourceOf = (text: string) => `'sha256-${new Sha256().update(text).bytes().toBase64()}'`;

/** The page's policy: its own inline script and style by their hashes, and otherwise only this very origin. */
export function policyFor(page: string): string {
  const hashes = (tag: string) =>
    [...page.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`, "g"))].map((found) =>
      sourceOf(found[1]!)
    );
  return [
    "default-src 'none'",
    `script-src ${hashes("script").join(" ")}`,
    `style-src ${hashes("style").join(" ")}`,
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

const REFUSAL_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** A short text as the whole answer. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  const body = new TextEncoder().encode(`${text}\n`);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    "content-security-policy": REFUSAL_POLICY,
    "content-type": "text/plain; charset=utf-8",
    "content-length": body.length,
    ...headers,
  });
  response.end(body);
}

/** A file to be saved. One that replaces it meanwhile changes nothing: it is another file of that name. */
async function sendFile(path: string, head_only: boolean, response: ServerResponse): Promise<void> {
  using file = await RegularFile.open(path).catch(() => null);
  if (!file) return answerText(response, 404, "There is no such file yet");
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    "content-security-policy": REFUSAL_POLICY,
    "content-type": "application/octet-stream",
    "content-disposition": "attachment",
    "content-length": file.size,
  });
  if (head_only) return void response.end();
  response.setTimeout(STALLED_MS, () => response.destroy());
  await pipeline(Readable.from(piecesOf(file, PIECE_BYTES)), response);
}

function streamOf(response: ServerResponse): EventStream {
  return {
    write: (text) => void response.write(text),
    get backlog_bytes() {
      return response.writableLength;
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  };
}

export class LiveServer {
  readonly #options: LiveServerOptions;
  readonly #watchers: Watchers;
  readonly #policy = policyFor(PAGE);
  #num_downloads = 0;

  constructor(options: LiveServerOptions) {
    this.#options = options;
    const { moment, clock } = options;
    this.#watchers = new Watchers({ clock, snapshot: () => takeSnapshot(moment()) });
  }

  /** Answers a request. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => response.destroy());
    const verdict = authorize(accessRequestOf(request), this.#options);
    if ("status" in verdict) {
      const more: Record<string, string> = { connection: "close" };
      if (verdict.status === 401) more["www-authenticate"] = `Bearer ${REALM}`;
      if (verdict.status === 405) more["allow"] = "GET, HEAD";
      return answerText(response, verdict.status, verdict.reason, more);
    }
    const { remoteAddress: address = "" } = request.socket;
    this.#serve(verdict.path, verdict.head_only, response, address).catch(() => response.destroy());
  }

  async #serve(path: string, head_only: boolean, response: ServerResponse, address: string): Promise<void> {
    const picture = /^\/samples\/(\d{1,10})\.png$/.exec(path);
    if (path === "/") this.#whole(response, head_only, "text/html; charset=utf-8", PAGE);
    else if (path === "/metrics") {
      this.#whole(response, head_only, METRICS_TYPE, metricsText(this.#options.moment()));
    } else if (picture) await this.#picture(Number(picture[1]), head_only, response);
    else if (path === "/generator.onnx") await this.#generator(head_only, response);
    else if (path === "/events") this.#events(response, head_only, address);
    else answerText(response, 404, "There is no such page");
  }

  #whole(response: ServerResponse, head_only: boolean, type: string, body: string | Uint8Array): void {
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-security-policy": type.startsWith("text/html") ? this.#policy : REFUSAL_POLICY,
      "content-type": type,
      "content-length": typeof body === "string" ? new TextEncoder().encode(body).length : body.length,
    });
    response.end(head_only ? undefined : body);
  }

  #events(response: ServerResponse, head_only: boolean, address: string): void {
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-security-policy": REFUSAL_POLICY,
      "content-type": "text/event-stream",
      // A proxy must pass events on as they come.
      "x-accel-buffering": "no",
    });
    if (head_only) return void response.end();
    response.on("close", this.#watchers.add(streamOf(response), hostOf(address)));
  }

  async #picture(step: number, head_only: boolean, response: ServerResponse): Promise<void> {
    const { run_folder, moment } = this.#options;
    const { live, step: last } = moment();
    const listed = live.samples.entries.find((entry) => entry.step === step);
    // The page asks for what it was told of, which may have been thinned out since; after a resume, later steps are void.
    const file = listed?.file ?? (step <= last ? sampleFile(step) : null);
    // It may have been deleted from the folder, or never drawn, or be something else by now.
    const png = file === null ? null : await readRegular(join(run_folder, file)).catch(() => null);
    if (png) this.#whole(response, head_only, "image/png", png);
    else answerText(response, 404, "There is no picture of this step");
  }

  /** The generator as it was last written, piece by piece: it may be large, and readers slow. */
  async #generator(head_only: boolean, response: ServerResponse): Promise<void> {
    if (this.#num_downloads >= MAX_DOWNLOADS) {
      return answerText(response, 503, "Others are downloading the generator: try again later");
    }
    this.#num_downloads++;
    try {
      await sendFile(join(this.#options.run_folder, "generator.onnx"), head_only, response);
    } finally {
      this.#num_downloads--;
    }
  }

  /** Tells everybody who watches how the run ended. Resolves when they have had time to fetch the last picture. */
  async close(): Promise<void> {
    const watched = this.#watchers.count > 0;
    this.#watchers.close();
    if (watched) await new Promise<void>((resolve) => void this.#options.clock.after(LINGER_MS, resolve));
  }
}

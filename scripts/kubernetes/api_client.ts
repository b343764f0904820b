/** Requests to an API server of Kubernetes: objects are read, written and watched. */

/** An object, as far as all have the same form. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
}

export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
}

/** An answer that is no success. */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(readonly status: number, text: string) {
    super(`The API server must do it: found HTTP ${status}, ${text.slice(0, 500)}`);
  }
}

const AGAIN_MS = 500;

export class ApiClient implements Disposable {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #http: Deno.HttpClient;
  readonly #closed = new AbortController();

  /** `certificate`: of the server, as PEM; null for one without TLS. */
  constructor(url: string, token: string, certificate: string | null) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
    this.#http = Deno.createHttpClient(certificate === null ? {} : { caCerts: [certificate] });
  }

  #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...this.#headers, ...init.headers as Record<string, string> };
    return fetch(`${this.#url}${path}`, {
      ...init,
      headers,
      client: this.#http,
      signal: this.#closed.signal,
    });
  }

  async #ask<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await this.#fetch(path, init);
    if (!response.ok) throw new ApiError(response.status, await response.text());
    return await response.json() as T;
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>(path);
  }

  /** The same; null where it is not there. */
  async find<T>(path: string): Promise<T | null> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  create<T>(path: string, body: unknown): Promise<T> {
    const headers = { "content-type": "application/json" };
    return this.#ask<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** Lists with a key, such as conditions, are merged, so that what others have written there stays. */
  patch<T>(path: string, body: unknown): Promise<T> {
    const headers = { "content-type": "application/strategic-merge-patch+json" };
    return this.#ask<T>(path, { method: "PATCH", headers, body: JSON.stringify(body) });
  }

  delete(path: string, options: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    return this.#ask(path, { method: "DELETE", headers, body: JSON.stringify(options) });
  }

  /** All objects that are there, and then what happens to them, until the client is closed. */
  async *watch<T extends ApiObject>(path: string): AsyncGenerator<WatchEvent<T>> {
    while (!this.#closed.signal.aborted) {
      try {
        const { items, metadata } = await this.get<{ items: T[]; metadata: { resourceVersion: string } }>(
          path,
        );
        for (const object of items) yield { type: "ADDED", object };
        yield* this.#follow<T>(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`);
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        if (error instanceof ApiError && error.status < 500 && error.status !== 410 && error.status !== 429) {
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async *#follow<T extends ApiObject>(path: string): AsyncGenerator<WatchEvent<T>> {
    const response = await this.#fetch(path);
    if (!response.ok) throw new ApiError(response.status, await response.text());
    let rest = "";
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const event = JSON.parse(line) as { type: string };
        // Too old: everything is listed anew.
        if (event.type === "ERROR") return;
        if (event.type !== "BOOKMARK") yield event as WatchEvent<T>;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#http.close();
  }
}

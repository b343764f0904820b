/** Address and token of the coordinator: from the command line, or published by it on this machine. */
import { basename } from "node:path";
import { UserError } from "../../common/errors.ts";
import type { Named } from "../../common/files/named_file.ts";
import type { Rendezvous } from "../../common/process/rendezvous.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import { nonBreaking } from "../../common/text/wrap.ts";

/** Where a coordinator on this machine is reached unless it was told otherwise. */
const DEFAULT_URL = "ws://127.0.0.1:7700";

/** Given values; the rest is found. */
export interface GivenAddress {
  readonly coordinator: string | undefined;
  readonly token_file: string | undefined;
  readonly token_variable: string | undefined;
}

export interface Finders {
  readonly readNamed: (path: string) => Promise<Named>;
  /** What coordinators on this machine have left, also those that were killed. */
  readonly readRendezvous: () => Promise<readonly Rendezvous[]>;
  /** True if anything listens at an address of this machine. */
  readonly isOpen: (url: string) => Promise<boolean>;
  /** True if a coordinator does. */
  readonly isCoordinator: (url: string) => Promise<boolean>;
}

/** Where to go and what to prove there, or what is waited for, in words. */
export type Located = Pick<Rendezvous, "url" | "token"> | { readonly waiting: string };

/** Finds the coordinator anew for each attempt, since one that starts later leaves another address. */
export class Locator {
  readonly #given: GivenAddress;
  readonly #finders: Finders;
  /** From a pipe, which can be read only once; a file may hold another token later. */
  #token: string | null = null;
  #last: Rendezvous | null = null;

  constructor(given: GivenAddress, finders: Finders) {
    this.#given = given;
    this.#finders = finders;
  }

  /**
   * @throws {UserError} where an address is given and no token was ever to be had, or none is given and several
   * coordinators run.
   */
  async locate(): Promise<Located> {
    const { coordinator: url } = this.#given;
    const token = await this.#givenToken();
    if (url !== undefined && token !== null) return { url, token };
    const found = await this.#finders.readRendezvous();
    if (url === undefined) return await this.#choose(found, token);
    // A coordinator that is gone has taken its file along; the token is still that of the run.
    this.#last = found.find((left) => isSameAddress(left.url, url)) ?? this.#last;
    if (this.#last !== null) return { url, token: this.#last.token };
    throw new UserError(
      `Cannot join ${url} without its token: give --token-file PATH or set WAGON_TOKEN (the coordinator prints the line to use)`,
    );
  }

  /**
   * The one that this worker has gone to before, as long as it has not taken its leave; else the only one that runs. One
   * that was killed may come back, but is not waited for where exactly one other runs.
   */
  async #choose(found: readonly Rendezvous[], token: string | null): Promise<Located> {
    let chosen = found.find(({ run }) => run === this.#last?.run);
    const open = await Promise.all(found.map(({ url }) => this.#finders.isOpen(url)));
    const running = found.filter((_, i) => open[i]);
    if (chosen === undefined && running.length > 1) throw new UserError(whichOf(running));
    if (chosen === undefined || !running.includes(chosen) && running.length === 1) chosen = running[0];
    if (chosen === undefined) return { waiting: await this.#waiting() };
    this.#last = chosen;
    return { url: chosen.url, token: token ?? chosen.token };
  }

  async #waiting(): Promise<string> {
    if (!await this.#finders.isCoordinator(DEFAULT_URL)) {
      return `Waiting for a coordinator on this machine (start one with: ${
        nonBreaking("deno task coordinator")
      })`;
    }
    return `Waiting for a coordinator of this user. The one at ${DEFAULT_URL} belongs to another user, or is reached ` +
      `through a tunnel. To join it: WAGON_TOKEN=… deno task worker --coordinator ${DEFAULT_URL}`;
  }

  /** Null where none was given. Throws {@linkcode UserError} for a file that cannot be read or is empty. */
  async #givenToken(): Promise<string | null> {
    const { token_file: file, token_variable } = this.#given;
    if (file === undefined) return token_variable || null;
    if (this.#token !== null) return this.#token;
    const { text, is_pipe } = await this.#finders.readNamed(file).catch((error: Error) => {
      throw new UserError(`Cannot read token file ${file}: ${error.message}`);
    });
    const token = text.trim();
    if (token === "") {
      throw new UserError(`Token file ${file} must contain the token of the run: it is empty`);
    }
    if (is_pipe) this.#token = token;
    return token;
  }
}

/** True if both lead to the same port; the name localhost leads to 127.0.0.1. */
function isSameAddress(a: string, b: string): boolean {
  const [one, other] = [a, b].map((url) => new URL(url).href.replace("//localhost", "//127.0.0.1"));
  return one === other;
}

function whichOf(running: readonly Rendezvous[]): string {
  const choices = running.map(({ url, run }) => `--coordinator ${url} (${cleanText(basename(run), 128)})`);
  return `Cannot tell which coordinator to join: ${running.length} run on this machine; choose one with ${
    choices.join(" or ")
  }`;
}

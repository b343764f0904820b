/** Where the coordinator is and how to prove oneself to it: from the command line, or left by it on this machine. */
import { UserError } from "../../common/errors.ts";
import type { Named } from "../../common/files/named_file.ts";
import type { Rendezvous } from "../../common/process/rendezvous.ts";

/** What was given; the rest is found. */
export interface Given {
  readonly coordinator: string | undefined;
  readonly token_file: string | undefined;
  readonly token_variable: string | undefined;
}

export interface Finders {
  readonly readNamed: (path: string) => Promise<Named>;
  readonly readRendezvous: () => Promise<Rendezvous | null>;
}

/** Finds the coordinator anew for each attempt, since one that starts later leaves another address. */
export class Locator {
  readonly #given: Given;
  readonly #finders: Finders;
  /** From a pipe, which can be read only once; a file may hold another token later. */
  #token: string | null = null;
  #last: Rendezvous | null = null;

  constructor(given: Given, finders: Finders) {
    this.#given = given;
    this.#finders = finders;
  }

  /**
   * Address and token; null while there is no coordinator on this machine yet.
   * @throws {UserError} where an address is given and no token was ever to be had.
   */
  async locate(): Promise<Rendezvous | null> {
    const { coordinator: url } = this.#given;
    const token = await this.#givenToken();
    if (url !== undefined && token !== null) return { url, token };
    const left = await this.#finders.readRendezvous();
    if (url === undefined) return left && { url: left.url, token: token ?? left.token };
    // A coordinator that is gone has taken its file along; the token is still that of the run.
    if (left?.url === url) this.#last = left;
    if (this.#last !== null) return this.#last;
    throw new UserError(
      `Cannot join ${url} without its token: give --token-file PATH or set WAGON_TOKEN (the coordinator prints the line to use)`,
    );
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
    if (token === "") throw new UserError(`Token file ${file} must hold the run's token: it is empty`);
    if (is_pipe) this.#token = token;
    return token;
  }
}

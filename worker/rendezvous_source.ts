/** Where the coordinator is and how to prove oneself to it: from the command line, or left by it on this machine. */
import { UserError } from "../common/errors.ts";
import type { Rendezvous } from "../common/rendezvous.ts";

/** What was given; the rest is found. */
export interface Given {
  readonly coordinator: string | undefined;
  readonly token_file: string | undefined;
  readonly token_variable: string | undefined;
}

export interface Finders {
  readonly readText: (path: string) => Promise<string>;
  readonly readRendezvous: () => Promise<Rendezvous | null>;
}

/** The token that was given, or null. Throws {@linkcode UserError} for a file that cannot be read or is empty. */
async function givenToken(
  { token_file, token_variable }: Given,
  { readText }: Finders,
): Promise<string | null> {
  if (token_file === undefined) return token_variable || null;
  let token: string;
  try {
    token = (await readText(token_file)).trim();
  } catch (error) {
    throw new UserError(`Cannot read token file ${token_file}: ${(error as Error).message}`);
  }
  if (token === "") throw new UserError(`Token file ${token_file} must hold the run's token: it is empty`);
  return token;
}

/**
 * Address and token; null while there is no coordinator on this machine yet. Asked anew for each attempt, since a
 * coordinator that starts later leaves another address.
 * @throws {UserError} where an address is given and no token is to be had.
 */
export async function locate(given: Given, finders: Finders): Promise<Rendezvous | null> {
  const token = await givenToken(given, finders);
  const { coordinator: url } = given;
  if (url !== undefined && token !== null) return { url, token };
  const left = await finders.readRendezvous();
  if (url === undefined) return left && { url: left.url, token: token ?? left.token };
  if (left?.url === url) return left;
  throw new UserError(
    `Cannot join ${url} without its token: give --token-file PATH or set WAGON_TOKEN (the coordinator prints the line to use)`,
  );
}

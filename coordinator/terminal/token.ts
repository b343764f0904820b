/** The secrets of a run, each from a file, from the environment, or fresh: one lets workers in, one lets people look. */
import { UserError } from "../../common/errors.ts";
import { readNamed } from "../../common/files/named_file.ts";

/** Shorter ones could be guessed. */
const MIN_LENGTH = 16;
/** Characters that are allowed unescaped in an address and a header. */
const PLAIN = /^[A-Za-z0-9._~-]+$/;

/** How a secret is given. */
export interface Source {
  readonly option: string;
  readonly variable: string;
}

/** That of workers. */
export const WORKERS: Source = { option: "--token-file", variable: "WAGON_TOKEN" };
/** That of the live page. */
export const READERS: Source = { option: "--read-token-file", variable: "WAGON_READ_TOKEN" };

/** Reads the token that workers prove, from `file`, else WAGON_TOKEN, else makes one. Throws {@linkcode UserError}. */
export function chooseToken(file: string | undefined): Promise<string> {
  return choose(file, WORKERS);
}

/**
 * Reads the token of the live page, from `file`, else WAGON_READ_TOKEN, else makes one. It must be another than the
 * workers', because it is less of a secret. Throws {@linkcode UserError}.
 */
export async function chooseReadToken(file: string | undefined, workers_token: string): Promise<string> {
  const token = await choose(file, READERS);
  checkReadToken(token, workers_token, file === undefined ? READERS.variable : `token file ${file}`);
  return token;
}

/** `where` says in messages where it comes from. Throws {@linkcode UserError} where it cannot be the live page's token. */
export function checkReadToken(token: string, workers_token: string, where: string): void {
  if (token === workers_token) {
    throw new UserError(
      `Cannot use the token of ${where} for the live page: it must differ from the workers' token, found the same; otherwise ` +
        "anyone who may see the page could join as a worker",
    );
  }
  if (!PLAIN.test(token)) {
    throw new UserError(
      `Cannot use the token of ${where} for the live page: it is part of an address and must be letters, digits ` +
        "and . _ ~ - only, found others",
    );
  }
}

/** True if a secret is made here, so that nobody knows it yet. */
export function isFresh(file: string | undefined, { variable }: Source): boolean {
  return file === undefined && !Deno.env.get(variable);
}

/** Where a person who may let workers in finds the token, in words. `interactive`: whether a terminal shows it. */
export function tokenPlace(file: string | undefined, interactive: boolean): string {
  if (file !== undefined) return "in the file that the coordinator was given with --token-file";
  if (Deno.env.get(WORKERS.variable)) return "the coordinator's own WAGON_TOKEN";
  return interactive
    ? "on the coordinator's terminal"
    : "in the file that the coordinator named when it started";
}

async function choose(file: string | undefined, { option, variable }: Source): Promise<string> {
  if (file !== undefined) {
    let text: string;
    try {
      ({ text } = await readNamed(file));
    } catch (error) {
      throw new UserError(
        `Cannot read token file ${file}: a readable file is required, found ${(error as Error).message}; ` +
          `check ${option}`,
      );
    }
    return checkToken(text.trim(), `token file ${file}`);
  }
  const given = Deno.env.get(variable);
  if (given !== undefined && given !== "") return checkToken(given, variable);
  return freshToken();
}

/** One that nobody can guess. */
export function freshToken(): string {
  return crypto.getRandomValues(new Uint8Array(20)).toHex();
}

/** The token itself. Throws {@linkcode UserError} where it could be guessed. */
export function checkToken(token: string, where: string): string {
  if (token.length >= MIN_LENGTH) return token;
  throw new UserError(
    `Cannot use the token of ${where}: it must have at least ${MIN_LENGTH} characters, found ${token.length}`,
  );
}

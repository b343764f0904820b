/** The secret of a run: from a file, from the environment, or fresh. */
import { UserError } from "../common/errors.ts";

/** Shorter ones could be guessed. */
const MIN_LENGTH = 16;

/** Reads the token from `file`, else WAGON_TOKEN, else makes one. Throws {@linkcode UserError}. */
export async function chooseToken(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    let text: string;
    try {
      text = await Deno.readTextFile(file);
    } catch (error) {
      throw new UserError(
        `Cannot read token file ${file}: a readable file is required, found ${(error as Error).message}; ` +
          "check --token-file",
      );
    }
    return check(text.trim(), `token file ${file}`);
  }
  const given = Deno.env.get("WAGON_TOKEN");
  if (given !== undefined && given !== "") return check(given, "WAGON_TOKEN");
  return crypto.getRandomValues(new Uint8Array(20)).toHex();
}

function check(token: string, where: string): string {
  if (token.length >= MIN_LENGTH) return token;
  throw new UserError(
    `Cannot use the token of ${where}: it must have at least ${MIN_LENGTH} characters, found ${token.length}`,
  );
}

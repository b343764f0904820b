/** Messages for a file of the run that cannot be written. */
import { UserError } from "../../common/errors.ts";

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "it is not allowed",
};

/** How Deno words what the operating system refused; not all of these errors have a code. */
const FROM_SYSTEM = /\(os error \d+\)/;

/**
 * Turns the failure to write `path` into a {@linkcode UserError} that says what could not be written, why, and
 * that the last checkpoint stays. Errors that are not the operating system's are not about the disk: they come
 * back as they are.
 */
export function explainWriteFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" && !FROM_SYSTEM.test(error.message)) return error;
  const known = typeof code === "string" && CAUSES[code];
  return new UserError(
    `Cannot write ${path}: ${known ? `${known} (${code})` : error.message}. ` +
      "The last checkpoint is kept: fix this, then continue with --resume",
    { cause: error },
  );
}

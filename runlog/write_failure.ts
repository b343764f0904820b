/** What a person is told when a file of the run cannot be written. */
import { UserError } from "../common/errors.ts";

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "it is not allowed",
  EFBIG: "the file is too large for the file system",
};

/**
 * Turns the failure to write `path` into a {@linkcode UserError} that says what could not be written, why, and
 * that the last checkpoint stays. Errors without an operating system's code are not about the disk: they come
 * back as they are.
 */
export function explainWriteFailure(path: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || error instanceof UserError) return error;
  const cause = CAUSES[code] ?? (error as Error).message;
  return new UserError(
    `Cannot write ${path}: ${cause} (${code}). The last checkpoint is kept: mend this, then go on with --resume`,
    { cause: error },
  );
}

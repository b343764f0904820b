/** What a person says of a run, for people: no part of what it computes. */
import { UserError } from "../../common/errors.ts";

export interface AboutRun {
  /** Part of the folder's name, unless that was given. */
  readonly name?: string | undefined;
  /** Free text. */
  readonly note?: string | undefined;
}

const MAX_NAME = 64;
export const MAX_NOTE = 2_000;
/** Fits into a folder's name on any system, and is one word in a shell. */
const NAME = /^[\p{L}\p{N}]([\p{L}\p{N}\p{M}._-]*[\p{L}\p{N}\p{M}_-])?$/u;

/** Throws {@linkcode UserError} where they cannot be kept. `resume`: the run has its name already. */
export function checkAbout({ name, note }: AboutRun, resume: boolean): void {
  if (name !== undefined && resume) {
    throw new UserError(
      `Cannot name a run that exists: --name is for new runs, found ${name}; leave it out, or use --note`,
    );
  }
  if (name !== undefined && (name.length > MAX_NAME || !NAME.test(name))) {
    throw new UserError(
      `Cannot name the run: --name must be at most ${MAX_NAME} letters, digits and . _ -, the first a letter or ` +
        `digit and the last no dot, found ${name}; put the rest into --note`,
    );
  }
  if (note !== undefined && note.length > MAX_NOTE) {
    throw new UserError(
      `Cannot keep the note: --note must have at most ${MAX_NOTE} characters, found ${note.length}; shorten it`,
    );
  }
}

/**
 * Something a user did or met that they can mend. Printed as one line, exit code 2, never with a stack trace.
 * The text says what failed, what was required, what was found, and what to do.
 *
 * @example
 * ```ts
 * import { train, UserError } from "@wagon/wagon";
 *
 * try {
 *   await train({ preset: "wgn" });
 * } catch (error) {
 *   console.assert(error instanceof UserError && error.message.includes("did you mean wgan"));
 * }
 * ```
 */
export class UserError extends Error {
  /** Always "UserError". */
  override name = "UserError";
}

/** The error that stops a run after the step under way: the first one, whoever reports it. */
export class FirstError {
  #error: { readonly cause: unknown } | null = null;

  /** Later errors are dropped: they follow from the first more often than not. */
  set(error: unknown): void {
    this.#error ??= { cause: error };
  }

  /** Throws the error, if there is one. */
  rethrow(): void {
    if (this.#error !== null) throw this.#error.cause;
  }
}

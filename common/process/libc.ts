/** The C library, for what Deno has no words for. Linux alone, and only with the right to call libraries (--allow-ffi). */

export type Library<T extends Deno.ForeignLibraryInterface> =
  & Disposable
  & { readonly symbols: Deno.DynamicLibrary<T>["symbols"] };

/** Null where there is none of this name, or no right to it. */
export function openLibc<const T extends Deno.ForeignLibraryInterface>(functions: T): Library<T> | null {
  if (Deno.build.os !== "linux") return null;
  // Asked first: without the right, opening it would ask the person at the terminal.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  try {
    const library = Deno.dlopen("libc.so.6", functions);
    return { symbols: library.symbols, [Symbol.dispose]: () => library.close() };
  } catch {
    return null;
  }
}
